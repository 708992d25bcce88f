"""One run's folder: run.json (how it was made), logs, pictures/, checkpoints/, and the lock of who trains it."""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffusion.config import RunConfig, from_dict
from diffusion.errors import UserError
from runs import lock
from runs.files import found_file
from runs.lock import hold

if TYPE_CHECKING:
    from runs.home import Home

DESCRIPTION = "run.json"
CHECKPOINTS_KEPT = 2
LARGEST_DESCRIPTION = 5_000_000  # bytes
_CHECKPOINT = re.compile(r"step-(\d{8,})\.safetensors")
_ID = re.compile(r"[0-9a-z-]{1,40}")
LOG = re.compile(r"(attempt|samples|requests)-(\d{4,})\.jsonl")


class RunFolder:
    """A run as its folder has it: what stays true without the database, and on another machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def description(self) -> Mapping[str, Any]:
        """What run.json says. Raises UserError where it is missing, damaged, or not a file of this folder."""
        try:
            return _read_description(self.path)
        except (OSError, ValueError, RecursionError) as error:
            told = getattr(error, "strerror", None) or error
            raise UserError(f"{self.path / DESCRIPTION} cannot be read: {told}") from error

    @property
    def id(self) -> str:
        """The run's id."""
        return str(self.description["id"])

    @property
    def name(self) -> str:
        """The run's name: the one it was given last."""
        from runs.requests import name_now

        return name_now(self.path) or str(self.description["name"])

    @property
    def config(self) -> RunConfig:
        """The run's config. Raises UserError for settings that this version does not know."""
        return from_dict(self.description["config"])

    def logs(self, kind: str = "attempt") -> list[Path]:
        """The logs of attempts, of "samples" or of "requests", oldest first."""
        found = [match for path in self.path.iterdir() if (match := LOG.fullmatch(path.name)) and match[1] == kind]
        return [self.path / match[0] for match in sorted(found, key=lambda match: int(match[2]))]

    @property
    def log(self) -> Path:
        """The log of the newest attempt."""
        return (self.logs() or [self.path / "attempt-0001.jsonl"])[-1]

    def checkpoint(self, step: int) -> Path:
        """Where the checkpoint of a step is or will be."""
        return self.path / "checkpoints" / f"step-{step:08d}.safetensors"

    def checkpoints(self) -> list[Path]:
        """The checkpoints, oldest first."""
        with suppress(FileNotFoundError):
            found = [path for path in (self.path / "checkpoints").iterdir() if _CHECKPOINT.fullmatch(path.name)]
            return sorted(found, key=step_of)
        return []

    def latest_checkpoint(self) -> Path | None:
        """The newest checkpoint that is a whole safetensors file, or None."""
        return next((path for path in reversed(self.checkpoints()) if is_whole(path)), None)

    def latest_step(self) -> int:
        """The optimizer steps that the newest whole checkpoint holds, 0 without one."""
        found = self.latest_checkpoint()
        return step_of(found) if found else 0

    def prune_checkpoints(self, written: Path) -> None:
        """Remove all checkpoints but the one just written and the newest of the others."""
        others = [path for path in self.checkpoints() if path != written]
        for path in others[: 1 - CHECKPOINTS_KEPT]:
            path.unlink(missing_ok=True)

    def set_damaged_aside(self) -> list[Path]:
        """Rename checkpoints that are not whole, so that none of them stands for the run. Returns the new names."""
        return [set_aside(path) for path in self.checkpoints() if not is_whole(path)]

    def claim_sample_set(self) -> tuple[int, Path]:
        """A number that no other sample set of the run has, and the file that holds it until its picture is there."""
        pictures = self.path / "pictures"
        pictures.mkdir(exist_ok=True, mode=0o700)
        while True:
            number = max(self._sample_sets(), default=0) + 1
            claim = pictures / f".sample-set-{number:02d}.claim"
            try:
                os.close(os.open(claim, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError:
                continue
            if number not in self._sample_sets(claims=False):
                return number, claim
            claim.unlink()  # its first owner was done between the look and the claim

    def _sample_sets(self, claims: bool = True) -> set[int]:
        names = [path.name for path in (self.path / "pictures").iterdir()]
        found = {int(match[1]) for name in names if (match := re.match(r"sample-\d+-\w+-(\d+)", name))}
        if claims:
            found |= {int(match[1]) for name in names if (match := re.fullmatch(r"\.sample-set-(\d+)\.claim", name))}
        return found

    def remove_leftovers(self) -> None:
        """Remove what a killed attempt had half written; only for who holds the folder."""
        halves = ("checkpoints/.*.tmp", "checkpoints/.*.unfinished", "pictures/.attempt-*.tmp", ".reserve-attempt-*")
        for part in (part for pattern in halves for part in self.path.glob(pattern)):
            part.unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the run for one process. Raises HeldError, naming the process, while another one holds it."""
        self.check()
        try:
            with hold(self.path, self.name):
                yield
        except OSError as error:
            if error.filename != str(self.path / lock.FILE):
                raise
            raise self.unwritable(error) from error

    def check(self) -> None:
        """Raise UserError where a link stands in place of a folder of the run's: what it leads to is not its own."""
        for part in (self.path, self.path / "checkpoints", self.path / "pictures"):
            if part.is_symlink():
                raise UserError(f"{part} is a symbolic link, not a folder of the run", next_command="workbench doctor")

    def unwritable(self, error: OSError) -> UserError:
        """The error for a folder in which nothing can be written, whatever the reason."""
        return UserError(
            f"the folder {self.path} of run {self.name} cannot be written: {error.strerror or error}",
            next_command="workbench doctor",
        )

    def discard(self, home: "Home") -> None:
        """Remove a run that never trained: its folder, its rows, and what of the home is empty then."""
        from runs.store import Store

        run_id = self.id
        shutil.rmtree(self.path)
        if home.database.exists():
            with Store.write(home) as store:
                store.forget(run_id)
                empty = not store.runs() and not any(home.runs.iterdir())
            for suffix in ("", "-wal", "-shm") if empty else ():
                home.database.with_name(home.database.name + suffix).unlink(missing_ok=True)
        home.remove_if_empty()


def step_of(checkpoint: Path) -> int:
    """The optimizer steps that a checkpoint holds, by its name."""
    return int(checkpoint.stem.rpartition("-")[2])


def set_aside(checkpoint: Path) -> Path:
    """Rename a damaged checkpoint, so that the one before it is taken. Returns its new name."""
    return checkpoint.rename(checkpoint.with_name(checkpoint.name + ".damaged"))


def is_whole(path: Path) -> bool:
    """Whether a file is as long as its safetensors header says: one that was cut short is not."""
    try:
        with found_file(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            length = int.from_bytes(stream.read(8), "little")
            if not 2 <= length <= min(size - 8, 100_000_000):
                return False
            header = json.loads(stream.read(length))
            ends = [int(entry["data_offsets"][1]) for name, entry in header.items() if name != "__metadata__"]
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return False
    return size == 8 + length + max(ends, default=0)


def _read_description(path: Path) -> Mapping[str, Any]:
    with found_file(path / DESCRIPTION) as stream:
        data = stream.read(LARGEST_DESCRIPTION + 1)
    if len(data) > LARGEST_DESCRIPTION:
        raise ValueError("it is too large")
    values = json.loads(data)
    problem = _problem(values)
    if problem:
        raise ValueError(problem)
    return dict(values)


def _problem(values: Any) -> str:
    """What is wrong with a description, which may come from another machine or person."""
    if not isinstance(values, dict):
        return "not a JSON object"
    if not isinstance(values.get("id"), str) or not _ID.fullmatch(values["id"]):
        return "id is not an id"
    if not isinstance(values.get("name"), str) or not 0 < len(values["name"]) <= 1000:
        return "name is not a name"
    if not isinstance(values.get("config"), dict):
        return "config is not an object"
    if not isinstance(values.get("created"), int | float):
        return "created is not a time"
    return ""
