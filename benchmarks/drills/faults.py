"""Drill `faults`: what goes wrong around a run, one row each: what was shown, and whether anything was lost."""

import traceback
from collections.abc import Callable

from benchmarks.drills.faults_checkpoints import checkpoint_cut_short, checkpoint_of_another_config, flipped_bytes
from benchmarks.drills.faults_disk import disk_full, folder_not_writable, network_file_system
from benchmarks.drills.faults_processes import clock_jumps_back, delete_running, process_id_reused, two_resumes
from benchmarks.drills.faults_queue import many_queued
from benchmarks.drills.faults_store import newer_version, truncated_store, write_lock_held
from benchmarks.drills.table import Table

Fault = Callable[[Table, bool], None]
FAULTS: tuple[Fault, ...] = (
    disk_full,
    folder_not_writable,
    network_file_system,
    newer_version,
    truncated_store,
    write_lock_held,
    checkpoint_cut_short,
    flipped_bytes,
    checkpoint_of_another_config,
    clock_jumps_back,
    process_id_reused,
    delete_running,
    two_resumes,
    many_queued,
)


def drill(times: int, quick: bool) -> list[str]:
    """Each fault so many times. Returns what did not hold."""
    table = Table("faults", ("fault", "shown", "lost"))
    for fault in FAULTS * times:
        try:
            fault(table, quick)
        except Exception as error:  # a drill that breaks is a row, and the others still count
            where = traceback.extract_tb(error.__traceback__)[-1]
            table.row(fault.__name__, f"{type(error).__name__}: {error} ({where.name}:{where.lineno})", "?", held=False)
    return table.broken
