"""Sharpness: are drawn pictures as sharp as real ones, in figures; what "still sharp" means."""

from collections.abc import Iterator

import torch
from torch import Tensor

from diffusion.data.pictures import Split
from diffusion.events import Curve, Event, Progress
from diffusion.judges.accuracy import shape_of
from diffusion.judges.clip_judge import noise_pictures
from diffusion.judges.estimate import baseline, evaluation, mean
from diffusion.judges.judged import Judged, Judging, UnfitPicturesError, check_unseen
from diffusion.judges.pixels import PIXELS
from diffusion.judges.spectrum import Spectra, blur_sigma, spectra

REAL = 2000  # test pictures that drawn ones are compared with
STEEPEST = 0.05  # share of a picture's pixels that are its edges
FEWEST_PIXELS = 4


def judge_sharpness(judged: Judged) -> Judging:
    """The blur that would explain the drawn pictures' spectrum, their edge sharpness, and both spectra as curves."""
    check_unseen(judged.pictures)
    if judged.pictures.size < FEWEST_PIXELS:
        raise UnfitPicturesError(
            f"a spectrum takes {FEWEST_PIXELS} pixels or more, the pictures have {judged.pictures.size}",
            next_command="--set judges.sharpness=off",
        )
    yield Progress("evaluate", 0, 1, judged.step)
    real = like(judged.pictures.test, judged.labels)
    yield from list(_found(judged, real, like(judged.pictures.val, judged.labels)))


def _found(judged: Judged, real: Tensor, other: Tensor) -> Iterator[Event]:
    of_drawn, of_real = spectra(judged.pixels), spectra(real)
    noise = noise_pictures(len(real), shape_of(real))
    yield evaluation(judged, PIXELS, "blur_sigma", blur_sigma(of_drawn, of_real))
    yield evaluation(judged, PIXELS, "sharpness", mean(edge_sharpness(judged.pixels)))
    yield baseline(judged, PIXELS, "blur_sigma", "real", blur_sigma(spectra(other), of_real))
    yield baseline(judged, PIXELS, "sharpness", "real", mean(edge_sharpness(real)))
    yield baseline(judged, PIXELS, "sharpness", "noise", mean(edge_sharpness(noise)))
    yield Curve(judged.step, PIXELS, "power", "frequency", _points(of_drawn))
    yield Curve(judged.step, PIXELS, "power_real", "frequency", _points(of_real))


def _points(found: Spectra) -> tuple[tuple[float, float], ...]:
    return tuple(zip(found.frequency.tolist(), found.power.mean(0).tolist(), strict=True))


def like(real: Split, labels: Tensor) -> Tensor:
    """Real pictures with the classes as often as in labels int64 [N]: up to REAL of them, uint8 [M, C, H, W].

    Classes differ in sharpness, so a set of other classes would read as blurred. Labels of -1 take what there is.
    """
    if (labels < 0).any():
        return real.pictures[:REAL]
    asked = torch.bincount(labels, minlength=int(real.labels.max()) + 1).double()
    there = torch.bincount(real.labels, minlength=len(asked)).double()
    wanted = asked > 0
    if (there[wanted] == 0).any():
        return real.pictures[:REAL]
    times = min(float((there[wanted] / asked[wanted]).min()), REAL / len(labels))
    rows = [
        torch.nonzero(real.labels == label)[:, 0][: max(1, int(times * count))]
        for label, count in enumerate(asked.tolist())
        if count
    ]
    return real.pictures[torch.cat(rows)]


def edge_sharpness(pictures: Tensor) -> Tensor:
    """Steepness of the edges of uint8 pictures [N, C, H, W]: [N], in shares of the picture's contrast a pixel.

    The mean gradient (central differences, root of the sum over both directions) of the steepest twentieth of the
    pixels, over the standard deviation of the picture. So it does not depend on contrast; a flat picture has 0.
    """
    found = []
    for part in torch.split(pictures, 1024):
        gray = part.cpu().float().mean(1)
        down, right = torch.gradient(gray, dim=(1, 2))
        steep = torch.hypot(down, right).flatten(1)
        edges = steep.topk(max(1, round(STEEPEST * steep.shape[1])), dim=1).values.mean(1)
        contrast = gray.flatten(1).std(1)
        found.append(torch.where(contrast > 0, edges / contrast.clamp(min=1e-6), 0.0))
    return torch.cat(found)
