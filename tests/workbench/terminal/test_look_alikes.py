"""What stands for a character where there is only ASCII."""

import io

import pytest

from workbench.terminal import look_alikes


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("  1.5 ┤⠉⠢⣀ ", "  1.5 |':. ", id="curve"),
        pytest.param(" ░▒▓█", " .+%#", id="shades"),
        pytest.param("⠀⣿", " :", id="no dot, all dots"),
        pytest.param("a-long-na…", "a-long-na~", id="cut"),
        pytest.param("猫", "?", id="none"),
    ],
)
def test_look_alikes(text, shown):
    """One character each, so that columns stay columns."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors=look_alikes.NAME)
    stream.write(text)
    stream.seek(0)
    assert stream.read() == shown


def test_latin_1_keeps_what_it_has():
    """Only what cannot be encoded is replaced."""
    assert "é…".encode("latin-1", look_alikes.NAME) == b"\xe9~"


def test_reading_is_not_mended():
    """The handler is for writing."""
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", look_alikes.NAME)
