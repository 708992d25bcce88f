"""A report as Markdown, with its plots and pictures as files in a folder beside it."""

import re
from collections.abc import Callable
from pathlib import Path

from workbench.format import safe_text
from workbench.report.document import Bars, Block, Code, Document, Heat, Pictures, Plot, Points, Section, Table
from workbench.report.document import Text as Paragraph
from workbench.report.html import png
from workbench.report.svg import alone, bars_svg, heat_svg, plot_svg
from workbench.terminal.grid import magnify

Keep = Callable[[str, bytes], str]  # keeps a file under a name's ending and tells its path from the report


def as_markdown(document: Document, folder: str) -> tuple[str, dict[str, bytes]]:
    """The text, and the files by name that belong into the folder of this name beside it."""
    files: dict[str, bytes] = {}

    def keep(ending: str, data: bytes) -> str:
        name = f"{len(files) + 1:02d}.{ending}"
        files[name] = data
        return f"{folder}/{name}"

    parts = [f"# {_told(document.title)}", _told(document.made)]
    for section in document.sections:
        parts += _section(section, keep)
    return "\n\n".join(parts) + "\n", files


def folder_beside(path: Path) -> Path:
    """Where the files of a report at path are kept."""
    return path.with_name(f"{path.stem}-files")


def _section(section: Section, keep: Keep) -> list[str]:
    return [f"## {_told(section.title)}", *(_block(block, keep) for block in section.blocks)]


def _block(block: Block, keep: Keep) -> str:
    match block:
        case Paragraph(text):
            return _told(text)
        case Points(items):
            return "\n".join(f"- {_told(item)}" for item in items)
        case Code(text):
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
            return f"{fence}sh\n{safe_text(text, lines=True)}\n{fence}"
        case Table():
            return _table(block)
        case Plot():
            return _figure(keep("svg", alone(plot_svg(block)).encode()), block.caption)
        case Bars():
            return _figure(keep("svg", alone(bars_svg(block)).encode()), block.caption)
        case Heat():
            return _figure(keep("svg", alone(heat_svg(block)).encode()), block.caption)
        case Pictures():
            return _figure(keep("png", png(magnify(block.pixels, block.scale))), block.caption)


def _table(table: Table) -> str:
    heads = "| " + " | ".join(_cell(column.title) for column in table.columns) + " |"
    rule = "|" + "|".join(" ---: " if column.right else " --- " for column in table.columns) + "|"
    rows = ["| " + " | ".join(map(_cell, row)) + " |" for row in table.rows]
    return "\n".join([heads, rule, *rows, *(["", _told(table.caption)] if table.caption else [])])


def _cell(text: str) -> str:
    return _told(text) or " "


def _figure(path: str, caption: str) -> str:
    return f"![{_told(caption)}]({path})\n\n*{_told(caption)}*"


def _told(text: str) -> str:
    """Text of others with everything escaped that Markdown or HTML would act on."""
    return re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", safe_text(text))
