"""The home: one folder with the database, the runs and the data sets. Its owner's alone; made when first written."""

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from diffusion.errors import UserError

# SQLite's WAL is shared memory between processes, which these do not offer across machines.
NETWORK_FILE_SYSTEMS = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "beegfs", "gpfs", "ceph", "fuse.ceph", "fuse.sshfs", "9p"),
    *("glusterfs", "fuse.glusterfs", "afs", "panfs", "orangefs", "fuse.juicefs", "fuse.s3fs"),
}
OWNER_ONLY = 0o700
_ELSEWHERE = "the same command with --home FOLDER"


class UnwritableHomeError(UserError):
    """Nothing can be written there; what is there may still be read."""


@dataclass(frozen=True)
class Home:
    """Where everything is kept. Nothing is made before `make` is called."""

    root: Path

    @classmethod
    def find(cls, explicit: str | None = None) -> "Home":
        """The home that is named, else WORKBENCH_HOME's, else the person's data folder. Raises UserError for a file."""
        named = explicit or os.environ.get("WORKBENCH_HOME")
        if named:
            root = Path(named).expanduser().absolute()
        else:
            from platformdirs import user_data_path

            root = user_data_path("workbench")
        home = cls(root)
        home.check()
        return home

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "workbench.db"

    @property
    def runs(self) -> Path:
        """The folder of the runs' folders."""
        return self.root / "runs"

    @property
    def data(self) -> Path:
        """The folder of the data sets: WORKBENCH_DATA, else data in the home."""
        named = os.environ.get("WORKBENCH_DATA")
        return Path(named).expanduser().absolute() if named else self.root / "data"

    def check(self) -> None:
        """Raise UserError where the home or its folder of runs is something else than a folder that can be read."""
        for path in (self.root, self.runs):
            try:
                if path.exists() and not path.is_dir():
                    raise UserError(f"the home {self.root} cannot be used: {path} is a file", next_command=_ELSEWHERE)
                if path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
                    raise PermissionError(13, "Permission denied")
            except OSError as error:
                raise UserError(self._unusable("read", error), next_command=_ELSEWHERE) from error

    def make(self) -> None:
        """Make the folders where they are missing, for the owner alone. Raises UserError where that is not allowed."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
            self.runs.mkdir(exist_ok=True, mode=OWNER_ONLY)
            if os.statvfs(self.runs).f_flag & os.ST_RDONLY:
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))
            if not os.access(self.runs, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise UnwritableHomeError(self._unusable("written", error), next_command=_ELSEWHERE) from error

    def remove_if_empty(self) -> None:
        """Take away what `make` made, unless something is in it."""
        for folder in (self.runs, self.root):
            with suppress(OSError):  # not empty, as it should be
                folder.rmdir()

    def full(self) -> UserError:
        """The error for a home on a full disk, in which nothing was begun."""
        return UserError(
            f"no space is left on the disk of the home {self.root}", next_command="df -h, or " + _ELSEWHERE
        )

    def _unusable(self, what: str, error: OSError) -> str:
        return f"the home {self.root} cannot be {what}: {error.strerror or error}"

    def network_file_system(self) -> str:
        """The kind of network file system that the home is on, or an empty text."""
        kind = file_system(self.root)
        return kind if kind in NETWORK_FILE_SYSTEMS else ""


def file_system(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The type of the file system that path is or would be on; empty where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:  # no Linux: network mounts are not recognised there
        return ""
    wanted, best, kind = path.resolve(), -1, ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        place = Path(fields.split()[4].encode().decode("unicode_escape"))  # blanks are written \040
        if len(place.parts) >= best and wanted.is_relative_to(place):
            best, kind = len(place.parts), rest.split()[0]
    return kind
