"""The judges' sections: what stands in them, which baseline stands beside a number, and that they fit a terminal."""

import pytest

from runs.records import Baseline, Curve, Evaluation
from workbench.format import width_of
from workbench.judges_page import NOT_AS_MANY, Known, interval, sections, share

NAMES = ("cat", "dog")
CNN = "classifier-digits"


def said(name, value, label=None, judge=CNN, n=80, low=None, high=None, step=400, beside="a1"):
    return Evaluation(step, judge, name, label, value, low, high, n, 1, "", beside)


def known(name, value, pictures="real", label=None, judge=CNN, n=359, beside="a1"):
    return Baseline(judge, name, pictures, label, value, None, None, n, beside, "8 of each class")


EVALUATIONS = [
    said("entropy", 0.37, step=100),
    said("accuracy", 0.2, step=100, low=0.1, high=0.3),
    said("entropy", 0.31),
    said("accuracy", 0.9, low=0.8, high=0.95),
    said("accuracy", 0.75, 0, n=40, low=0.5, high=0.9),
    said("accuracy", 1.0, 1, n=40, low=0.9, high=1.0),
    said("confusion/0", 0.75, 0, n=40),
    said("confusion/1", 0.25, 0, n=40),
    said("recall", 0.4, low=0.3, high=0.5),
    said("recall", 0.01, 0, low=0.0, high=0.02),
    said("fd", 0.56),
    said("cas_train_generated", 0.8, n=359, low=0.7, high=0.9),
    said("cas_train_real", 0.95, n=359, low=0.9, high=0.97),
    said("blur_sigma", 1.02, judge="pixels", low=0.98, high=1.05),
    said("copies", 0.0625, judge="pixels", low=0.03, high=0.13),
]
BASELINES = [
    known("accuracy", 0.98),
    known("accuracy", 0.97, label=0),
    known("accuracy", 0.098, "noise", n=1000),
    known("accuracy", 0.003, "other-class"),
    known("fd", 0.11, n=80, beside="another look"),
    known("fd", 0.32, n=80),
    known("recall", 0.9, label=0, n=80),
    known("entropy", 0.46),
]
CURVES = [
    Curve(400, "pixels", "power", "frequency", None, 1, ((0.1, 50.0), (0.2, 10.0), (0.45, 1.0))),
    Curve(400, "pixels", "power_real", "frequency", None, 1, ((0.1, 50.0), (0.2, 20.0), (0.45, 4.0))),
]


def page(width=None, evaluations=EVALUATIONS, baselines=BASELINES):
    return dict(sections(evaluations, baselines, CURVES, NAMES, width))


def row(lines, first):
    (line,) = [line for line in lines if line.split()[:1] == [first]]
    return line


def test_nothing_said_is_no_section():
    """A run that no judge has seen."""
    assert sections([], [], [], NAMES, 100) == []


def test_classes_stand_with_interval_baseline_and_what_was_read_instead():
    """Of the newest look; all classes last."""
    lines = page()["classes"]
    assert lines[0] == f"{CNN} at step 400; noise 9.8 %; another class 0.3 %; entropy 0.310, real 0.460"
    assert " ".join(row(lines, "cat").split()) == "cat 40 75.0 % 50.0 to 90.0 % 97.0 % dog 25.0 % 0.010 0.90"
    assert " ".join(row(lines, "all").split()).startswith("all 80 90.0 % 80.0 to 95.0 % 98.0 %")
    assert lines.index(row(lines, "all")) == len(lines) - 2


def test_the_accuracy_score_is_told_beside_that_of_real_pictures():
    """In a sentence."""
    assert page()["classes"][-1] == (
        "a classifier that learned from the drawn pictures reads 80.0 % (70.0 to 90.0 %) of the real test pictures, "
        "from as many real ones 95.0 % (90.0 to 97.0 %)"
    )


def test_a_figure_stands_beside_the_baseline_of_its_own_look():
    """Whatever other looks have measured."""
    line = row(page()["fidelity and diversity"], "fd")
    assert line.split()[:6] == ["fd", CNN, "80", "0.560", "-", "0.320"]
    found = Known([known("accuracy", 0.5), known("accuracy", 0.9, beside="b2")])
    assert found.value(said("accuracy", 0.7, beside="b2"), "real") == 0.9
    assert found.value(said("accuracy", 0.7, beside="b2"), "noise") is None
    assert found.value(said("accuracy", 0.7, beside=None), "real") is None


def test_real_pictures_of_another_number_are_marked():
    """Where a figure depends on it: FD of 80 pictures is not that of 35; accuracy of 359 compares with that of 80."""
    lines = page(baselines=[known("fd", 0.6, n=35), known("recall", 0.5, n=80), known("precision", 0.9, n=35)])[
        "fidelity and diversity"
    ]
    assert "0.600 at n 35" in row(lines, "fd")
    assert " at n " not in row(lines, "recall")
    assert lines[-1] == NOT_AS_MANY
    assert NOT_AS_MANY not in page()["fidelity and diversity"]


def test_pixels_and_power_are_told():
    """Shares in percent, sigma in pixels, power by bands."""
    found = page()
    assert "6.2 %" in row(found["fidelity and diversity"], "copies")
    assert "0.980 to 1.05" in row(found["sharpness"], "blur_sigma")
    assert found["sharpness"][-1] == (
        "power over that of real pictures, at cycles a pixel: 0 to 0.125: 1.00   0.125 to 0.25: 0.500   "
        "0.375 to 0.5: 0.250"
    )


def test_pictures_without_a_class_show_their_shares():
    """What is read as each class, in place of accuracy."""
    lines = page(evaluations=[said("entropy", 0.3), said("class_share", 0.75, 0), said("class_share", 0.25, 1)])[
        "classes"
    ]
    assert lines[0] == f"{CNN} at step 400; entropy 0.300, real 0.460"
    assert "75.0 %" in row(lines, "cat")


@pytest.mark.parametrize("width", [60, 78, 100, 200])
def test_tables_fit_the_terminal(width):
    """Columns that matter less go first."""
    for title in ("classes", "fidelity and diversity"):
        table = [line for line in page(width)[title] if not line.startswith(("a classifier", CNN + " at"))]
        assert max(map(width_of, table)) <= width


def test_intervals_are_in_the_unit_of_their_number():
    """Percent, plain, or unknown."""
    assert interval(said("recall", 0.5, low=0.25, high=0.75)) == "25.0 to 75.0 %"
    assert interval(said("kid", 0.5, low=0.25, high=0.75)) == "0.250 to 0.750"
    assert interval(said("fd", 0.5)) == "-"


def test_a_share_that_is_none_or_nan():
    """A dash."""
    assert [share(None), share(float("nan")), share(0.5)] == ["-", "-", "50.0 %"]
