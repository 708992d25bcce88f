"""A new run: its name, its folder, and run.json, all at once or not at all."""

import errno
import json
import shlex
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffusion.config import RunConfig, to_dict
from diffusion.errors import NO_ROOM, UserError
from diffusion.presets import PRESETS
from runs.database import DamagedDatabaseError, OldDatabaseError, UnavailableDatabaseError
from runs.files import sync, write_bytes
from runs.folder import DESCRIPTION, RunFolder
from runs.names import checked_name, made_name, new_id, slug
from runs.provenance import DIFF_FILE, provenance

if TYPE_CHECKING:
    from runs.home import Home

FORMAT = 1  # of run.json and of the logs
MadeWith = tuple[dict[str, Any], bytes]


def create_run(
    home: "Home",
    config: RunConfig,
    *,
    preset: str,
    command: str,
    name: str | None = None,
    parent: str | None = None,
    study: str | None = None,
    made_with: MadeWith | None = None,
) -> RunFolder:
    """Make a run's folder, called like the run. command is kept as it was typed; parent is the id of a forked run.

    made_with: what `made_with` gave, for runs that are made together. Raises UserError for a name that cannot be used
    or is taken, and for a home that cannot be written.
    """
    if name is not None:
        checked_name(name)
        _check_free(home, name)
    home.make()
    facts, diff = made_with or now_made_with()
    values = {
        "format": FORMAT,
        "id": new_id(),
        "created": time.time(),
        "preset": preset,
        "seed": config.seed,
        "command": command,
        "parent": parent,
        "study": study,
        "config": to_dict(config),
        "provenance": facts,
    }
    base = PRESETS[preset].config if preset in PRESETS else None
    for _ in range(100):
        chosen = name or made_name(config, preset, base)
        path = home.runs / slug(chosen)
        if not path.exists() and _put(home, path, values | {"name": chosen}, diff):
            return RunFolder(path)
        if name is not None:
            raise _taken(name)
    raise UserError(f"no free name was found in {home.runs}", next_command="workbench run --name NAME")


def now_made_with() -> MadeWith:
    """What a run that is made now is made with: facts, and the uncommitted changes of the folder that one works in."""
    return provenance(_working_folder())


def _check_free(home: "Home", name: str) -> None:
    """Raise UserError for a name that a renamed run has, whose folder is called otherwise."""
    from runs.store import Store

    try:
        with Store.read(home) as store:
            if store.has_name(name):
                raise _taken(name)
    except (UnavailableDatabaseError, OldDatabaseError, DamagedDatabaseError):  # two runs of one name are no harm
        return


def _taken(name: str) -> UserError:
    again = f"workbench show {shlex.quote(name)}"
    return UserError(f"--name is '{name}', which is taken", allowed="a new name", next_command=again)


def _working_folder() -> Path:
    """Where the person works; "/", which no repository is, where that folder has been deleted under them."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path("/")


def _put(home: "Home", path: Path, values: dict[str, Any], diff: bytes) -> bool:
    """Fill a folder and move it to path; False when another process was there first."""
    part = path.with_name(f".new-{values['id']}")
    try:
        part.mkdir(mode=0o700)
        if diff:
            write_bytes(part / DIFF_FILE, diff)
        write_bytes(part / DESCRIPTION, (json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode())
        part.rename(path)
        sync(path.parent)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        home.remove_if_empty()
        if isinstance(error, FileExistsError | NotADirectoryError) or getattr(error, "errno", None) == errno.ENOTEMPTY:
            return False
        if isinstance(error, OSError):
            if error.errno in NO_ROOM:
                raise home.full() from error
            error.add_note(f"the folder {path} was not made")
        raise
    return True
