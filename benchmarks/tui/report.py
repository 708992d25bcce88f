"""Figures as they are found: a line of Markdown each, and all of them as JSON at the end."""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measurement. most is what is allowed, None where it is only told."""

    what: str
    value: float
    unit: str
    most: float | None
    program: str

    @property
    def held(self) -> bool | None:
        """Whether it is within what is allowed; None where nothing is said of that."""
        return None if self.most is None else self.value <= self.most


@dataclass
class Report:
    """The figures so far."""

    figures: list[Figure] = field(default_factory=list)
    began: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def heading(self, text: str) -> None:
        """The beginning of a table."""
        print(f"\n### {text}\n\n| what | measured | allowed | held |\n|---|---|---|---|", flush=True)

    def add(self, what: str, value: float, unit: str, *, most: float | None = None, program: str = "workbench") -> None:
        """One figure, which is shown at once."""
        found = Figure(what, round(value, 3), unit, most, program)
        self.figures.append(found)
        allowed = "" if most is None else f"{most:g} {unit}"
        held = {True: "yes", False: "NO", None: ""}[found.held]
        print(f"| {program}: {what} | {value:.4g} {unit} | {allowed} | {held} |", flush=True)

    @property
    def broken(self) -> list[str]:
        """What is not within what is allowed."""
        return [f"{one.program}: {one.what}: {one.value:g} {one.unit}" for one in self.figures if one.held is False]

    def write(self, path: Path) -> None:
        """All of it as JSON, with the machine and its load, which says how far times can be trusted."""
        found = {
            "began": self.began,
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "load": os.getloadavg(),
            "figures": [asdict(one) | {"held": one.held} for one in self.figures],
        }
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
