"""A queue of 10,000 runs: how long a look and a change take, and whether the dispatcher takes the right one."""

import os
from typing import Any
from unittest import mock

from benchmarks.drills.homes import small, temporary_home
from benchmarks.drills.processes import timed, workbench
from benchmarks.drills.table import Table
from runs import actions, create, dispatcher, queue
from runs.folder import RunFolder
from runs.home import Home
from runs.ingest import _ingest_all
from runs.provenance import provenance
from runs.records import Run
from runs.store import Store

WAITING, QUICK_WAITING = 10_000, 300
TOGETHER = 100  # runs that one enqueue_all is timed with
LIST_S, CHANGE_S = 10.0, 10.0  # a machine that is shared with others is allowed for


def many_queued(table: Table, quick: bool) -> None:
    """So many runs in the queue; nothing trains: where a worker would be started, its run is written down."""
    count = QUICK_WAITING if quick else WAITING
    with temporary_home() as home:
        spent: dict[str, float] = {}
        _fill(home, count, spent)
        run = _run(home, f"run-{count - 5:05d}")
        for name, words in (
            ("list", ("list",)),
            ("move-up --top", ("move-up", "--top", run.name)),
            ("move-up", ("move-up", f"run-{count - 6:05d}")),
            ("stop", ("stop", "run-00000")),
        ):
            with timed() as took:
                done = workbench(home.root, *words, timeout_s=300)
            spent[name] = took[0]
            if done.returncode:
                table.row(f"{count:,} queued runs: `{name}`", done.stderr[-200:], "", held=False)
        first = _dispatched(home, spent)
        with Store.read(home) as store:
            waiting = len(store.queue())
        told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in spent.items())
        held = first == [run.name, "run-00001"] and waiting == count - 1
        quick_enough = spent["list"] < LIST_S and max(spent["move-up"], spent["stop"]) < CHANGE_S
        shown = f"{told}; the dispatcher with two slots takes {' and '.join(first)}"
        table.row(
            f"{count:,} queued runs", shown, f"nothing: {waiting:,} wait, one was stopped", held=held and quick_enough
        )


def _fill(home: Home, count: int, spent: dict[str, float]) -> None:
    """Runs as create_run and enqueue_all make them. Only what does not matter here is left out: the wait for the disk,
    and asking for the versions and git each time; and the dispatcher is not started.
    """
    facts = provenance(home.root)
    with (
        mock.patch("os.fsync"),
        mock.patch("runs.create.provenance", return_value=facts),
        mock.patch("runs.queue.start_dispatcher"),
    ):
        with timed() as took:
            folders = [_made(home, number) for number in range(count)]
        spent["made"] = took[0]
        with timed() as took, Store.write(home) as store:
            assert not _ingest_all(store, [folder.path for folder in folders])
        spent["taken in"] = took[0]
        with timed() as took:
            actions.enqueue_all(home, folders[:TOGETHER])
        spent[f"enqueue_all of {TOGETHER}"] = took[0]
        with timed() as took:
            queue.enqueue(home, folders[TOGETHER:])
            with Store.write(home) as store:
                assert not _ingest_all(store, [folder.path for folder in folders[TOGETHER:]])
        spent["the others"] = took[0]
    (home.root / queue.LOCK).write_text(_held_by_us())


def _held_by_us() -> str:
    """This process stands for the dispatcher, so that no command starts one."""
    from runs.processes import start_mark

    return f"{os.getpid()} {start_mark(os.getpid())}\n"


def _made(home: Home, number: int) -> RunFolder:
    return create.create_run(
        home, small(seed=number), preset="digits", command="workbench run", name=f"run-{number:05d}"
    )


def _run(home: Home, name: str) -> Run:
    with Store.read(home) as store:
        return store.find(name)


def _dispatched(home: Home, spent: dict[str, float]) -> list[str]:
    """The runs that a dispatcher with two slots would start, first to last."""
    started: list[str] = []

    def launch(module: str, *words: str, **named: Any) -> Any:
        started.append(words[0])
        return _Standing()

    queue.set_slots(home, 2)
    with mock.patch("runs.dispatcher.launch", launch):
        one = dispatcher.Dispatcher(home)
        for name in ("dispatcher's first round", "another"):
            with timed() as took:
                one._round()
            spent[name] = took[0]
    return started


class _Standing:
    """A worker's process that is never started and never ends."""

    pid = 0

    def poll(self) -> None:
        """It goes on."""
