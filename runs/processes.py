"""Which process is meant by a process id: ids are used again, so the moment it started belongs to it."""

import os
import signal
import socket
from pathlib import Path

SILENT_S = 120.0  # a worker on another machine is taken for dead when it has written nothing for so long


def host_name() -> str:
    """This machine, as attempts record it."""
    return socket.gethostname()


def start_mark(pid: int) -> str:
    """When a process started, as a text that no other process with this id has; empty when it does not run.

    On Linux the boot and the clock ticks since, which stay the same when the clock is set; elsewhere the time.
    """
    proc = Path("/proc")
    if (proc / "self/stat").exists():
        try:
            state, *fields = (proc / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
            boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
        except OSError:  # no such process
            return ""
        return "" if state in "ZX" else f"{boot[:8]}:{fields[18]}"
    import psutil

    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:  # no such process
        return ""


def this_process() -> dict[str, str | int]:
    """What an attempt records of its process, so that others can tell whether it lives."""
    pid = os.getpid()
    return {"pid": pid, "process_started": start_mark(pid), "host": host_name()}


def is_alive(*, pid: int, started: str, host: str, heartbeat: float, now: float) -> bool:
    """Whether an attempt's process lives: by the process on this machine, by its last line in the log elsewhere."""
    if host == host_name():
        return bool(started) and start_mark(pid) == started
    return now - heartbeat < SILENT_S


class Process:
    """A process to send signals to: the one that is meant, never another that was given its id since."""

    def __init__(self, pid: int, started: str, host: str) -> None:
        self._pid, self._started = pid, started
        self._here = host == host_name() and bool(started)
        self._handle: int | None = None
        if self._here and hasattr(os, "pidfd_open"):
            try:
                self._handle = os.pidfd_open(pid)  # before the mark is read: from here on the id cannot change hands
            except OSError:  # gone, or a kernel before 5.3
                self._handle = None

    def lives(self) -> bool:
        """Whether it runs on this machine."""
        return self._here and start_mark(self._pid) == self._started

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if not self.lives():
            return
        try:
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, number)
            else:
                os.kill(self._pid, number)
        except ProcessLookupError:  # it ended just now
            return

    def close(self) -> None:
        """Let go of it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
