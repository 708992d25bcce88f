"""`workbench score` and `workbench judge`: pictures judged, and the judges themselves."""

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffusion.config import JudgesConfig
from diffusion.errors import UserError
from diffusion.events import Evaluation
from runs.drawn import newest, own
from runs.stopping import StopOnSignal
from workbench import exit_codes, judges_page
from workbench.foreground import talk, tell
from workbench.format import count
from workbench.json_lines import events_as_json
from workbench.progress import show
from workbench.terminal.screen import screen
from workbench.terminal.table import Column, table_lines

if TYPE_CHECKING:
    from runs.home import Home
    from runs.records import Image, Run
    from runs.store import Store

DEFAULT_MODEL, DEFAULT_WEIGHTS = "ViT-B-32", "datacomp_xl_s13b_b90k"
COLUMNS = (
    Column("JUDGE", shrinks_to=12),
    Column("KIND"),
    Column("DATA", shrinks_to=6),
    Column("ACCURACY", right=True),
    Column("N", right=True),
    Column("SECONDS", right=True),
)


@dataclass(frozen=True)
class Wanted:
    """What `workbench score` was asked for; None and 0 leave it to the run."""

    model: str | None = None
    weights: str | None = None
    templates: str | None = None
    per_class: int = 0
    sample_set: int = 0
    seed: int = 0
    device: str = "auto"
    json: bool = False


def score_and_show(home: "Home", text: str, wanted: Wanted) -> int:
    """Judge pictures of the run that text names and print what is said. Returns the exit code."""
    from runs.ingest import catch_up
    from runs.judging import score
    from runs.store import Store

    tell(catch_up(home))
    with Store.read(home) as store:
        run = store.find(text)
        images = () if wanted.per_class else _images(store, run, wanted.sample_set)
    console, judged = talk(), 0
    with (
        StopOnSignal(lambda told: console.print(told, style="yellow")) as stop,
        closing(
            score(
                run,
                home,
                images,
                judges=judges_of(run.config.judges, wanted),
                per_class=wanted.per_class,
                seed=wanted.seed,
                device=wanted.device,
                should_stop=stop.should_stop,
            )
        ) as events,
        closing(show(events, console)) as shown,
    ):
        for event in events_as_json(shown, sys.stdout) if wanted.json else shown:
            judged += isinstance(event, Evaluation)
    if judged and not wanted.json:
        with Store.read(home) as store:
            sys.stdout.write("\n".join(_lines(store, run, images)) + "\n")
    return stop.exit_code or (exit_codes.DONE if judged else exit_codes.FAILED)


def judges_of(judges: JudgesConfig, wanted: Wanted) -> JudgesConfig:
    """The run's judges with the CLIP model and the templates that were asked for."""
    if wanted.templates is not None:
        judges = replace(judges, templates=str(Path(wanted.templates).expanduser().absolute()))
    if wanted.model is None and wanted.weights is None:
        return replace(judges, clip="auto") if judges.clip == "off" else judges
    for given in (wanted.weights, wanted.model):
        if given is not None and Path(given).expanduser().is_dir():
            return replace(judges, clip=str(Path(given).expanduser().absolute()))
    model, weights = wanted.model or DEFAULT_MODEL, wanted.weights
    if weights is None:
        if model != DEFAULT_MODEL:
            raise UserError(
                f"--model {model} needs its weights",
                allowed="a tag of open_clip, a file, or a folder",
                next_command=f"--model {model} --weights TAG",
            )
        weights = DEFAULT_WEIGHTS
    file = Path(weights).expanduser()
    return replace(judges, clip=f"{model}/{file.absolute() if file.is_file() else weights}")


def _images(store: "Store", run: "Run", sample_set: int) -> "Sequence[Image]":
    images = store.images(run, kind="sample")
    if not sample_set:
        return own(images)
    sets = sorted({one.sample_set for one in images if one.sample_set})
    if sample_set not in sets:
        raise UserError(
            f"run {run.name} has no sample set {sample_set}",
            allowed=", ".join(map(str, sets)) or "none yet",
            next_command=f"workbench show {run.name}",
        )
    return [one for one in images if one.sample_set == sample_set]


def _lines(store: "Store", run: "Run", images: "Sequence[Image]") -> list[str]:
    """What there is to say of the pictures that were judged: of images, or without them of the newest sample set."""
    target, page = screen(), list[str]()
    judged = images or newest(store.images(run, kind="sample"))
    for title, body in judges_page.of_run(store, run, target, sample_set=judged[0].sample_set or 0):
        page += ([""] if page else []) + [target.styled(title, "1"), *(f"  {line}" for line in body)]
    return page


def train_and_tell(home: "Home", dataset: str, kinds: Sequence[str], *, device: str, data: str) -> int:
    """Train judges of a data set, keep them, and print what they reach. Returns the exit code."""
    from runs.judging import train_judges

    console, found = talk(), []

    def events() -> Any:
        found.extend((yield from train_judges(home, dataset, kinds, device=device, data=data)))

    with (
        StopOnSignal(lambda told: console.print(told, style="yellow")) as stop,
        closing(events()) as source,
        closing(show(source, console)) as shown,
    ):
        for _ in shown:
            if stop.should_stop():
                break
    if found:
        sys.stdout.write("\n".join(judge_lines(found)) + "\n")
    return exit_codes.DONE if found else stop.exit_code


def list_judges(home: "Home") -> list[dict[str, Any]]:
    """What is said of each judge in the home."""
    from diffusion.judges.kept import kept_judges

    return kept_judges(home.judges)


def judge_lines(judges: Sequence[dict[str, Any]]) -> list[str]:
    """Judges as a table: what they are, and how well they read pictures that they never saw."""
    rows = [
        [
            str(one.get("name", "")),
            str(one.get("kind", "")),
            str(one.get("dataset", "")),
            f"{100 * float(one.get('accuracy', 0)):.1f} %",
            count(one.get("n")),
            f"{float(one.get('seconds', 0)):.0f}",
        ]
        for one in judges
    ]
    target = screen()
    return table_lines(COLUMNS, rows, target.wide if target.terminal else None)
