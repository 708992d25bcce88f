"""A Markdown table that is printed row by row, and knows whether all that it told of held."""

from dataclasses import dataclass, field


@dataclass
class Table:
    """One drill's findings. `broken` has what did not hold."""

    title: str
    columns: tuple[str, ...]
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        head = " | ".join((*self.columns, "held"))
        rule = "---|" * (len(self.columns) + 1)
        print(f"\n### {self.title}\n\n| {head} |\n|{rule}", flush=True)

    def row(self, *cells: object, held: bool | None = True) -> None:
        """One row; held is None where it could not be tried here."""
        told = {True: "yes", False: "NO", None: "skipped"}[held]
        shown = [str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells]
        print("| " + " | ".join((*shown, told)) + " |", flush=True)
        if held is False:
            self.broken.append(f"{self.title}: {'; '.join(shown)}")

    def check(self, what: str, measured: object, allowed: str, held: bool) -> None:
        """A row of a table of three columns: what is asked, what was seen, what is allowed."""
        self.row(what, measured, allowed, held=held)


CHECKS = ("what must hold", "seen", "allowed")


def spread(values: list[float], unit: str = "s", digits: int = 2) -> str:
    """Median and maximum of some measurements."""
    ordered = sorted(values)
    if not ordered:
        return "none"
    return f"median {ordered[len(ordered) // 2]:.{digits}f} {unit}, most {ordered[-1]:.{digits}f} {unit}"
