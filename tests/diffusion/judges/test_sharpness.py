"""Sharpness of real, blurred and noisy digits, and the parts that it is made of."""

from dataclasses import replace

import pytest
import torch

from diffusion.data.pictures import Split
from diffusion.errors import UserError
from diffusion.events import Baseline, Curve, Evaluation
from diffusion.judges.sharpness import edge_sharpness, judge_sharpness, like
from tests.diffusion.judges.sets import blurred, digits, held_out, judged, noise


def told(split, judges):
    return list(judge_sharpness(judged(split, judges)))


def value(events, name, kind=Evaluation, pictures=None):
    (found,) = [
        one
        for one in events
        if isinstance(one, kind) and one.name == name and getattr(one, "pictures", None) == pictures
    ]
    return found


def test_a_copy_blurred_by_one_pixel_is_reported_as_that(tmp_path):
    """0.9 to 1.1, and its edges are flatter than real ones."""
    events = told(blurred(1.0), tmp_path)
    assert 0.9 <= value(events, "blur_sigma").value <= 1.1
    assert value(events, "blur_sigma").low > 0.8
    assert value(events, "sharpness").high < value(events, "sharpness", Baseline, "real").low


def test_real_pictures_are_as_sharp_as_real_ones(tmp_path):
    """No blur, and the edges of the baseline."""
    events = told(held_out(), tmp_path)
    assert abs(value(events, "blur_sigma").value) < 0.25
    real = value(events, "sharpness", Baseline, "real")
    assert real.low < value(events, "sharpness").value < real.high
    assert abs(value(events, "blur_sigma", Baseline, "real").value) < 0.25


def test_noise_is_sharper_than_real_pictures(tmp_path):
    """Which is no praise: the baseline of noise stands beside."""
    events = told(noise(), tmp_path)
    assert value(events, "blur_sigma").high < -0.3
    assert value(events, "sharpness").low > value(events, "sharpness", Baseline, "real").high
    assert value(events, "sharpness").value == pytest.approx(
        value(events, "sharpness", Baseline, "noise").value, rel=0.05
    )


def test_both_spectra_are_told(tmp_path):
    """On the same frequencies, rising, up to the pixels' diagonal."""
    curves = {one.name: one.points for one in told(held_out(), tmp_path) if isinstance(one, Curve)}
    assert set(curves) == {"power", "power_real"}
    drawn, real = ([x for x, _ in curves[name]] for name in ("power", "power_real"))
    assert drawn == real == sorted(real)
    assert 0 < drawn[0] < 0.1
    assert 0.5 < drawn[-1] < 0.71


def test_real_pictures_are_taken_in_the_classes_that_were_drawn():
    """Classes differ in sharpness: of threes and fives as 3 to 1, real ones as 3 to 1."""
    real = digits().test
    found = like(real, torch.tensor([3, 3, 3, 5]))
    rows = {tuple(one.flatten().tolist()): int(label) for one, label in zip(real.pictures, real.labels, strict=True)}
    labels = [rows[tuple(one.flatten().tolist())] for one in found]
    assert set(labels) == {3, 5}
    assert labels.count(3) == pytest.approx(3 * labels.count(5), abs=3)


@pytest.mark.parametrize("labels", [[-1, -1], [4, -1]])
def test_without_classes_all_real_pictures_are_taken(labels):
    """There is nothing to match."""
    assert len(like(digits().test, torch.tensor(labels))) == len(digits().test)


def test_edges_do_not_depend_on_contrast():
    """Half the contrast, half the steepness: the same figure."""
    real = held_out().pictures[:20]
    full, half = edge_sharpness((real // 2) * 2), edge_sharpness(real // 2)
    torch.testing.assert_close(full, half, rtol=1e-4, atol=1e-4)


def test_a_flat_picture_has_no_edges():
    """0, not a division by it."""
    assert edge_sharpness(torch.full((2, 3, 8, 8), 40, dtype=torch.uint8)).tolist() == [0.0, 0.0]


def test_a_step_is_steeper_than_a_slope():
    """By hand: half the columns 0 and half 1 against a ramp, each over its own standard deviation."""
    ramp = torch.arange(16).mul(16).byte().expand(1, 1, 16, 16)
    step = (torch.arange(16) >= 8).mul(255).byte().expand(1, 1, 16, 16)
    assert float(edge_sharpness(ramp)[0]) == pytest.approx(16 / float(ramp.float().std()), rel=1e-5)
    assert float(edge_sharpness(step)[0]) == pytest.approx(127.5 / float(step.float().std()), rel=1e-5)


def test_a_picture_of_two_pixels_has_no_spectrum(tmp_path):
    """Refused by digits' smallest neighbour."""
    tiny = Split(held_out().pictures[..., :2, :2], held_out().labels)
    pictures = replace(digits(), train=tiny, val=tiny, test=tiny)
    with pytest.raises(UserError, match="4 pixels or more, the pictures have 2"):
        list(judge_sharpness(replace(judged(tiny, tmp_path), pictures=pictures)))
