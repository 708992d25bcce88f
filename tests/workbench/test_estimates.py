"""Means, intervals and differences in words."""

import pytest

from runs.statistics import Difference, Estimate, paired_difference, unpaired_difference
from workbench.estimates import basis, by_chance, interval, mark, signed, span, verdict


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (None, "-"),
        (Estimate(0.25, None, None, 1), "0.2500"),
        (Estimate(0.25, 0.24, 0.26, 3), "0.2500 ± 0.010"),
        (Estimate(0.98, 0.9, 0.99, 80), "0.9800 (0.90 to 0.99)"),
    ],
)
def test_an_interval(found, text):
    """Half of it where it is as long on both sides, else both ends."""
    assert interval(found) == text


@pytest.mark.parametrize(
    ("found", "words", "sign"),
    [
        (Difference(Estimate(0.2, 0.1, 0.3, 3), True, 0), "higher", " +"),
        (Difference(Estimate(-0.2, -0.3, -0.1, 3), True, 0), "lower", " -"),
        (Difference(Estimate(0.2, -0.1, 0.5, 3), True, 14), "no: 14 more", "  "),
        (Difference(Estimate(0.2, -0.1, 0.5, 80), True, 99_920), "no: 100,000+", "  "),
        (Difference(Estimate(0.0, -0.1, 0.1, 3), True, None), "no", "  "),
        (Difference(Estimate(0.2, None, None, 1), True, None), "no: more seeds", "  "),
    ],
)
def test_what_a_difference_decides(found, words, sign):
    """In a word, and how many more would."""
    assert (verdict(found), mark(found)) == (words, sign)
    assert mark(None) == "  "


def test_what_a_difference_is_over():
    """Pairs, independent groups, or one value on each side."""
    a, b = {0: 1.0, 1: 2.0}, {0: 1.1, 1: 2.3}
    assert basis(paired_difference(a, b), "seeds") == "2 seeds"
    assert basis(unpaired_difference([1.0, 2.0], [1.1, 2.3]), "seeds") == "2+2 seeds"
    assert basis(paired_difference({0: 1.0}, {1: 1.0}), "seeds") == "1 seed each"


def test_signs_and_ends():
    """A difference always has its sign."""
    assert (signed(0.123456), signed(-1.0), signed(0.0)) == ("+0.123", "-1.00", "0")
    assert span(Estimate(0.2, -0.1, 0.5, 3)) == "-0.10 to +0.50"
    assert span(Estimate(0.2, None, None, 1)) == "-"


def test_what_chance_decides():
    """One in twenty."""
    assert by_chance(40) == "40 comparisons: by chance alone about 2 of them would read as decided"
