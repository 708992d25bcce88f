"""The command line: bad input, exit codes, what it imports."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from diffusion.config import settings
from workbench import cli, exit_codes

BAD_INPUT = [
    pytest.param(
        ["rn"],
        "unknown command 'rn'; allowed: claims, compare, delete, doctor, export, fork, judge, list, log, move-up, "
        "note, pause, presets, query, reindex, rename, report, resume, run, sample, schedules, score, settings, show, "
        "star, stop, study, tag, wait; did you mean run?; next: workbench --help",
        id="command",
    ),
    pytest.param(
        ["run", "--preet", "x"],
        "unknown option '--preet'; did you mean --preset?; next: workbench run --help",
        id="option",
    ),
    pytest.param(["run", "--preset"], "--preset needs a value; next: workbench run --help", id="no value"),
    pytest.param(["show"], "workbench show needs RUN; next: workbench show --help", id="no argument"),
    pytest.param(
        ["presets", "b"], "workbench presets does not take 'b'; next: workbench presets --help", id="one too many"
    ),
    pytest.param(
        ["run", "--preset", "digit"],
        "unknown preset 'digit'; allowed: {presets}; did you mean digits?; next: workbench run --preset digits",
        id="preset",
    ),
    pytest.param(
        ["run", "--set", "blurr=1"],
        "unknown setting 'blurr'; did you mean blur?; next: workbench settings",
        id="setting",
    ),
    pytest.param(
        ["run", "--schedule", "cosin"],
        "process.schedule is 'cosin'; allowed: linear, linear-unscaled, cosine, sigmoid, edm, flow; "
        "did you mean cosine?; next: workbench settings process.schedule",
        id="schedule",
    ),
    pytest.param(
        ["run", "--sampler", "huen"],
        "sampling.sampler is 'huen'; allowed: ddpm, ddim, euler, heun, dpm++2m; did you mean heun?; "
        "next: workbench settings sampling.sampler",
        id="sampler",
    ),
    pytest.param(
        ["run", "--data", "minst"],
        "unknown data set 'minst'; allowed: digits, mnist, fashion-mnist, cifar10, folder:PATH; did you mean mnist?; "
        "next: workbench run --data digits",
        id="data set",
    ),
    pytest.param(
        ["run", "--blur", "-1"],
        "data.blur is '-1'; allowed: a number from 0 to 64 (pixels of sigma); next: workbench settings data.blur",
        id="out of range",
    ),
    pytest.param(
        ["run", "--steps", "5", "--epochs", "2"],
        "--steps 5 and --epochs 2 each say when a run ends; allowed: one of --steps, --epochs, --minutes",
        id="two goals",
    ),
    pytest.param(
        ["run", "--set", "seed"],
        "--set is 'seed'; allowed: a setting and a value: --set train.steps=1000; next: workbench settings",
        id="set without value",
    ),
    pytest.param(
        ["run", "--config", "no.toml"],
        "--config names no.toml, which does not exist; next: workbench run --print-config > no.toml",
        id="no config file",
    ),
    pytest.param(
        ["run", "--schedule", "linear", "--prediction", "noise", "--set", "process.zero_terminal_snr=true"],
        "process.zero_terminal_snr with process.prediction noise: pure noise tells nothing of the picture, so x0 "
        "cannot be recovered from it at T; allowed: v, x0, flow, edm; next: --set process.prediction=v",
        id="zero SNR with noise prediction",
    ),
    pytest.param(
        ["settings", "schedul"],
        "unknown setting 'schedul'; did you mean schedule?; next: workbench settings",
        id="unknown setting",
    ),
    pytest.param(
        ["query", "select 1", "--format", "cvs"],
        "--format is 'cvs'; allowed: table, csv, json; did you mean csv?; next: --format csv",
        id="format",
    ),
    pytest.param(["export"], "export takes one run or --all; next: workbench list", id="export nothing"),
    pytest.param(
        ["export", "--all"],
        "export needs a folder to write to; next: workbench export --all -o FOLDER",
        id="export nowhere",
    ),
    pytest.param(
        ["sample", "r", "--set", "blur=1"],
        "--set data.blur decides how a run trains, not how it draws; allowed: settings that begin with sampling.; "
        "next: workbench run --set data.blur=1",
        id="sample with a training setting",
    ),
    pytest.param(
        ["sample", "r", "--count", "many"],
        "--count is 'many'; allowed: a whole number from 1 to 100000; next: --count 1",
        id="count",
    ),
    pytest.param(
        ["sample", "r", "--count", "0"],
        "--count is 0; allowed: a whole number from 1 to 100000; next: --count 1",
        id="none",
    ),
    pytest.param(
        ["resume", "r", "--steps", "1.5"],
        "--steps is '1.5'; allowed: a whole number, 1 or more; next: --steps 1",
        id="resume steps",
    ),
]


@pytest.mark.parametrize(("words", "message"), BAD_INPUT)
def test_bad_input(words, message, capsys, tmp_path):
    """One line on stderr, nothing on stdout, exit code 2, nothing left behind."""
    from diffusion.presets import PRESETS

    assert cli.main(words) == exit_codes.BAD_INPUT
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"error: {message.format(presets=', '.join(PRESETS))}\n")
    assert not (tmp_path / "home").exists()


def test_escapes_in_an_argument_are_shown_harmless(capsys):
    """What was typed comes back on the terminal."""
    cli.main(["run", "--preset", "\x1b[2Jx"])
    assert "unknown preset '\\x1b[2Jx'" in capsys.readouterr().err


def test_print_config_is_toml(capsys):
    """All settings, the typed ones among them; nothing starts."""
    assert cli.main(["run", "--blur", "1.5", "--minutes", "2", "--print-config"]) == 0
    values = tomllib.loads(capsys.readouterr().out)
    assert values["data"]["blur"] == 1.5
    assert (values["train"]["steps"], values["train"]["minutes"]) == (0, 2.0)


def test_every_setting_is_explained(capsys):
    """`workbench settings` has a line for each, `settings KEY` its help, limits, default and short name."""
    assert cli.main(["settings"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed[1:]] == [info.key for info in settings()]
    assert cli.main(["settings", "blur"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "data.blur: Gaussian blur of the training pictures",
        "  allowed  a number from 0 to 64 (pixels of sigma)",
        "  default  0",
        "  unit     pixels of sigma",
        "  short    blur",
        "  set it   workbench run --set blur=0",
    ]


def test_help_tells_the_exit_codes(capsys):
    """They are API for scripts."""
    assert cli.main(["run", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert exit_codes.HELP in text
    assert "--sampling-steps N" in text


def test_an_unexpected_error_is_one_line(capsys, monkeypatch):
    """A traceback is for those who ask."""

    def fail(**options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("workbench.configure.configured", fail)
    assert cli.main(["run"]) == exit_codes.FAILED
    assert len(capsys.readouterr().err.splitlines()) == 1
    monkeypatch.setenv("WORKBENCH_DEBUG", "1")
    assert cli.main(["run"]) == exit_codes.FAILED
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_anywhere_is_clean(capsys, monkeypatch):
    """No traceback, 130."""

    def interrupted(typed):
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.configure.configured", interrupted)
    assert cli.main(["run"]) == exit_codes.INTERRUPTED
    assert capsys.readouterr().err == "error: interrupted\n"


def fresh(code: str, *, home: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "WORKBENCH_HOME": home, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, timeout=60)


@pytest.mark.parametrize(
    ("words", "absent"),
    [
        pytest.param(["--help"], ["torch", "numpy", "rich", "sqlite3", "PIL"], id="help"),
        pytest.param(["run", "--help"], ["torch", "numpy", "rich", "sqlite3", "PIL"], id="run help"),
        pytest.param(["settings"], ["torch", "numpy", "rich", "sqlite3"], id="settings"),
        pytest.param(["run", "--print-config"], ["torch", "numpy", "rich", "sqlite3"], id="print-config"),
    ],
)
def test_what_is_not_imported(words, absent, tmp_path):
    """In a fresh interpreter: commands that compute nothing start without what computes."""
    code = (
        f"import sys\nfrom workbench.cli import main\nassert main({words!r}) == 0\n"
        f"print([name for name in {absent!r} if name in sys.modules])"
    )
    done = fresh(code, home=str(tmp_path))
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr


def test_a_closed_pipe_is_silent(tmp_path):
    """`workbench settings | head -1` says nothing more."""
    command = f"{sys.executable} -c 'import sys; from workbench.cli import main; sys.exit(main([\"settings\"]))' | true"
    environ = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    line = f"set -o pipefail; {command}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, env=environ)
    assert (done.returncode, done.stderr) == (exit_codes.BROKEN_PIPE, "")
