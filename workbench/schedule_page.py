"""The page of `workbench schedules`: forward processes beside each other, as charts, numbers, pictures and warnings."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffusion.config import RunConfig
from diffusion.process import lab
from diffusion.process.lab import Curves, Pixels
from diffusion.process.lint import EDM_LEFT, LOG_SNR_LIMIT, SIGNAL_LEFT, WASTED_SHARE, lint
from workbench.format import number, safe_text
from workbench.pictures import shows_pictures
from workbench.terminal.chart_lines import chart_lines, legend
from workbench.terminal.curve_view import CurveView
from workbench.terminal.grid import place, scaled, scaled_side
from workbench.terminal.half_blocks import half_block_lines
from workbench.terminal.lines import Floats, Line
from workbench.terminal.screen import Screen
from workbench.terminal.table import Column, table_lines

LOWEST, HIGHEST = -15.0, 15.0  # log-SNR that is drawn: beyond, nothing changes that could be seen
EQUAL_SNR = (6.0, 4.0, 2.0, 0.0, -2.0, -4.0, -6.0)
EQUAL_TIME = (0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0)
COLUMNS = (
    Column("SCHEDULE", shrinks_to=12),
    Column("T", right=True),
    Column("LOG-SNR FROM", right=True),
    Column("TO", right=True),
    Column("SIGNAL LEFT", right=True),
    Column("SNR 1 AT", right=True),
    Column("BELOW -5", right=True),
    Column("ABOVE 5", right=True),
)


@dataclass(frozen=True)
class Shown:
    """One forward process: what it is called here, the whole config it stands in, and its curves."""

    name: str
    config: RunConfig
    curves: Curves

    @classmethod
    def of(cls, name: str, config: RunConfig) -> "Shown":
        """Raises UserError for settings that give no schedule."""
        return cls(name, config, lab.curves(config.process))

    @property
    def warnings(self) -> list[str]:
        """What `workbench run` would warn of."""
        return lint(self.config)


@dataclass(frozen=True)
class Example:
    """The picture that is noised, uint8 [H, W, C], and the noise of the same shape, the same one everywhere."""

    picture: Pixels
    blur: float = 0.0

    @property
    def versions(self) -> list[tuple[str, Pixels]]:
        """The picture sharp, and blurred where the runs blur."""
        blurred = [(f"blur {self.blur:g}", lab.blurred(self.picture, self.blur))] if self.blur else []
        return [("", self.picture), *blurred]

    def at(self, picture: Pixels, sigma: float) -> Pixels:
        """One version of the picture at a noise level."""
        noise = np.random.default_rng(0).standard_normal(picture.shape)
        return lab.noised(picture, sigma, noise)


def lines(shown: Sequence[Shown], example: Example, screen: Screen, images: str) -> list[str]:
    """The whole page."""
    names = [safe_text(one.name) for one in shown]
    page = legend(names, screen)
    for title, drawn, log in charts(shown):
        chart = chart_lines(drawn, CurveView(log_y=log), screen)
        page += ["", screen.styled(title, "1"), *chart] if chart else []
    page += ["", *number_lines(shown, screen), "", screen.styled("warnings", "1"), *(warning_lines(shown) or ["none"])]
    if shows_pictures(screen, images):
        page += ["", screen.styled("equal time: the same picture and noise", "1"), *_equal_time(shown, example, screen)]
        page += ["", screen.styled("equal SNR: the same picture for all", "1"), *_equal_snr(example, screen)]
    page += ["", screen.styled("time at which each schedule reaches a log-SNR", "1"), *time_lines(shown, screen)]
    return page


def number_lines(shown: Sequence[Shown], screen: Screen) -> list[str]:
    """Each schedule's ends, and how much of its training is beyond what is of use."""
    left = f"signal left above {SIGNAL_LEFT:g} where drawing starts, edm and flow {EDM_LEFT:g}"
    limits = f"warned of: {left}; {100 * WASTED_SHARE:.0f} % beyond ±5"
    return [*table_lines(COLUMNS, [_row(one) for one in shown], screen.wide if screen.terminal else None), limits]


def values(shown: Sequence[Shown]) -> list[dict[str, Any]]:
    """What the page tells, as plain values; log-SNR is null where nothing of the picture is left."""
    from diffusion.config import to_dict

    edges = _edges()
    return [
        {
            "name": one.name,
            "process": to_dict(one.config)["process"],
            "time": one.curves.time.tolist(),
            "beta": None if one.curves.beta is None else one.curves.beta.tolist(),
            "alpha_bar": one.curves.alpha_bar.tolist(),
            "log_snr": [value if math.isfinite(value) else None for value in one.curves.log_snr.tolist()],
            "training_shares": [
                {"log_snr_low": low, "log_snr_high": high, "share": share}
                for low, high, share in zip(
                    edges[:-1].tolist(),
                    edges[1:].tolist(),
                    lab.training_shares(one.config.process, edges).tolist(),
                    strict=True,
                )
            ],
            "time_of_log_snr": {f"{level:g}": lab.time_of(one.config.process, level) for level in EQUAL_SNR},
            "warnings": one.warnings,
        }
        for one in shown
    ]


