"""The report of one run, in the order in which a scientist writes."""

from importlib import metadata
from typing import TYPE_CHECKING

from runs.looks import look_of, own_look
from workbench.format import count
from workbench.report import judged, run_results, run_setup
from workbench.report.document import Document, Points, Section

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store


def of_run(store: "Store", run: "Run", when: str) -> Document:
    """All there is to say of a run. when: the date of the report, in words."""
    sections: list[Section | None] = [
        run_setup.question(run),
        run_setup.setup(store, run),
        run_setup.forward_process([(run.config.process.schedule, run.config)], run_setup.example_of(store, run)),
        run_results.training(store, run),
        run_results.denoising(store, run),
        run_results.samples(store, run),
        *judged.judges(store, run),
        limits(store, run),
        run_setup.reproduce(run),
        run_setup.appendix(run),
    ]
    return Document(run.name, made(when), tuple(one for one in sections if one is not None))


def made(when: str) -> str:
    """The line below a report's title."""
    return f"Report of {when}, made by workbench {metadata.version('diffusion-workbench')}"


def limits(store: "Store", run: "Run") -> Section:
    """What a reader must not conclude."""
    told = [f"One training with seed {run.seed}: nothing here says how far another seed would differ."]
    if run.status not in ("completed",):
        told.append(f"The run is {run.status} at step {count(run.step)} of {count(run.total_steps)}.")
    if run.config.data.blur:
        told.append(f"Trained on pictures blurred by {run.config.data.blur:g} pixels.")
    said = store.evaluations(run)
    judged = {one.n for one in said if one.label is None and look_of(one) == own_look(said)}
    if judged:
        numbers = " to ".join(dict.fromkeys(map(count, (min(judged), max(judged)))))
        told.append(f"The judges' numbers are of {numbers} pictures.")
    told += [f"{one.level} at step {count(one.step)}: {one.text}" for one in store.alerts(run)]
    return Section("Limits", (Points(tuple(told)),))
