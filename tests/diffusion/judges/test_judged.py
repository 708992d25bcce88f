"""What a judge is given: always in one order."""

import dataclasses

from diffusion.judges.sharpness import judge_sharpness
from tests.diffusion.judges.sets import held_out, judged


def test_the_order_of_pictures_changes_no_number(judges):
    """A run has them as they were drawn, its record in another order: the intervals are equal to the last digit."""
    first = judged(held_out(), judges)
    again = dataclasses.replace(first, drawn=first.drawn[::-1])
    assert again.drawn == first.drawn
    assert list(judge_sharpness(again)) == list(judge_sharpness(first))
