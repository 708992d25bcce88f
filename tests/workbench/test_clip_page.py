"""CLIP scores as tables."""

from runs.records import Baseline, Evaluation
from workbench.clip_page import clip_judges, clip_lines, newest_look

PROMPTS = "18 templates 3f2a9c1e"
NAMES = ("cat", "dog", "a\x1b[31mcow")


def said(cosine=0.31, n=8, step=400, sample_set=1, judge="ViT-B-32/openai", label=None, interval=(0.29, 0.33)):
    """One look's numbers of one class, or of all."""
    low, high = interval
    values = {"cosine": cosine, "clip_score_100": 100 * cosine, "clip_score_2.5": 2.5 * cosine}
    values |= {"probability": 0.8, "accuracy": 0.875}
    return [
        Evaluation(
            step, judge, name, label, value, low if name == "cosine" else None, high, n, sample_set, PROMPTS, "a1"
        )
        for name, value in values.items()
    ]


BASELINES = [
    Baseline("ViT-B-32/openai", name, pictures, label, value, None, None, 1000 if label is None else 100, "a1", "")
    for pictures, cosine in (("real", 0.3), ("noise", 0.2), ("other-class", 0.22))
    for name, value in (("cosine", cosine), ("clip_score_100", 100 * cosine), ("accuracy", 0.9))
    for label in (None, 1)
]


def test_every_figure_has_its_baselines_beside_it():
    """All conventions of what was drawn, of real pictures, of noise and of chance; then each class."""
    lines = clip_lines("ViT-B-32/openai", PROMPTS, said() + said(label=1), BASELINES, NAMES, None)
    assert lines[0].startswith(f"ViT-B-32/openai, asked {PROMPTS}, at step 400")
    table = [line.split() for line in lines]
    assert table[2] == ["drawn", "8", "0.310", "31.0", "0.78", "0.800", "87.5", "%"]
    assert table[3] == ["real", "test", "pictures", "1,000", "0.300", "30.0", "-", "-", "90.0", "%"]
    assert [row[0] for row in table[2:6]] == ["drawn", "real", "noise", "another"]
    assert table[-1] == (
        ["dog", "8", "0.310", "0.290", "to", "0.330", "0.300", "0.200", "0.220", "0.800", "87.5", "%", "90.0", "%"]
    )


def test_one_picture_a_class_says_so():
    """There is no interval to show."""
    lines = clip_lines("ViT-B-32/openai", PROMPTS, said() + said(n=1, label=0, interval=(None, None)), [], NAMES, None)
    assert lines[-1].split()[:5] == ["cat", "1", "0.310", "one", "picture"]


def test_the_newest_look_counts():
    """Of several, the last one told; nothing of a judge that said nothing."""
    numbers = said(cosine=0.1, step=200, sample_set=None) + said(cosine=0.3) + said(judge="other", cosine=0.9)
    assert {one.step for one in newest_look(numbers[:10])} == {400}
    assert clip_judges(numbers) == [("ViT-B-32/openai", PROMPTS), ("other", PROMPTS)]
    assert clip_lines("ViT-B-32/openai", PROMPTS, numbers, [], NAMES, None)[2].split()[2] == "0.300"
    assert clip_lines("nobody", PROMPTS, numbers, [], NAMES, None) == []


def test_names_from_elsewhere_do_no_harm():
    """A class's name may hold what a terminal would obey."""
    lines = clip_lines("ViT-B-32/openai", PROMPTS, said() + said(label=2), [], NAMES, None)
    assert "\x1b" not in lines[-1]
