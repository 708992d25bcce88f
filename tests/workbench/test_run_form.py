"""The form of a new run, without a screen."""

import shlex

import pytest
import typer

from diffusion.config import RunConfig, setting_info, settings, with_settings
from diffusion.errors import UserError
from diffusion.presets import PRESETS
from runs.names import LONGEST
from workbench.cli import app
from workbench.configure import Typed, configured
from workbench.run_form import MOST_RUNS, NAME, OPTIONS, PRESET, RunForm, text_of, values_of


def test_every_setting_has_a_field():
    """Presets and the name before them, each with its help and what it allows."""
    fields = {field.key: field for field in RunForm().fields()}
    assert list(fields) == [PRESET, NAME, *(info.key for info in settings())]
    assert fields[PRESET].choices == tuple(PRESETS)
    assert all(field.help and field.allowed for field in fields.values())
    assert fields["data.blur"].allowed == "a number from 0 to 64 (pixels of sigma)"
    assert fields["network.skip_connections"].choices == ("true", "false")


def test_the_preset_is_what_it_starts_from():
    """Without a change the plan is the preset, by its command."""
    (one,) = RunForm("mnist").planned()
    assert (one.config, one.command, one.name) == (PRESETS["mnist"].config, "workbench run --preset mnist", None)


def test_a_change_is_marked_and_taken_back():
    """By typing the preset's own value."""
    form = RunForm()
    form.put("data.blur", " 1.5 ")
    assert [field.key for field in form.fields() if field.changed] == ["data.blur"]
    form.put("data.blur", "0")
    assert [field.key for field in form.fields() if field.changed] == []


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        ("train.steps", "many", "train.steps is 'many'; allowed: a whole number"),
        ("train.steps", "100,many", "train.steps is 'many'"),
        ("process.schedule", "cosin", "cosine"),
        ("data.blur", "99", "a number from 0 to 64"),
        ("preset", "cifar", "unknown preset 'cifar'"),
        ("name", "a/b", "no slash"),
        ("name", "x" * (LONGEST + 1), "1 to 100 characters"),
        ("train.steps", "100", ""),
        ("seed", "0..4", ""),
        ("name", "", ""),
    ],
)
def test_what_is_wrong_is_said(key, text, told):
    """For one field by itself, as it is typed."""
    problem = RunForm().problem(key, text)
    assert told in problem
    assert bool(told) == bool(problem)


def test_what_does_not_fit_together_is_said_by_the_plan():
    """As the command line would."""
    form = RunForm()
    form.put("network.patch", "3")
    with pytest.raises(UserError, match=r"patch"):
        form.planned()


def test_a_study_is_every_combination():
    """Of several values and several seeds; each run's command makes just its config."""
    form = RunForm()
    form.put("process.schedule", "flow,cosine")
    form.put("data.blur", "0, 1, 2")
    form.put("seed", "0..1")
    plan = form.planned()
    assert form.count() == len(plan) == 12
    assert len({one.config for one in plan}) == 12
    assert form.study() == "seed-blur-schedule"
    for one in plan:
        assert config_of(one.command) == one.config


def config_of(command: str) -> RunConfig:
    """The config that the command line makes of a command."""
    words = shlex.split(command)[1:]
    parsed = typer.main.get_command(app).get_command(None, "run").make_context("run", words[1:]).params
    options = {key: str(parsed[option.lstrip("-").replace("-", "_")]) for key, option in OPTIONS.items()}
    given = {key: text for key, text in options.items() if text != "None"}
    return configured(Typed(parsed["preset"], None, given, parsed["sets"] or ()))[0]


def test_names_of_a_study():
    """Several runs of one name are numbered; the name is also the study's."""
    form = RunForm()
    form.put("name", "my try")
    form.put("seed", "3,5")
    assert [one.name for one in form.planned()] == ["my try-1", "my try-2"]
    assert form.study() == "my-try"


def test_too_many_runs():
    """Are told before any is made."""
    form = RunForm()
    form.put("seed", "1..100")
    form.put("train.steps", "1..100")
    with pytest.raises(UserError, match=f"up to {MOST_RUNS}"):
        form.planned()


def test_again_from_a_run(tmp_path, monkeypatch):
    """The form of a run makes its config again."""
    from runs.home import Home
    from runs.store import Store
    from tests.workbench.tui import recorded

    monkeypatch.setattr("os.fsync", lambda handle: None)
    home = Home(tmp_path / "home")
    recorded(home, "r", preset="mnist", network__multipliers="1,4", network__skip_connections="false", data__blur=0.25)
    with Store.read(home) as store:
        run = store.find("r")
    (one,) = RunForm.like(run).planned()
    assert (one.config, one.preset) == (run.config, "mnist")


@pytest.mark.parametrize(
    ("key", "text", "values"),
    [
        ("seed", "1..3,7", ["1", "2", "3", "7"]),
        ("seed", "3..1", ["3..1"]),
        ("data.blur", "0,1", ["0", "1"]),
        ("network.multipliers", "1,2", ["1,2"]),
        ("network.multipliers", "1,2; 1,2,4", ["1,2", "1,2,4"]),
        ("data.dataset", "mnist,digits", ["mnist", "digits"]),
        ("data.dataset", "folder:/a,b", ["folder:/a,b"]),
        ("data.folder", "/a,b", ["/a,b"]),
        ("data.folder", "", [""]),
        ("network.attention", "", [""]),
    ],
)
def test_several_values(key, text, values):
    """Commas are between values, except where a value has commas itself."""
    assert values_of(setting_info(key), text) == values


@pytest.mark.parametrize("preset", PRESETS)
def test_a_value_is_typed_as_it_is_shown(preset):
    """What the form shows of every setting reads back to the same."""
    config = PRESETS[preset].config
    texts = {field.key: field.text for field in RunForm(preset).fields() if field.key not in (PRESET, NAME)}
    assert with_settings(RunConfig(), texts) == config
    assert text_of((1, 2)) == "1,2"
