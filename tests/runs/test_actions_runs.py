"""Runs that are forked, named, tagged and deleted."""

import os
import stat

import pytest

from diffusion.errors import UserError
from runs import actions
from runs.ingest import catch_up, reindex
from runs.lock import HeldError
from runs.store import Store
from tests.runs.asked import find, statuses, told
from tests.runs.conftest import attempt
from tests.runs.test_folder import safetensors
from tests.workbench.streams import training

pytestmark = pytest.mark.usefixtures("started")


@pytest.fixture
def parent(home, made):
    """A stopped run with two checkpoints."""
    folder = made("parent", train__steps=20)
    folder.checkpoint(0).parent.mkdir(mode=0o700)
    for step in (4, 8):
        folder.checkpoint(step).write_bytes(safetensors())
    attempt(folder, training(8, should_stop=lambda: True))
    folder.checkpoint(8).write_bytes(safetensors())
    catch_up(home)
    return folder


def test_a_fork(home, parent):
    """A new run with the settings that were asked for, the newest checkpoint of its parent, and its parent's id."""
    child = actions.fork(home, find(home, "parent"), {"learning_rate": "1e-5"}, name="child", command="workbench fork")
    assert child.config.train.learning_rate == 1e-5
    assert child.checkpoints() == [child.checkpoint(8)]
    assert child.checkpoint(8).read_bytes() == parent.checkpoint(8).read_bytes()
    assert stat.S_IMODE(child.checkpoint(8).parent.stat().st_mode) == 0o700
    with Store.read(home) as store:
        run = store.find("child")
        assert (run.parent, run.status, run.command) == (parent.id, "created", "workbench fork")
    (child.path / "checkpoints/step-00000008.safetensors").unlink()
    assert parent.checkpoint(8).exists()


def test_a_fork_where_there_are_no_hard_links(home, parent, monkeypatch):
    """A copy, for its owner alone."""
    monkeypatch.setattr("os.link", lambda *paths: (_ for _ in ()).throw(OSError(1, "not permitted")))
    child = actions.fork(home, find(home, "parent"), {}, name="child")
    assert child.checkpoint(8).read_bytes() == parent.checkpoint(8).read_bytes()
    assert stat.S_IMODE(child.checkpoint(8).stat().st_mode) == 0o600


def test_forks_that_cannot_be(home, made, parent, monkeypatch):
    """No checkpoint, no such setting, a goal that is reached, a name that is taken, a full disk: nothing is made."""
    made("empty")
    catch_up(home)
    before = sorted(home.runs.iterdir())
    for name, changes, given, problem in [
        ("empty", {}, None, "run empty has no checkpoint to fork from; next: workbench resume empty"),
        ("parent", {"learnig_rate": "1"}, None, "unknown setting 'learnig_rate'; did you mean learning_rate?"),
        ("parent", {"learning_rate": "fast"}, None, "train.learning_rate is 'fast'; allowed: a number"),
        (
            "parent",
            {"train.steps": "8"},
            None,
            "the newest checkpoint of parent is of step 8, and train.steps is 8; allowed: 9 or more; "
            "next: workbench fork parent --steps 16",
        ),
        ("parent", {}, "empty", "--name is 'empty', which is taken"),
        ("parent", {}, "a/b", "--name is 'a/b'"),
    ]:
        with pytest.raises(UserError) as caught:
            actions.fork(home, find(home, name), changes, name=given)
        assert told(caught).startswith(problem)
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(actions, "_link", lambda *paths: (_ for _ in ()).throw(full))
    with pytest.raises(OSError, match="No space"):
        actions.fork(home, find(home, "parent"), {}, name="child")
    assert sorted(home.runs.iterdir()) == before


def test_another_name(home, made):
    """The folder, the id and all that points to them stay; it holds after a reindex, and for the folder alone."""
    folder = made()
    actions.rename(home, find(home), "my run é")
    run = find(home, "my run é")
    assert (run.folder, run.id, folder.name) == (folder.path, folder.id, "my run é")
    actions.rename(home, run, "my run é")
    reindex(home)
    assert find(home, "my run é").id == folder.id


@pytest.mark.parametrize("name", ["", " ", "a/b", "..", "-x", "a\x1b[2J", "a\u202eb", "n" * 101])
def test_names_that_cannot_be(home, made, name):
    """What is allowed; nothing is written."""
    folder = made()
    with pytest.raises(UserError, match=r"the new name is '.*'; allowed: 1 to 100 characters, a letter or digit"):
        actions.rename(home, find(home), name)
    assert folder.logs("requests") == []


