"""An attempt's own log."""

import json

import pytest

from runs.log import Log, lines_from


def test_each_writer_has_a_log_of_its_own(made):
    """The next number, also when another process was quicker."""
    folder = made()
    assert [Log.new(folder, "attempt").number for _ in range(3)] == [1, 2, 3]
    assert Log.new(folder, "samples").path.name == "samples-0001.jsonl"
    assert [path.name for path in folder.logs()] == [f"attempt-000{number}.jsonl" for number in (1, 2, 3)]
    assert folder.log.name == "attempt-0003.jsonl"


def test_lines_wait_for_one_write(made, monkeypatch):
    """All of a step's lines in one call, each with its time."""
    log, calls = Log.new(made(), "attempt"), []
    import os

    real = os.write
    monkeypatch.setattr("os.write", lambda handle, data: calls.append(data) or real(handle, data))
    log.add("a", {"x": "é\n"})
    log.add("b", {})
    log.flush()
    log.flush()
    (data,) = calls
    assert [json.loads(line)["event"] for line in data.splitlines()] == ["a", "b"]
    assert log.path.read_bytes() == data


def test_nan_is_refused(made):
    """Strict JSON knows none; the recording stage has made None of it."""
    with pytest.raises(ValueError, match="JSON"):
        Log.new(made(), "attempt").add("a", {"x": float("nan")})


@pytest.mark.parametrize(
    ("data", "offset", "lines", "end"),
    [
        pytest.param(b"", 0, [], 0, id="empty"),
        pytest.param(b"a\nb\n", 0, [(0, b"a"), (2, b"b")], 4, id="whole"),
        pytest.param(b"a\nb", 0, [(0, b"a")], 2, id="torn"),
        pytest.param(b"a\nb\n", 2, [(2, b"b")], 4, id="from an offset"),
        pytest.param(b"torn", 0, [], 0, id="nothing whole"),
        pytest.param(b"a\r\n\n", 0, [(0, b"a\r"), (3, b"")], 4, id="other ends of lines"),
    ],
)
def test_whole_lines(tmp_path, data, offset, lines, end):
    """What is torn waits."""
    path = tmp_path / "log"
    path.write_bytes(data)
    assert lines_from(path, offset) == (lines, end, len(data))


def test_a_log_that_shrank(tmp_path):
    """Told, for our logs only grow."""
    (tmp_path / "log").write_bytes(b"a")
    with pytest.raises(ValueError, match="shorter than the 5 bytes"):
        lines_from(tmp_path / "log", 5)


def test_a_line_without_end(tmp_path, monkeypatch):
    """Not read into memory for ever."""
    monkeypatch.setattr("runs.log.CHUNK", 10)
    monkeypatch.setattr("runs.log.LONGEST_LINE", 50)
    (tmp_path / "log").write_bytes(b"x" * 1000)
    with pytest.raises(ValueError, match="has no end"):
        lines_from(tmp_path / "log", 0)
