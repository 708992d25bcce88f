"""How a person has the list of runs, kept from one session to the next; not the filter, which would hide runs."""

import json
import os
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from workbench.run_columns import BY_KEY, SHOWN_AT_FIRST

PLACES = ("auto", "below", "beside", "off")


@dataclass(frozen=True)
class Look:
    """Columns in their order, what the list is sorted by, whether seeds are folded, and where the preview is."""

    columns: tuple[str, ...] = SHOWN_AT_FIRST
    sorted_by: str = "age"
    reverse: bool = True
    folding: bool = False
    place: str = "auto"


def look_file() -> Path:
    """Where it is kept: the person's own, since a home can be shared or read-only."""
    from platformdirs import user_state_path

    return user_state_path("workbench") / "list.json"


def read_look(path: Path | None = None) -> Look:
    """The look that was kept. What another version wrote and this one cannot use is as it is at first."""
    try:
        values = json.loads((path or look_file()).read_bytes())
    except (OSError, ValueError):  # none yet, or not ours: the next change writes it
        return Look()
    if not isinstance(values, dict):
        return Look()
    look = Look()
    columns = values.get("columns")
    if isinstance(columns, list) and (known := tuple(key for key in BY_KEY if key in columns)):
        look = replace(look, columns=known)
    if values.get("sorted_by") in list(BY_KEY):
        look = replace(look, sorted_by=values["sorted_by"], reverse=bool(values.get("reverse")))
    if values.get("place") in PLACES:
        look = replace(look, place=values["place"])
    return replace(look, folding=values.get("folding") is True)


def write_look(look: Look, path: Path | None = None) -> None:
    """Keep a look. Raises OSError where it cannot be written."""
    from runs.files import write_whole

    path = path or look_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    data = (json.dumps(asdict(look), indent=1) + "\n").encode()

    def write(part: Path) -> None:
        part.write_bytes(data)

    part = f".list-{os.getpid()}-{threading.get_ident()}.tmp"
    write_whole(path, write, temporary=part)