def test_a_name_that_is_taken(home, made):
    """By another run, whatever its folder is called."""
    made("first")
    made("second")
    catch_up(home)
    actions.rename(home, find(home, "second"), "third one")
    with pytest.raises(UserError) as caught:
        actions.rename(home, find(home, "first"), "third one")
    assert told(caught) == "the new name is 'third one', which is taken; next: workbench show 'third one'"
    actions.rename(home, find(home, "first"), "second")
    assert statuses(home) == {"second": "created", "third one": "created"}


def test_tags_note_and_star(home, made):
    """As they are, whatever characters they have; also after a reindex."""
    made()
    odd = "\x1b[2J\u202e[red]"
    assert actions.tag(home, find(home), add=["b", "a", "b", odd]) == ("b", "a", odd)
    assert actions.tag(home, find(home), add=["c"], remove=["a", "none"]) == ("b", odd, "c")
    actions.note(home, find(home), odd + "\nsecond line")
    actions.star(home, find(home), True)
    for _ in range(2):
        run = find(home)
        assert (run.tags, run.notes, run.starred) == (("b", odd, "c"), odd + "\nsecond line", True)
        reindex(home)
    actions.note(home, find(home), "")
    actions.star(home, find(home), False)
    run = find(home)
    assert (run.notes, run.starred) == ("", False)


def test_tags_and_notes_that_cannot_be(home, made):
    """Empty, with a comma, too long, too many; nothing is written."""
    folder = made()
    run = find(home)
    for tag in ("", "  ", "a,b", "t" * 101):
        with pytest.raises(UserError, match=r"the tag is '.*'; allowed: 1 to 100 characters, no comma"):
            actions.tag(home, run, add=["fine", tag])
    with pytest.raises(UserError, match="run first would have 51 tags; allowed: up to 50"):
        actions.tag(home, run, add=[str(number) for number in range(51)])
    with pytest.raises(UserError, match="the note has 20001 characters; allowed: up to 20000"):
        actions.note(home, run, "x" * 20_001)
    assert folder.logs("requests") == []


def test_delete(home, made):
    """Folder and rows are gone, the bytes are told, others stay."""
    attempt(made(), training(6))
    other = made("other")
    run = find(home)
    size = sum(path.stat().st_size for path in run.folder.rglob("*") if path.is_file())
    freed = actions.delete(home, run)
    assert 0 <= freed - size < 100  # and the lock that was not there before
    assert list(home.runs.iterdir()) == [other.path]
    with Store.read(home) as store:
        counts = {
            table: store.db.execute(f"select count(*) from {table}").fetchone()[0]
            for table in ("attempts", "series", "points", "images", "alerts", "sample_sets", "timestep_losses")
        }
        assert set(counts.values()) == {0}, counts
    assert statuses(home) == {"other": "created"}


def test_delete_of_a_run_that_is_worked_on(home, made):
    """Refused, and nothing is touched."""
    folder = made()
    attempt(folder, training(3))
    run = find(home)
    before = sorted(path.name for path in folder.path.iterdir())
    with folder.held(), pytest.raises(HeldError, match="run first is being trained by process"):
        actions.delete(home, run)
    assert sorted(set(before) | {"lock"}) == sorted(path.name for path in folder.path.iterdir())
    assert statuses(home) == {"first": "completed"}


def test_delete_of_a_queued_run(home, made):
    """It waits no more."""
    folder = made()
    actions.enqueue(home, folder)
    actions.delete(home, find(home))
    with Store.read(home) as store:
        assert store.queue() == []
        assert not store.has_queue()


def test_delete_of_a_link(home, made, tmp_path):
    """Somebody put it in the run's place: the link goes, what it leads to stays."""
    folder = made()
    run = find(home)
    folder.path.rename(tmp_path / "theirs")
    folder.path.symlink_to(tmp_path / "theirs")
    assert actions.delete(home, run) == 0
    assert not os.path.lexists(folder.path)
    assert (tmp_path / "theirs/run.json").exists()
    with Store.read(home) as store:
        assert store.runs() == []


def test_delete_of_rows_whose_folder_is_gone(home, made):
    """As `doctor` finds them."""
    folder = made()
    run = find(home)
    folder.path.rename(home.root / "elsewhere")
    assert actions.delete(home, run) == 0
    with Store.read(home) as store:
        assert store.runs() == []
