"""A run's own folder."""

import json

import pytest

from diffusion.errors import UserError
from runs.folder import RunFolder, is_whole
from runs.home import Home


def safetensors(size: int = 8) -> bytes:
    header = json.dumps({"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(size)


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        pytest.param(safetensors(), True, id="whole"),
        pytest.param(safetensors()[:-1], False, id="cut short"),
        pytest.param(safetensors() + b"x", False, id="too long"),
        pytest.param(safetensors()[:20], False, id="cut in its header"),
        pytest.param(b"", False, id="empty"),
        pytest.param(b"\xff" * 100, False, id="noise"),
        pytest.param((2).to_bytes(8, "little") + b"[]", False, id="header is a list"),
        pytest.param((9).to_bytes(8, "little") + b'{"a": {}}', False, id="header without offsets"),
    ],
)
def test_whole_files(tmp_path, data, whole):
    """A checkpoint is as long as its own header says."""
    (tmp_path / "a").write_bytes(data)
    assert is_whole(tmp_path / "a") is whole
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert not is_whole(tmp_path / "b")


def test_the_newest_whole_checkpoint(made):
    """One that was cut short does not count, and is set aside when the run goes on."""
    folder = made()
    assert folder.latest_checkpoint() is None
    assert folder.latest_step() == 0
    folder.checkpoint(0).parent.mkdir()
    for step in (500, 1000):
        folder.checkpoint(step).write_bytes(safetensors())
    folder.checkpoint(1500).write_bytes(safetensors()[:-1])
    assert folder.latest_checkpoint() == folder.checkpoint(1000)
    assert folder.latest_step() == 1000
    assert [path.name for path in folder.set_damaged_aside()] == ["step-00001500.safetensors.damaged"]
    assert [path.name for path in folder.checkpoints()] == ["step-00000500.safetensors", "step-00001000.safetensors"]


def test_two_checkpoints_are_kept(made):
    """The one just written and the newest other one, by number and not by name."""
    folder = made()
    folder.checkpoint(0).parent.mkdir()
    for step in (5, 99_999_999, 100_000_000):
        folder.checkpoint(step).write_bytes(safetensors())
    folder.prune_checkpoints(folder.checkpoint(100_000_000))
    assert [path.stem for path in folder.checkpoints()] == ["step-99999999", "step-100000000"]


def test_one_process_holds_a_run(made):
    """The second one is told which process has it; afterwards it is free again."""
    import os

    folder = made()
    with folder.held(), pytest.raises(UserError) as caught, RunFolder(folder.path).held():
        pass
    told = f"run first is being trained by process {os.getpid()} on {os.uname().nodename}; next: workbench show first"
    assert str(caught.value) == told
    with folder.held():
        pass


def test_a_discarded_run_leaves_nothing(home, made, recorded):
    """Its folder and its rows; the last one takes the empty home along."""
    from runs.ingest import catch_up
    from runs.store import Store

    other = made("other")
    catch_up(home)
    recorded.discard(home)
    with Store.read(home) as store:
        assert [run.name for run in store.runs()] == ["other"]
        for table in ("series", "points", "images", "alerts", "attempts", "logs", "sample_sets", "timestep_losses"):
            assert store.query(f"select count(*) from {table}").rows == ((0,),), table
    other.discard(Home(home.root))
    assert not home.runs.exists()


def test_a_run_that_never_began_leaves_no_home(home, made):
    """As if the command had not been typed."""
    made().discard(home)
    assert not home.root.exists()


def test_sample_sets_get_numbers_of_their_own(made):
    """Also while another process is drawing, and after it is done."""
    folder = made()
    first, claim = folder.claim_sample_set()
    second, _ = folder.claim_sample_set()
    assert (first, second) == (1, 2)
    (folder.path / "pictures" / "sample-00000010-ema-07.png").touch()
    claim.unlink()
    assert folder.claim_sample_set()[0] == 8


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("{", "Expecting property name", id="no JSON"),
        pytest.param("[1]", "not a JSON object", id="list"),
        pytest.param('{"id": "../x"}', "id is not an id", id="id"),
        pytest.param('{"id": "a-1", "name": 3}', "name is not a name", id="name"),
        pytest.param('{"id": "a-1", "name": "n", "config": 3}', "config is not an object", id="config"),
        pytest.param('{"id": "a-1", "name": "n", "config": {}}', "created is not a time", id="time"),
        pytest.param("[" * 100_000, "maximum recursion depth", id="deep"),
    ],
)
def test_descriptions_that_cannot_be_used(made, text, told):
    """A folder from elsewhere may hold anything: one sentence says what is wrong."""
    path = made().path
    (path / "run.json").write_text(text)
    with pytest.raises(UserError, match=told):
        _ = RunFolder(path).id


def test_a_description_is_not_followed_elsewhere(made, tmp_path):
    """A link in its place is no description."""
    path = made().path
    (path / "run.json").rename(tmp_path / "run.json")
    (path / "run.json").symlink_to(tmp_path / "run.json")
    with pytest.raises(UserError, match="cannot be read"):
        _ = RunFolder(path).id
