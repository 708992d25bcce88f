"""Durations in words."""

import pytest

from diffusion.judges.cost import told_seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "about 1 s"), (40, "about 40 s"), (170, "about 3 min"), (7200, "about 2.0 h")],
)
def test_words(seconds, words):
    """In the unit that a person would take."""
    assert told_seconds(seconds) == words
