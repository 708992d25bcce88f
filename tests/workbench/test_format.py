"""Numbers, durations, ages and foreign text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.format import age, clipped, compact, count, duration, number, padded, safe_text, size, width_of

CASES = [
    (number, 0.0123456, "0.01235"),
    (number, 0.5, "0.5000"),
    (number, 12345.6, "12,346"),
    (number, 3.2e-7, "3.200e-07"),
    (number, 5e12, "5.000e+12"),
    (number, 0.0, "0"),
    (number, math.nan, "NaN"),
    (number, math.inf, "inf"),
    (number, -math.inf, "-inf"),
    (number, None, "-"),
    (count, 1234567, "1,234,567"),
    (count, None, "-"),
    (count, math.nan, "-"),
    (compact, 950, "950"),
    (compact, 448_123, "448k"),
    (compact, 35_700_000, "35.7M"),
    (compact, 999_999, "1M"),
    (size, 0, "0 B"),
    (size, 999, "999 B"),
    (size, 1234, "1.23 kB"),
    (size, 999_999, "1 MB"),
    (size, 1.5e14, "150 TB"),
    (duration, 0.04, "0.0 s"),
    (duration, 9.94, "9.9 s"),
    (duration, 9.96, "10 s"),
    (duration, 59.6, "1 min 00 s"),
    (duration, 185, "3 min 05 s"),
    (duration, 7620, "2 h 07 min"),
    (duration, 86399, "1 d 0 h"),
    (duration, 273600, "3 d 4 h"),
    (duration, None, "-"),
]


@pytest.mark.parametrize(("shown", "value", "expected"), CASES, ids=lambda case: getattr(case, "__name__", str(case)))
def test_shown(shown, value, expected):
    """Each as it stands on the screen."""
    assert shown(value) == expected


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (-100, "now"),
        (4, "now"),
        (35, "35 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (7300, "2 h ago"),
        (86400, "1 d ago"),
        (59 * 86400, "59 d ago"),
    ],
    ids=str,
)
def test_age(passed, expected):
    """Rounded down, as people count; a clock that runs ahead reads as now."""
    assert age(1_000_000_000, 1_000_000_000 + passed) == expected


def test_old_age_is_a_date():
    """Sixty days are the limit."""
    assert age(1_000_000_000, 1_100_000_000).startswith("2001-09-")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain äöü 日本", "plain äöü 日本", id="letters"),
        pytest.param("\x1b[31mred", "\\x1b[31mred", id="escape"),
        pytest.param("\x9b31m", "\\x9b31m", id="one-byte CSI"),
        pytest.param("a\nb\tc", "a\\x0ab c", id="line break and tab"),
        pytest.param("user\u202egnp.exe", "user\\u202egnp.exe", id="right-to-left override"),
        pytest.param("a\u200bb", "a\\u200bb", id="zero width"),
        pytest.param("\udcff", "\\udcff", id="undecodable file name"),
        pytest.param("\x7f", "\\x7f", id="delete"),
        pytest.param("a\u2028b", "a\\u2028b", id="line separator"),
        pytest.param("\U000e0041", "\\U000e0041", id="tag character"),
    ],
)
def test_foreign_text_is_harmless(text, expected):
    """A run's name or a class folder can hold anything."""
    assert safe_text(text) == expected


def test_line_breaks_may_stay():
    """For texts of several lines."""
    assert safe_text("a\nb\x1b", lines=True) == "a\nb\\x1b"


@given(st.text())
def test_safe_text_is_printable(text):
    """No control, format or separator character is left, and it can be encoded."""
    shown = safe_text(text)
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    shown.encode("utf-8")


@given(st.text(), st.integers(1, 30))
def test_padded_text_has_its_width(text, width):
    """So that columns line up, wide characters included."""
    shown = safe_text(text)
    assert width_of(padded(shown, width)) == width
    assert width_of(padded(shown, width, right=True)) == width


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("ab", 0, "")],
)
def test_clipped(text, width, expected):
    """Cut between characters, marked."""
    assert clipped(text, width) == expected
