"""A home of the test's own, and `workbench` run in this process or in one of its own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from diffusion.config import RunConfig, with_settings
from tests.diffusion.small import SMALL
from workbench import cli
from workbench.configure import as_toml

pytest.register_assert_rewrite("tests.workbench.tui")  # its assertions tell what differs, too

RUN = ["run", "--config", "tiny.toml", "--device", "cpu"]  # a run of a second


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path):
    """A home and a settings file of the test's own, and no waiting for the disk: nothing here cuts the power."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", str(Path(cli.__file__).parents[1]))
    # Pilot waits after each key until the process is idle: it looks each 20 ms, and two looks a key add up to minutes
    monkeypatch.setattr("textual._wait.SLEEP_GRANULARITY", 0.004)
    monkeypatch.setattr("textual._wait.SLEEP_IDLE", 0.0005)
    for name in ("WORKBENCH_DATA", "WORKBENCH_DEBUG", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.fsync", lambda handle: None)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def tiny(tmp_path) -> Path:
    """A config file for a run of a second."""
    path = tmp_path / "tiny.toml"
    path.write_text(as_toml(with_settings(RunConfig(), SMALL), "digits"))
    return path


@pytest.fixture
def workbench(capsys, monkeypatch, tiny) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in this process: exit code, stdout, stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        texts = [str(word) for word in words]
        monkeypatch.setattr("sys.argv", ["workbench", *texts])
        capsys.readouterr()
        code = cli.main(texts)
        out, err = capsys.readouterr()
        return code, out, err

    return run


def tree(folder: Path) -> dict[str, int]:
    """The files below a folder and their sizes, without the database's, which is told by its rows."""
    found = [Path(top) / name for top, folders, files in os.walk(folder) for name in (*folders, *files)]
    return {
        str(path.relative_to(folder)): path.lstat().st_size if path.is_file() and path.suffix != ".db" else -1
        for path in found
        if not path.name.endswith(("-wal", "-shm"))
    }
