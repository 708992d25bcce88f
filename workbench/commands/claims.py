"""`workbench claims`: sentences about runs, held against the database."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.commands.options import Home, put, record

app = typer.Typer(help="Claims about runs: do they hold, with which number and interval?", rich_markup_mode=None)


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Claims as TOML; without one those that come with workbench.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="All of it as a JSON array.")] = False,
    home: Home = None,
) -> None:
    """Hold claims against the database: holds, fails, or not decided, with number, interval and runs."""
    from runs.claims import read_claims
    from runs.verdicts import check as checked
    from workbench import claims_page
    from workbench.claims_page import SHIPPED
    from workbench.terminal.screen import screen

    claims = read_claims(file or SHIPPED)
    with record(home) as store:
        found = checked(store, claims)
    if json:
        _print_json(claims_page.values(found))
    else:
        put("\n".join(claims_page.lines(found, screen())))


@app.command()
def example() -> None:
    """Print the claims that come with workbench, to begin a file of your own: workbench claims example > my.toml."""
    from workbench.claims_page import SHIPPED

    put(SHIPPED.read_text(encoding="utf-8").rstrip())


def _print_json(values: object) -> None:
    import json

    put(json.dumps(values, indent=1))


def register(parent: typer.Typer) -> None:
    """Add this family's commands."""
    parent.add_typer(app, name="claims")
