"""Drill `overhead`: what recording, system metrics and heartbeat cost the smallest preset, with and without in one run.

Two trainings of `digits` go side by side in one process, a few steps of one, then of the other: the bare one, whose
checkpoints are written and nothing else, and the one of a worker, with all that a worker does for its record. Time is
CPU time of the thread, which other programs on the machine do not add to, with what the other threads use (system
metrics) put to the recorded one's account; wall time is told beside it. The difference of two trainings is as sure as
their times are steady, so the recorded one is also asked directly: what its stages use for each event, added up.
"""

import time
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.drills.homes import temporary_home
from benchmarks.drills.processes import Forked
from benchmarks.drills.table import Table
from diffusion.events import Checkpoint, Event, Progress
from diffusion.presets import preset
from runs.home import Home

MOST = 0.01
BLOCK = 10  # steps of one before it is the other's turn
QUICK_STEPS = 60


def drill(times: int, quick: bool) -> list[str]:
    """So many repeats. Returns what did not hold."""
    table = Table(
        f"overhead: preset digits, {times} repeats",
        ("repeat", "steps", "CPU, bare", "CPU, recorded", "more CPU", "more wall", "CPU of the stages"),
    )
    ratios, walls, shares = [], [], []
    for number in range(times):
        with temporary_home() as home:
            process = Forked(pair, str(home.root), number, QUICK_STEPS if quick else 0, output=home.root / "pair.out")
            code = process.end(600)
            if code != 0:
                table.row(number, process.text[-300:], "", "", "", "", "", held=False)
                continue
            steps, bare, recorded, wall_bare, wall_recorded, own = map(float, process.text.split()[-6:])
        ratios.append(recorded / bare - 1)
        walls.append(wall_recorded / wall_bare - 1)
        shares.append(own / bare)
        table.row(
            number,
            f"{steps:.0f}",
            f"{bare:.2f} s",
            f"{recorded:.2f} s",
            f"{ratios[-1]:+.2%}",
            f"{walls[-1]:+.2%}",
            f"{shares[-1]:.2%}",
        )
    held = quick or (median(ratios) <= MOST and median(shares) <= MOST)  # a few steps are mostly the start
    told = [f"{median(found):+.2%}" for found in (ratios, walls, shares)]
    table.row("median", "", "", f"at most {MOST:.0%} more", *told, held=held)
    return table.broken


def pair(root: str, seed: int, steps: int) -> int:
    """Both trainings, block by block; says steps, CPU and wall seconds of each, CPU of the stages."""
    import diffusion.train
    from runs.attempt import work
    from runs.create import create_run

    home, config = Home(Path(root)), replace(preset("digits").config, seed=seed, device="cpu")
    if steps:
        config = replace(config, train=replace(config.train, steps=steps))
    train, own = diffusion.train.train, [0.0]
    for _ in train(replace(config, train=replace(config.train, steps=2)), data_folder=home.data):
        pass  # what the first training of a process pays for: the data, imports, torch's own start
    folder = create_run(home, config, preset="digits", command="workbench run", name="recorded")
    diffusion.train.train = lambda *words, **named: _accounted(train(*words, **named), own)
    bare = _with_checkpoints(train(config, data_folder=home.data), Path(root) / "bare.safetensors")
    both = {"bare": bare, "recorded": work(folder, home, should_stop=lambda: False)}
    cpu, wall = dict.fromkeys(both, 0.0), dict.fromkeys(both, 0.0)
    whole, ours, turn, left, done = time.process_time(), time.thread_time(), 0, set(both), 0
    away = 0.0  # the thread's time when the recorded one's turn ended; 0 before its first
    while left:
        order = ("bare", "recorded") if turn % 2 else ("recorded", "bare")  # neither profits from going second
        for name in (one for one in order if one in left):
            start, start_wall = time.thread_time(), time.perf_counter()
            if name == "recorded" and away:
                own[0] -= start - away  # it waited inside an event while the other had its turn
            reached = _advance(both[name], (turn + 1) * BLOCK)
            cpu[name] += time.thread_time() - start
            wall[name] += time.perf_counter() - start_wall
            if name == "recorded":
                away = time.thread_time()
            if reached is None:
                left.discard(name)
            done = max(done, reached or 0)
        turn += 1
    others = (time.process_time() - whole) - (time.thread_time() - ours)
    print(done, cpu["bare"], cpu["recorded"] + others, wall["bare"], wall["recorded"], own[0] + others)
    return 0


def _advance(events: Generator[Event, None, None], step: int) -> int | None:
    """Let a training go on up to a step; the step, or None when it has ended."""
    for event in events:
        if isinstance(event, Progress) and event.phase == "train" and event.step >= step:
            return event.step
    return None


def _accounted(events: Generator[Event, None, None], own: list[float]) -> Generator[Event, None, None]:
    """events, with the CPU time added up that is spent on each before the next is asked for, the turns of the other
    training included; writing a checkpoint is training, and left out.
    """
    for event in events:
        if isinstance(event, Checkpoint):
            event = replace(event, write=_left_out(event.write, own))
        start = time.thread_time()
        yield event
        own[0] += time.thread_time() - start


def _left_out(write: Callable[[Path], None], own: list[float]) -> Callable[[Path], None]:
    def written(path: Path) -> None:
        start = time.thread_time()
        write(path)
        own[0] -= time.thread_time() - start

    return written


def _with_checkpoints(events: Generator[Event, None, None], path: Path) -> Generator[Event, None, None]:
    """Checkpoints are part of training: the bare one writes them too, in the plainest way."""
    for event in events:
        if isinstance(event, Checkpoint):
            event.write(path)
        yield event
