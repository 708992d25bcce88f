"""New runs."""

import errno
import json
import os

import pytest

from diffusion.config import from_dict
from diffusion.errors import UserError


def test_a_run_describes_itself(home, made):
    """run.json reads back to the same config, and knows what the run was made with."""
    folder = made(None, blur=1.5, seed=3)
    values = json.loads((folder.path / "run.json").read_text())
    assert from_dict(values["config"]) == folder.config
    assert (values["seed"], values["preset"], values["command"]) == (3, "digits", "workbench run")
    assert {"host", "python", "platform", "cores", "versions"} <= set(values["provenance"])
    assert values["provenance"]["versions"]["numpy"]
    assert folder.path.parent == home.runs
    assert folder.path.name == folder.name


@pytest.mark.parametrize(
    ("first", "second"), [("a", "a"), ("a b", "a-b")], ids=["the same", "one that has the same folder"]
)
def test_a_name_is_taken_once(made, first, second):
    """The error says so and names the way to see who has it."""
    made(first)
    with pytest.raises(UserError) as caught:
        made(second)
    told = f"--name is '{second}', which is taken; allowed: a new name; next: workbench show {second}"
    assert str(caught.value) == told


def test_a_bad_name_makes_nothing(home, made):
    """Not even the home."""
    with pytest.raises(UserError, match="--name is 'a/b'"):
        made("a/b")
    assert not home.root.exists()


def test_a_failed_write_leaves_nothing(home, made, monkeypatch):
    """Not even an empty home; a full disk is told as input that cannot be used."""

    def fails(code):
        def fail(handle):
            raise OSError(code, os.strerror(code))

        return fail

    monkeypatch.setattr(os, "fsync", fails(errno.EIO))
    with pytest.raises(OSError, match="Input/output error") as caught:
        made()
    assert any("was not made" in note for note in caught.value.__notes__)
    assert not home.root.exists()
    monkeypatch.setattr(os, "fsync", fails(errno.ENOSPC))
    with pytest.raises(UserError) as caught:
        made()
    told = f"no space is left on the disk of the home {home.root}; next: df -h, or the same command with --home FOLDER"
    assert str(caught.value) == told
    assert not home.root.exists()


def test_made_names_do_not_collide(home, made, monkeypatch):
    """Another name is drawn when the first one is taken."""
    names = iter(["x-y", "x-y", "x-z"])
    monkeypatch.setattr("runs.create.made_name", lambda *_: next(names))
    assert [made(None).name, made(None).name] == ["x-y", "x-z"]
