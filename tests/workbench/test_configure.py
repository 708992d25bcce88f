"""From what was typed to a config."""

import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffusion.config import RunConfig, with_settings
from diffusion.errors import UserError
from diffusion.presets import PRESETS, Preset, preset
from workbench.configure import Typed, as_toml, configured, one_goal


def test_nothing_typed_is_the_default_preset():
    """Digits: offline and quick."""
    assert configured(Typed()) == (preset("digits").config, "digits")


def test_later_ones_win(tmp_path):
    """Preset, file, options, --set, in this order."""
    path = tmp_path / "c.toml"
    path.write_text("[train]\nbatch_size = 16\nwarmup_steps = 16\nlog_every_steps = 16\n")
    options = {"train.warmup_steps": "17", "train.log_every_steps": "17"}
    config, _ = configured(Typed(None, path, options, ["train.log_every_steps=18"]))
    assert (config.train.batch_size, config.train.warmup_steps, config.train.log_every_steps) == (16, 17, 18)
    assert config.process.schedule == preset("digits").config.process.schedule


def test_a_data_set_brings_its_preset(monkeypatch):
    """--data mnist alone starts from the preset mnist; --preset and a folder do not."""
    config = with_settings(RunConfig(), {"data.dataset": "mnist", "train.steps": 77})
    monkeypatch.setitem(PRESETS, "mnist", Preset("mnist", "", config))
    assert configured(Typed(options={"data.dataset": "mnist"})) == (config, "mnist")
    assert configured(Typed(preset="digits", options={"data.dataset": "digits"}))[1] == "digits"
    assert configured(Typed(options={"data.dataset": "folder:/pictures"}))[1] == "digits"


def test_folders_are_written_in_full(monkeypatch, tmp_path):
    """A run is resumed from anywhere, so the config holds no relative path."""
    monkeypatch.chdir(tmp_path)
    config, _ = configured(Typed(options={"data.dataset": "folder:cats", "data.folder": "sets"}))
    assert config.data.dataset == f"folder:{tmp_path / 'cats'}"
    assert config.data.folder == str(tmp_path / "sets")


@pytest.mark.parametrize(
    ("goals", "expected"),
    [
        ({"steps": None, "epochs": None, "minutes": None}, {}),
        ({"steps": "5", "epochs": None}, {"train.steps": "5", "train.epochs": "0", "train.minutes": "0"}),
        ({"minutes": "2"}, {"train.steps": "0", "train.epochs": "0", "train.minutes": "2"}),
    ],
    ids=["none", "steps", "minutes"],
)
def test_one_goal_takes_the_place_of_the_others(goals, expected):
    """The preset's steps must not end a run of two minutes."""
    assert one_goal(goals) == expected


@given(
    st.fixed_dictionaries(
        {
            "data.dataset": st.just("digits"),
            "data.folder": st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: "/" + text),
            "data.blur": st.floats(0, 64),
            "process.sigma_min": st.floats(1e-5, 0.05),
            "network.conditioning": st.sampled_from(["film", "concat", "add"]),
            "network.skip_connections": st.booleans(),
            "seed": st.integers(0, 2**53),
        }
    )
)
def test_a_printed_config_reads_back(values):
    """--print-config and --config are inverse, whatever the values: quotes, control characters, small numbers."""
    config = with_settings(preset("digits").config, values)
    text = as_toml(config, "digits")
    tomllib.loads(text)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.toml"
        path.write_text(text, encoding="utf-8", newline="")
        assert configured(Typed(config_file=path)) == (config, "digits")


def test_a_printed_config_explains_itself():
    """Each setting has its help above it."""
    text = as_toml(RunConfig(), "digits")
    assert "# Gaussian blur of the training pictures; a number from 0 to 64 (pixels of sigma)\nblur = 0.0\n" in text
    assert text.startswith('preset = "digits"\n')


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        pytest.param(
            Typed(sets=["steps"]),
            "--set is 'steps'; allowed: a setting and a value: --set train.steps=1000; next: workbench settings",
            id="no value",
        ),
        pytest.param(
            Typed(sets=["trian.steps=3"]),
            "unknown setting 'trian.steps'; did you mean train.steps?; next: workbench settings",
            id="unknown setting",
        ),
        pytest.param(
            Typed(options={"process.schedule": "cosin"}),
            "process.schedule is 'cosin'; allowed: linear, linear-unscaled, cosine, sigmoid, edm, flow; "
            "did you mean cosine?; next: workbench settings process.schedule",
            id="schedule",
        ),
        pytest.param(
            Typed(options={"train.steps": "many"}),
            "train.steps is 'many'; allowed: a whole number, 0 or more; next: workbench settings train.steps",
            id="ill-typed",
        ),
        pytest.param(
            Typed(config_file=Path("no.toml")),
            "--config names no.toml, which does not exist; next: workbench run --print-config > no.toml",
            id="no file",
        ),
    ],
)
def test_bad_input(typed, message):
    """One sentence with the value, what is allowed, the nearest and the next command."""
    with pytest.raises(UserError) as caught:
        configured(typed)
    assert str(caught.value) == message


def test_two_goals_are_refused():
    """Which of them ends the run would be a guess."""
    with pytest.raises(UserError) as caught:
        one_goal({"steps": "10", "epochs": None, "minutes": "2"})
    expected = "--steps 10 and --minutes 2 each say when a run ends; allowed: one of --steps, --epochs, --minutes"
    assert str(caught.value) == expected
