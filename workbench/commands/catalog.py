"""`workbench settings` and `workbench presets`: what can be asked of a run."""

from typing import Annotated

import typer

from workbench.commands.options import put
from workbench.terminal.screen import screen
from workbench.terminal.table import Column, table_lines


def settings(
    key: Annotated[str | None, typer.Argument(metavar="KEY", help="One setting, by its key or its short name.")] = None,
) -> None:
    """Every setting of a run, or one of them.

    What it does, its unit, what it allows, its default, and how to set it.
    """
    from diffusion.config import setting_info

    put("\n".join(_all_settings() if key is None else _one_setting(setting_info(key).key)))


def presets() -> None:
    """Starting points with a measured result."""
    from diffusion.presets import PRESETS

    rows = [[preset.name, preset.about] for preset in PRESETS.values()]
    put("\n".join(table_lines([Column("PRESET"), Column("ABOUT", shrinks_to=20)], rows, _width())))


def _width() -> int | None:
    found = screen()
    return found.wide if found.terminal else None


def _all_settings() -> list[str]:
    from diffusion.config import SHORT_NAMES, settings

    short = {key: name for name, key in SHORT_NAMES.items()}
    rows = [
        [info.key, _text(info.default), info.field.metadata["help"], short.get(info.key, "")] for info in settings()
    ]
    columns = [Column("SETTING"), Column("DEFAULT"), Column("WHAT IT IS", shrinks_to=20), Column("SHORT", shrinks_to=5)]
    return table_lines(columns, rows, _width())


def _one_setting(key: str) -> list[str]:
    from diffusion.config import SHORT_NAMES, setting_info
    from diffusion.fields import describe

    info = setting_info(key)
    short = [name for name, full in SHORT_NAMES.items() if full == key]
    lines = [
        f"{key}: {info.field.metadata['help']}",
        f"  allowed  {describe(info.field, info.kind)}",
        f"  default  {_text(info.default)}",
    ]
    if info.field.metadata["unit"]:
        lines.append(f"  unit     {info.field.metadata['unit']}")
    if short:
        lines.append(f"  short    {short[0]}")
    return [*lines, f"  set it   workbench run --set {short[0] if short else key}={_text(info.default) or 'VALUE'}"]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command()(settings)
    app.command()(presets)
