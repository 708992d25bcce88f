"""`workbench schedules`: numbers, warnings and pictures of forward processes, without torch."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from workbench.schedule_page import Example, Shown, lines
from workbench.schedule_specs import settings_of
from workbench.terminal.screen import Screen

LITERAL = "linear-unscaled,timesteps=100"


def test_the_page_tells_of_all_schedules(workbench):
    """Charts, a table and the warnings; a program that reads it gets no pictures."""
    code, out, err = workbench("schedules")
    assert (code, err) == (0, "")
    for name in ("linear", "linear-unscaled", "cosine", "sigmoid", "edm", "flow"):
        assert f"\n{name} " in out
    assert "log-SNR by time" in out
    assert "▀" not in out
    assert "\nwarnings\nnone\n" in out


def test_settings_of_one_schedule_alone(workbench):
    """The literal betas at T = 100 leave 60 % of the picture, and only they do."""
    _, out, _ = workbench("schedules", "linear", LITERAL, "--json")
    scaled, literal = json.loads(out)
    assert scaled["process"]["timesteps"] == 1000
    assert (literal["process"]["timesteps"], len(literal["beta"])) == (100, 100)
    assert literal["alpha_bar"][-1] == pytest.approx(0.364, abs=0.001)
    assert scaled["warnings"] == []
    assert "60 % of the picture's size" in literal["warnings"][0]
    assert literal["time_of_log_snr"]["-4"] is None


def test_signal_left_is_that_where_drawing_starts(workbench):
    """edm and flow draw from sigma 80, beyond nearly all of their training; what is warned of stands below."""
    _, out, _ = workbench("schedules")
    for name in ("edm", "flow"):
        assert re.search(rf"\n{name} +- +\S+ +\S+ +0\.000156 ", out)
    assert "warned of: signal left above 0.0001 where drawing starts, edm and flow 0.00016; 40 % beyond ±5" in out


def test_settings_of_all(workbench):
    """--set reaches each; without betas there are none; zero terminal SNR has no log-SNR at the end."""
    _, out, _ = workbench(
        "schedules", "cosine", "--set", "process.zero_terminal_snr=true", "--set", "data.dataset=mnist", "--json"
    )
    (found,) = json.loads(out)
    assert found["log_snr"][-1] is None
    assert found["alpha_bar"][-1] == 0
    _, out, _ = workbench("schedules", "flow", "--json")
    assert json.loads(out)[0]["beta"] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["cosin"], "process.schedule is 'cosin'", id="name"),
        pytest.param(["cosine,timesteps"], "'cosine,timesteps' holds 'timesteps', which sets nothing", id="no value"),
        pytest.param(["cosine,timesteps=x"], "process.timesteps is 'x'", id="value"),
        pytest.param(["cosine,timestep=5"], "unknown setting 'timestep'", id="key"),
        pytest.param(["cosine", "--set", "x"], "--set is 'x'", id="set"),
        pytest.param(["cosine", "--picture", "none.png"], "--picture none.png cannot be read: No such file", id="file"),
        pytest.param(["cosine", "--picture", "tiny.toml"], "cannot be read: it is no picture", id="no picture"),
        pytest.param([f"linear,timesteps={n}" for n in range(2, 20)], "18 schedules are asked for", id="too many"),
        pytest.param(["flow,sigma_min=100"], "process.sigma_min 100 is not below process.sigma_max 80", id="levels"),
        pytest.param(
            ["edm,timesteps=10"], "edm does not read timesteps; allowed: timesteps of linear", id="not its own"
        ),
        pytest.param(["flow,beta_end=0.1"], "flow does not read beta_end; allowed: beta_end of linear,", id="beta"),
        pytest.param(["sigmoid,sigmoid_start=4"], "process.sigmoid_start 4 is not below", id="no schedule"),
    ],
)
def test_bad_input(workbench, words, message):
    """One line, exit code 2."""
    code, _, err = workbench("schedules", *words)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


def test_keys_may_leave_their_section_out():
    """Or name it, as for settings of another section."""
    assert settings_of("linear,timesteps=10,process.beta_end=0.01,blur=2") == {
        "process.schedule": "linear",
        "process.timesteps": "10",
        "process.beta_end": "0.01",
        "data.blur": "2",
    }


def test_pictures_at_equal_time_and_at_equal_snr(monkeypatch, tmp_path, workbench):
    """In a terminal: a strip a schedule at equal time, one for all at equal SNR, and again where it is blurred."""
    monkeypatch.setenv("TERM", "xterm")
    from diffusion.config import ProcessConfig, RunConfig

    picture = np.random.default_rng(0).integers(0, 256, (28, 28, 3), np.uint8)
    shown = [Shown.of(name, RunConfig(process=ProcessConfig(schedule=name))) for name in ("linear", "flow")]
    for wide in (40, 100, 200):
        for blur, strips in ((0.0, 3), (1.0, 6)):
            page = lines(shown, Example(picture, blur), Screen(wide, 50, terminal=True), "auto")
            assert sum("▀" in line or "▄" in line for line in page) % strips == 0
            assert any("▀" in line for line in page)


def test_a_picture_of_ones_own(workbench, tmp_path):
    """Any picture file, made small."""
    Image.new("L", (300, 200), 128).save(tmp_path / "grey.png")
    code, out, _ = workbench("schedules", "flow", "--picture", "grey.png")
    assert code == 0
    assert "flow" in out


def test_it_loads_no_torch(tmp_path):
    """The lab works in the process that shows it."""
    code = (
        "import sys; from workbench.cli import main; main(['schedules', '--json']); "
        "sys.stderr.write(str('torch' in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stderr == "False"
