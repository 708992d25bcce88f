"""`workbench doctor`: what works here, what does not, and what to type."""

import sys
from typing import Annotated, Any

import typer

from workbench import exit_codes
from workbench.commands.options import DataDir, Home, put


def doctor(
    full: Annotated[bool, typer.Option("--full", help="Also torch.compile and the whole integrity check.")] = False,
    json: Annotated[bool, typer.Option("--json", help="All of it as one JSON object, at the end.")] = False,
    home: Home = None,
    data_dir: DataDir = None,
) -> None:
    """What works on this machine, and the command that mends what does not.

    Devices and dtypes, the terminal, data, judges, the store, and what killed runs have left. Changes nothing. Exit
    code 1 when something is broken.
    """
    from workbench.doctor import page_lines, sections, summary
    from workbench.terminal.screen import screen

    target = screen()
    found, values, title = [], dict[str, dict[str, Any]](), ""
    for section in sections(home, data_dir, full=full):
        if not json:
            blank = [""] if section.title and title else []
            sys.stdout.writelines(f"{line}\n" for line in blank + page_lines(section, target))
            sys.stdout.flush()
        title = section.title or title
        values.setdefault(title, {}).update(section.values)
        found += [(title, one) for one in section.findings]
    findings = [one for _, one in found]
    if json:
        _print(values | {"findings": [_plain(where, one) for where, one in found]})
    else:
        put("\n" + summary(findings))
    if any(one.broken for one in findings):
        raise typer.Exit(exit_codes.FAILED)


def _plain(section: str, finding: Any) -> dict[str, Any]:
    import dataclasses

    return {"section": section} | dataclasses.asdict(finding) | {"path": str(finding.path)}


def _print(values: Any) -> None:
    import json

    put(json.dumps(values, indent=1))  # ASCII: names of files may hold bytes that are no text


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command()(doctor)
