"""The one kind of error that a user can mend: what was given, what is allowed, what to type next."""

import difflib
import errno
from collections.abc import Iterable

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)  # of an OSError: the disk is full, or the person's share of it


class UserError(ValueError):
    """Input that cannot be used, told in one sentence; shown without a traceback, exit code 2."""

    def __init__(self, problem: str, *, allowed: str = "", nearest: str = "", next_command: str = "") -> None:
        self.problem = problem
        self.allowed = allowed
        self.nearest = nearest
        self.next_command = next_command
        super().__init__("; ".join([self.told, *([f"next: {next_command}"] if next_command else [])]))

    @property
    def told(self) -> str:
        """The sentence without its next command, which is of no use where no commands are typed."""
        allowed = f"allowed: {self.allowed}" if self.allowed else ""
        nearest = f"did you mean {self.nearest}?" if self.nearest else ""
        return "; ".join(part for part in (self.problem, allowed, nearest) if part)


class DamagedCheckpointError(UserError):
    """A checkpoint whose bytes are not those that were written: the one before it may still serve."""


def nearest_name(value: str, names: Iterable[str]) -> str:
    """The name most like value whatever its case, or an empty string when none is close."""
    by_folded = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(value.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[found[0]] if found else ""


def unknown_name(what: str, value: str, names: Iterable[str], next_command: str = "") -> UserError:
    """The error for a name that is not one of a known set."""
    choices = list(names)
    return UserError(
        f"unknown {what} '{value}'",
        allowed=", ".join(choices),
        nearest=nearest_name(value, choices),
        next_command=next_command,
    )
