"""`workbench score` and `workbench judge`, as they are typed."""

import json

import pytest

from diffusion.config import RunConfig, with_settings
from tests.diffusion.small import SMALL
from tests.workbench.conftest import RUN
from workbench.configure import as_toml

ONLY_CLIP = {"judges.clip": "auto", "preview.every_steps": 0}


@pytest.fixture
def judged(workbench, tmp_path, clip_judges, tiny):
    """A home with judges and a run that was judged by CLIP."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "judges").symlink_to(clip_judges)
    tiny.write_text(as_toml(with_settings(RunConfig(), SMALL | ONLY_CLIP), "digits"))
    code, _, err = workbench(*RUN, "--name", "first")
    assert code == 0, err
    return home


def test_a_run_shows_and_scores_by_class(workbench, judged):
    """The judge is named as what it is wherever its numbers are; the baselines stand beside them."""
    for words in (("show", "first"), ("score", "first", "--device", "cpu")):
        code, out, err = workbench(*words)
        assert code == 0, err
        assert "clip-digits-trained-here" in out
        assert "real test pictures" in out
        assert "another class (chance)" in out
        assert "95 % INTERVAL" in out


def test_fresh_pictures_become_a_sample_set(workbench, judged):
    """So many of each class, drawn, recorded and judged; a set can be asked for by its number."""
    code, out, err = workbench("score", "first", "--per-class", "3", "--device", "cpu", "--json")
    assert code == 0, err
    events = [json.loads(line) for line in out.splitlines()]
    assert [one["n"] for one in events if one["event"] == "evaluation" and one["label"] is None] == [30] * 5
    assert workbench("score", "first", "--sample-set", "2", "--device", "cpu")[0] == 0
    code, _, err = workbench("score", "first", "--sample-set", "7")
    assert (code, err) == (2, "error: run first has no sample set 7; allowed: 1, 2; next: workbench show first\n")


def test_best_of_several(workbench, judged):
    """Ranked by CLIP, with what the other judge says of it."""
    code, out, err = workbench("sample", "first", "--count", "10", "--best-of", "3", "--device", "cpu")
    assert code == 0, err
    assert "clip-digits-trained-here gain" in err
    assert "classifier-digits gain" in err
    assert "10 pictures" in out


def test_the_judges_are_listed(workbench, judged, tmp_path):
    """With what they reach on pictures that they never saw; an empty home says how to make one."""
    code, out, _ = workbench("judge", "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["classifier-digits", "clip-digits-trained-here"]
    code, out, _ = workbench("judge", "list", "--json")
    assert {one["kind"] for one in json.loads(out)} == {"classifier", "clip"}
    code, out, err = workbench("judge", "list", "--home", str(tmp_path / "other"))
    assert (code, out, err) == (0, "", "no judges yet; next: workbench judge train --dataset digits\n")


def test_training_a_judge(workbench, monkeypatch):
    """It ends with a table."""
    monkeypatch.setattr("diffusion.judges.clip_train.SMALL_STEPS", 2)
    code, out, err = workbench("judge", "train", "--dataset", "digits", "--kind", "clip", "--device", "cpu")
    assert code == 0, err
    assert out.splitlines()[1].split()[:3] == ["clip-digits-trained-here", "clip", "digits"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("score", "first", "--model", "ViT-L-14"), "--model ViT-L-14 needs its weights"),
        (("score", "first", "--weights", "opneai"), "ViT-B-32 has no weights 'opneai'"),
        (("score", "first", "--templates", "none.txt"), "cannot be read: No such file"),
        (("score", "first", "--per-class", "0"), "--per-class is 0"),
        (("score", "first", "--per-class", "2", "--sample-set", "1"), "--per-class draws fresh pictures"),
        (("sample", "first", "--best-of", "0"), "--best-of is 0"),
        (("judge", "train", "--kind", "clop"), "unknown kind of judge 'clop'"),
        (("judge", "train", "--dataset", "digit"), "unknown data set 'digit'"),
        (("judge", "trian"), "unknown command 'trian'; allowed: fetch, list, train; did you mean train?"),
        (("judge", "fetch", "--model", "nope", "-o", "there"), "unknown CLIP model 'nope'"),
    ],
)
def test_bad_input(workbench, judged, words, told):
    """One line, exit code 2."""
    code, out, err = workbench(*words)
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_templates_without_a_place_for_the_class(workbench, judged, tmp_path):
    """The line that is wrong is told."""
    (tmp_path / "t.txt").write_text("a digit\n")
    code, _, err = workbench("score", "first", "--templates", "t.txt")
    assert code == 2
    assert "is 'a digit'; allowed: lines with {} once" in err


def test_a_run_without_a_judge_says_where_to_get_one(workbench, tiny, monkeypatch):
    """And ends well: an alert, no failure, no download."""
    monkeypatch.setattr("diffusion.judges.clip.default_at_hand", lambda: False)
    tiny.write_text(as_toml(with_settings(RunConfig(), SMALL | ONLY_CLIP), "digits"))
    code, _, err = workbench(*RUN)
    assert code == 0, err
    assert "workbench judge train --dataset digits" in " ".join(err.split())


def test_a_run_that_needs_clip_does_not_begin_without(workbench, tiny, monkeypatch, tmp_path):
    """Nothing is left of it."""
    monkeypatch.setattr("diffusion.judges.clip.default_at_hand", lambda: False)
    tiny.write_text(as_toml(with_settings(RunConfig(), SMALL | ONLY_CLIP), "digits"))
    code, _, err = workbench(*RUN, "--set", "train.clip_loss_weight=1")
    assert code == 2
    assert "no CLIP judge for digits is at hand" in err
    assert not list((tmp_path / "home").glob("runs/*"))


def test_pictures_drawn_beside_a_run_do_not_hide_its_own(workbench, judged):
    """They are shown where they are asked for, beside real pictures of their own class; foreign prompts stand apart."""

    def zero_shot(out):
        return [line.split() for line in out.splitlines() if line.strip().startswith(("drawn", "real test"))]

    before = zero_shot(workbench("show", "first")[1])
    workbench("sample", "first", "--class", "3", "--count", "7", "--device", "cpu")
    code, out, err = workbench("score", "first", "--sample-set", "2", "--device", "cpu")
    assert code == 0, err
    assert "CLIP scores of sample set 2" in out
    drawn, real = zero_shot(out)
    assert (drawn[1], real[3]) == ("7", "37")  # of all 359 test pictures
    _, out, _ = workbench("show", "first")
    assert zero_shot(out) == before
    assert "CLIP scores of sample set 1" in out
    assert "sample set 1: 2 of each class, at step 12" in out
    assert "also judged: sample set 2 (7 of class 3); see: workbench show first --sample-set 2" in out
    assert zero_shot(workbench("show", "first", "--all")[1]) == [*before, drawn, real]
    assert "info at step 12, sample set 2: no pictures were judged of 0, 1, 2" in out
    code, _, err = workbench("show", "first", "--sample-set", "5")
    assert (code, "no judge has looked at sample set 5" in err) == (2, True)


def test_another_prompt_set_is_another_look(workbench, judged, tmp_path):
    """The run's own numbers and baselines stay what they were, and both are shown with the prompts they are of."""
    (tmp_path / "t.txt").write_text("somebody wrote a {} here\n")

    def tables(out):
        return out[out.index("CLIP scores") :].split("CLIP scores")[1:]

    (own,) = tables(workbench("score", "first", "--device", "cpu")[1])
    first, second = tables(workbench("score", "first", "--templates", "t.txt", "--device", "cpu")[1])
    assert first.strip() == own.strip()
    assert "asked 7 templates" in first
    assert "asked 1 template " in second
    assert first.splitlines()[3:] != second.splitlines()[3:]
