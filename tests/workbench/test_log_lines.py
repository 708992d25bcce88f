"""A run's output as clean lines."""

import io

import pytest

from workbench.log_lines import CHUNK, LONGEST, Lines, clean_line, tail_offset


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param(b"plain", "plain", id="plain"),
        pytest.param(b" 10%\r 50%\r100%", "100%", id="a bar drawn over"),
        pytest.param(b" 10%\r 50%\r", " 50%", id="a bar that is to be drawn over"),
        pytest.param(b"ends as on Windows\r", "ends as on Windows", id="CRLF"),
        pytest.param(b"\x1b[31mred\x1b[0m", "red", id="colour"),
        pytest.param(b"\x1b[2J\x1b[1;1H\x1b[?25lup\x1b[?1049h", "up", id="cursor and screen"),
        pytest.param(b"\x1b]0;title\x07shown", "shown", id="title"),
        pytest.param(b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link", id="link"),
        pytest.param(b"\x1b]52;c;Y2Fs\x07x", "x", id="clipboard"),
        pytest.param(b"\x1bPq#0\x1b\\sixel", "sixel", id="picture"),
        pytest.param(b"\x1b(B\x1b=\x1b7x\x1b8", "x", id="short ones"),
        pytest.param(b"a\x1b", "a\\x1b", id="half a sequence"),
        pytest.param(b"a\x1b[31", "a31", id="half a colour"),
        pytest.param(b"bell\x07back\x08del\x7f", "bell\\x07back\\x08del\\x7f", id="control characters"),
        pytest.param("\u202etxt.exe".encode(), "\\u202etxt.exe", id="right to left"),
        pytest.param("\x9b2J".encode(), "\\x9b2J", id="CSI in one character"),
        pytest.param(b"caf\xe9", "caf\ufffd", id="not UTF-8"),
        pytest.param("日本 [b]".encode(), "日本 [b]", id="wide and markup"),
        pytest.param(b"a\tb", "a b", id="tab"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_a_line_as_a_terminal_would_leave_it(data, line):
    """Without anything that a terminal would act on."""
    assert clean_line(data) == line
    assert list(Lines(io.BytesIO(data + b"\n")).read()) == [line]


def read(data, chunks=None, monkeypatch=None):
    return list(Lines(io.BytesIO(data)).read(at_end=True))


@pytest.mark.parametrize("size", [1, 7, 100, LONGEST - 1, LONGEST + 1, CHUNK, 3 * CHUNK])
def test_a_bar_of_any_length_shows_its_last_state(size):
    """One line of the file, drawn over and over: bytes that were drawn over are not counted."""
    bar = b"".join(b"%4d%% ....\r" % step for step in range(size // 10 + 1))
    assert read(b"before\n" + bar + b"done\nafter\n") == ["before", "done", "after"]
    assert read(b"before\n" + bar) == ["before", f"{size // 10:4d}% ...."]
    assert read(bar + b"\n") == [f"{size // 10:4d}% ...."]


@pytest.mark.parametrize("size", [LONGEST, LONGEST + 1, CHUNK - 1, CHUNK, CHUNK + 1, 10_000_000])
@pytest.mark.parametrize("end", [b"\n", b""], ids=["whole", "without an end"])
def test_a_long_line_is_cut(size, end):
    """And says how much of it is not shown; the next line is whole."""
    more = size - LONGEST
    told = "x" * LONGEST + (f" ... {more:,} bytes more" if more else "")
    assert read(b"x" * size + end) == [told]
    if end:
        assert read(b"x" * size + b"\nnext\n" + b"y" * size + b"\r" + b"z\n") == [told, "next", "z"]


def test_a_long_line_behind_a_bar():
    """What was drawn over does not count."""
    assert read(b"a" * CHUNK + b"\r" + b"b" * (LONGEST + 5) + b"\n") == ["b" * LONGEST + " ... 5 bytes more"]
    assert read(b"a" * 3 * CHUNK + b"\r" + b"b" * 2 * CHUNK) == [
        "b" * LONGEST + f" ... {2 * CHUNK - LONGEST:,} bytes more"
    ]


def test_little_is_kept_in_memory():
    """Of a line as long as the file."""
    reader = Lines(io.BytesIO(b"x" * 10_000_000))
    assert list(reader.read()) == []
    assert len(reader._rest) <= LONGEST + 1
    reader = Lines(io.BytesIO(b"x\r" * 5_000_000))
    assert list(reader.read(at_end=True)) == ["x"]


def test_a_file_that_grows(tmp_path):
    """Each line once, when it is whole; the last one at the end, whole or not."""
    path = tmp_path / "log"
    with path.open("wb", buffering=0) as out, path.open("rb") as stream:
        reader = Lines(stream)
        for piece, lines in [
            (b"on", []),
            (b"e\ntwo", ["one"]),
            (b"", []),
            (b"\nthree\n", ["two", "three"]),
            (b" 10%\r", []),
            (b" 90%", []),
        ]:
            out.write(piece)
            assert list(reader.read()) == lines
        assert list(reader.read(at_end=True)) == [" 90%"]
        assert list(reader.read(at_end=True)) == []


@pytest.mark.parametrize(
    ("data", "count", "lines"),
    [
        pytest.param(b"", 3, [], id="empty"),
        pytest.param(b"a\nb\nc\n", 1, ["c"], id="last"),
        pytest.param(b"a\nb\nc\n", 2, ["b", "c"], id="two"),
        pytest.param(b"a\nb\nc\n", 3, ["a", "b", "c"], id="all"),
        pytest.param(b"a\nb\nc\n", 9, ["a", "b", "c"], id="more than there are"),
        pytest.param(b"a\nb\nc", 1, ["c"], id="last without an end"),
        pytest.param(b"a\nb\nc", 2, ["b", "c"], id="two without an end"),
        pytest.param(b"one", 1, ["one"], id="one without an end"),
        pytest.param(b"\n\n\n", 2, ["", ""], id="empty lines"),
        pytest.param(b"x" * (3 * CHUNK) + b"\nb\n", 1, ["b"], id="behind a long one"),
    ],
)
def test_the_last_lines(data, count, lines):
    """Found from the end."""
    stream = io.BytesIO(data)
    stream.seek(tail_offset(stream, count))
    assert list(Lines(stream).read(at_end=True)) == lines


def test_the_last_lines_of_many():
    """Over the borders of what is read at once."""
    data = b"".join(b"line %d\n" % number for number in range(50_000))
    for count in (1, 10, 8_000, 49_999, 50_000):
        stream = io.BytesIO(data)
        stream.seek(tail_offset(stream, count))
        assert stream.read() == b"".join(b"line %d\n" % number for number in range(50_000 - count, 50_000))