def _edges() -> Floats:
    return np.arange(LOWEST, HIGHEST + 0.5)


def charts(shown: Sequence[Shown]) -> list[tuple[str, list[Line], bool]]:
    """Title, lines and whether y is a logarithm, of each chart. A schedule without betas has an empty line there."""
    centres = (_edges()[:-1] + _edges()[1:]) / 2
    shares = [lab.training_shares(one.config.process, _edges()) for one in shown]
    return [
        ("beta by time, log scale", [_line(one, one.curves.beta) for one in shown], True),
        ("alpha-bar by time", [_line(one, one.curves.alpha_bar) for one in shown], False),
        (
            "log-SNR by time, cut at -15 and 15",
            [_line(one, np.clip(one.curves.log_snr, LOWEST, HIGHEST)) for one in shown],
            False,
        ),
        (
            "share of training by log-SNR, in steps of 1",
            [_named(one, centres, share) for one, share in zip(shown, shares, strict=True)],
            False,
        ),
    ]


def _line(one: Shown, ys: Floats | None) -> Line:
    return Line(one.name) if ys is None else _named(one, one.curves.time, ys)


def _named(one: Shown, xs: Floats, ys: Floats) -> Line:
    line = Line(one.name)
    line.extend(xs, ys)
    return line


def _row(one: Shown) -> list[str]:
    found, process = one.curves, one.config.process
    below, above = lab.share_outside(process, LOG_SNR_LIMIT)
    crossing = lab.time_of(process, 0.0)
    return [
        safe_text(one.name),
        "-" if found.beta is None else str(process.timesteps),
        f"{found.log_snr[0]:.1f}",
        f"{found.log_snr[-1]:.1f}",
        number(_signal_left(one), 3),
        "never" if crossing is None else f"{crossing:.3f}",
        f"{100 * below:.1f} %",
        f"{100 * above:.1f} %",
    ]


def _signal_left(one: Shown) -> float:
    """alpha-bar where sampling starts: at T, or at the highest sigma of edm and flow, beyond most of their training."""
    process = one.config.process
    return float(one.curves.alpha_bar[-1]) if one.curves.beta is not None else 1 / (1 + process.sigma_max**2)


def warning_lines(shown: Sequence[Shown]) -> list[str]:
    """What the linter says of each."""
    return [f"{safe_text(one.name)}: {safe_text(text)}" for one in shown for text in one.warnings]


def _equal_time(shown: Sequence[Shown], example: Example, screen: Screen) -> list[str]:
    found: list[str] = []
    for told, picture in example.versions:
        for one in shown:
            strip = [example.at(picture, lab.sigma_at(one.config.process, time)) for time in EQUAL_TIME]
            title = "  ".join(filter(None, (safe_text(one.name), told)))
            found += [title, *_strip(strip, [f"{time:g}" for time in EQUAL_TIME], screen)]
    return found


def _equal_snr(example: Example, screen: Screen) -> list[str]:
    found: list[str] = []
    for told, picture in example.versions:
        strip = [example.at(picture, lab.sigma_of(level)) for level in EQUAL_SNR]
        found += [*([told] if told else []), *_strip(strip, [f"{level:g}" for level in EQUAL_SNR], screen)]
    return found


def _strip(pictures: Sequence[Pixels], names: Sequence[str], screen: Screen) -> list[str]:
    """Pictures beside each other, each under its name."""
    width = pictures[0].shape[1]
    scale = 1
    while width < 24 and len(pictures) * (scaled_side(width, scale + 1) + 1) <= screen.wide and scale < 2:
        scale += 1
    if len(pictures) * (width + 1) > screen.wide:
        scale = -math.ceil(len(pictures) * (width + 1) / screen.wide)
    pitch = scaled_side(width, scale) + 1
    whole, seen = place([[scaled(one, scale) for one in pictures]], 1)
    heading = "".join(f"{name:^{pitch}}"[:pitch] for name in names).rstrip()
    return [heading, *half_block_lines(whole, screen.colours, seen)]


def time_lines(shown: Sequence[Shown], screen: Screen) -> list[str]:
    """When each schedule reaches a log-SNR."""
    columns = [Column("SCHEDULE", shrinks_to=12), *(Column(f"{level:g}", right=True) for level in EQUAL_SNR)]
    rows = []
    for one in shown:
        times = [lab.time_of(one.config.process, level) for level in EQUAL_SNR]
        rows.append([safe_text(one.name), *("never" if time is None else f"{time:.3f}" for time in times)])
    return table_lines(columns, rows, screen.wide if screen.terminal else None)
