"""Counts told as Progress."""

import pytest

from diffusion.events import Progress
from diffusion.judges.telling import telling


def counting():
    yield 3
    yield 5
    return "features"


def test_counts_are_told_on_top_of_what_was_done_before():
    """And what the work returns is returned."""
    work = telling(counting(), total=20, step=7, base=10)
    assert [next(work), next(work)] == [Progress("evaluate", done, 20, 7) for done in (13, 15)]
    with pytest.raises(StopIteration) as end:
        next(work)
    assert end.value.value == "features"
