"""`workbench rename`, `tag`, `note`, `star` and `delete`."""

import io
import os
import re

import pytest

from runs import actions
from tests.workbench.commands.conftest import ODD, SHOWN, Attempt, find


def test_rename(workbench, home, made):
    """By the new name from then on."""
    made()
    assert workbench("rename", "first", "my run") == (0, "first is now my run\n", "")
    assert workbench("show", "my run")[0] == 0
    assert workbench("show", "first")[0] == 2


def test_tags(workbench, home, made):
    """Added, taken away, printed."""
    made()
    assert workbench("tag", "first") == (0, "no tags\n", "")
    assert workbench("tag", "first", "b", "a") == (0, "first: b, a\n", "")
    assert workbench("tag", "first", "c", "--remove", "b") == (0, "first: a, c\n", "")
    assert workbench("tag", "first") == (0, "a\nc\n", "")
    assert workbench("tag", "first", "--remove", "a", "--remove", "c") == (0, "first: no tags\n", "")


def test_note(workbench, home, made):
    """Put, printed, taken away."""
    made()
    assert workbench("note", "first") == (0, "\n", "")
    assert workbench("note", "first", "one\ntwo") == (0, "", "")
    assert workbench("note", "first") == (0, "one\ntwo\n", "")
    assert workbench("show", "first")[1].splitlines()[2:4] == ["note: one", "note: two"]
    assert workbench("note", "first", "") == (0, "", "")
    assert workbench("note", "first") == (0, "\n", "")


def test_star(workbench, home, made):
    """Before the name in the list."""
    made("a")
    made("b")
    assert workbench("star", "a", "b") == (0, "", "")
    assert workbench("star", "a", "--off") == (0, "", "")
    assert [line.split()[1] for line in workbench("list")[1].splitlines()[1:]] == ["*b", "a"]


class Keyboard(io.StringIO):
    """A terminal at which somebody answers."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("answer", "deleted"), [("y\n", True), (" YES \n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_delete_asks(workbench, home, made, monkeypatch, answer, deleted):
    """A yes is a yes, everything else is none."""
    folder = made()
    monkeypatch.setattr("sys.stdin", Keyboard(answer))
    code, out, err = workbench("delete", "first")
    asked = "delete first? This cannot be undone. [y/N] "
    if deleted:
        assert (code, err) == (0, asked)
        assert out.startswith("1 run deleted, ")
        assert out.endswith(" freed\n")
    else:
        assert (code, out, err) == (1, "", asked + "nothing was deleted\n")
    assert folder.path.exists() == (not deleted)


def test_delete_of_several(workbench, home, made):
    """Without asking, where that is asked for; the bytes are told."""
    for name in ("a", "b", "c"):
        (made(name).path / "large").write_bytes(b"x" * 1_000_000)
    code, out, err = workbench("delete", "a", "b", "--yes")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"2 runs deleted, 2(\.\d+)? MB freed\n", out)
    assert sorted(path.name for path in home.runs.iterdir()) == ["c"]
    assert [line.split()[1] for line in workbench("list")[1].splitlines()[1:]] == ["c"]


def test_delete_of_a_running_run_deletes_none(workbench, home, made):
    """Not even the others that were named."""
    made("rests")
    Attempt(made("works"))
    assert workbench("delete", "rests", "works", "--yes") == (
        2,
        "",
        "error: run works is running; next: workbench stop works, then delete\n",
    )
    assert sorted(path.name for path in home.runs.iterdir()) == ["rests", "works"]


def test_what_is_odd_is_harmless(workbench, home, odd, monkeypatch):
    """Name, tags and note: shown as what they are, kept as they were."""
    said = []
    for words in [
        ("tag", odd.id, ODD),
        ("tag", odd.id),
        ("note", odd.id, ODD + "\n" + ODD),
        ("note", odd.id),
        ("star", odd.id),
        ("list",),
        ("show", odd.id),
        (),
        ("rename", odd.id, "fine"),
    ]:
        code, out, err = workbench(*words)
        assert code == 0, err
        assert not set("\x1b\x07\u202e\x9b") & set(out + err), words
        said.append(out)
    assert said[0] == f"{SHOWN}: {SHOWN}\n"
    assert said[3] == f"{SHOWN}\n{SHOWN}\n"
    assert SHOWN in said[5]
    assert said[6].count(SHOWN) >= 4
    assert said[8] == f"{SHOWN} is now fine\n"
    run = find(home, "fine")
    assert (run.tags, run.notes) == ((ODD,), ODD + "\n" + ODD)
    monkeypatch.setattr("sys.stdin", Keyboard("n\n"))
    actions.rename(home, run, "other")
    assert not set("\x1b\x07\u202e\x9b") & set(workbench("delete", odd.id)[2])


def test_files_of_requests_are_their_owners_alone(workbench, home, made):
    """Whatever umask the person has."""
    before = os.umask(0)
    try:
        made()
        workbench("run", "--name", "second", "--detach", "--slots", "2")
        for words in (["tag", "first", "a"], ["note", "first", "x"], ["rename", "first", "b"], ["list"]):
            assert workbench(*words)[0] == 0
    finally:
        os.umask(before)
    modes = {path.relative_to(home.root): path.stat().st_mode & 0o777 for path in [home.root, *home.root.rglob("*")]}
    wrong = {
        str(path): oct(mode)
        for path, mode in modes.items()
        if mode != (0o700 if (home.root / path).is_dir() else 0o600)
    }
    assert wrong == {}
