"""What a run has left: tensors, metrics and pictures as plain values, to compare two runs and to find what is lost."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from runs.folder import RunFolder
from runs.home import Home
from runs.records import Run
from runs.store import Store

MEASURED = ("images_per_s", "system/")  # of the machine, not of the training


def tensors(folder: RunFolder) -> dict[str, bytes]:
    """The newest checkpoint's tensors, as bytes by name: network, averaged weights, optimizer."""
    from diffusion.checkpoints import read_checkpoint

    path = folder.latest_checkpoint()
    assert path is not None, folder.path
    state, found = read_checkpoint(path)
    return {"step": str(state.step).encode()} | {name: tensor.numpy().tobytes() for name, tensor in found.items()}


def metrics(home: Home, run: Run) -> dict[tuple[str, int], float | None]:
    """Every recorded number of the training, by name and step."""
    with Store.read(home) as store:
        names = [name for name in store.last_values(run) if not name.startswith(MEASURED)]
        return {(name, point.step): point.value for name in names for point in store.points(run, name)}


def pictures(home: Home, run: Run) -> dict[tuple[Any, ...], set[str]]:
    """The digests of the pictures, by what they show: more than one where two attempts drew differently."""
    with Store.read(home) as store:
        images = store.images(run)
    found: dict[tuple[Any, ...], set[str]] = {}
    for one in images:
        key = (one.kind, one.step, one.sampling_step, one.sigma, one.content, one.label, one.seed, one.index)
        found.setdefault((*key, one.weights), set()).add(one.sha256)
    return found


def differences(home: Home, one: Run, other: Run) -> list[str]:
    """In what two runs are not the same, bit for bit."""
    told = []
    compared: tuple[tuple[str, dict[Any, Any], dict[Any, Any]], ...] = (
        ("tensors", tensors(RunFolder(one.folder)), tensors(RunFolder(other.folder))),
        ("metrics", metrics(home, one), metrics(home, other)),
        ("pictures", pictures(home, one), pictures(home, other)),
    )
    for what, first, second in compared:
        unequal = [key for key in first.keys() | second.keys() if first.get(key) != second.get(key)]
        if unequal or not first:
            told.append(f"{len(unequal)} of {len(first)} {what} differ, as {sorted(map(str, unequal))[:2]}")
    return told


def broken_pictures(home: Home, run: Run, seen: set[str]) -> list[str]:
    """Picture rows whose file is not there whole, among the sheets that were not seen before."""
    with Store.read(home) as store:
        images = [one for one in store.images(run) if one.path not in seen]
    sheets: dict[str, Any] = {}
    broken = []
    for one in images:
        seen.add(one.path)
        if one.path not in sheets:
            sheets[one.path] = _pixels(run.folder / one.path)
        sheet = sheets[one.path]
        if sheet is None:
            broken.append(f"{one.path}: no whole file")
            continue
        part = sheet[one.top : one.top + one.height, one.left : one.left + one.width]
        if hashlib.sha256(np.ascontiguousarray(part).tobytes()).hexdigest() != one.sha256:
            broken.append(f"{one.path}: other pixels at {one.left}, {one.top}")
    return broken


def _pixels(path: Path) -> Any:
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image)
    except OSError:  # absent or cut short: that is what is looked for
        return None
    return pixels[..., None] if pixels.ndim == 2 else pixels


def missing(home: Home, run: Run, witness: Iterable[tuple[int, str, int, float]]) -> list[str]:
    """Numbers (attempt, name, step, value) that were told by a worker and have no row, or another one."""
    with Store.read(home) as store:
        rows = {
            (attempt, name, step): value
            for attempt, name, step, value in store.db.execute(
                "select attempt, name, step, value from points join series on series.id = points.series where run = ?",
                (run.number,),
            )
        }
    return [f"attempt {a} {n} step {s}" for a, n, s, value in witness if rows.get((a, n, s)) != value]
