"""A report as one HTML file that needs nothing else: plots and pictures are inside, no script, no network."""

import base64
from collections.abc import Sequence
from html import escape
from io import BytesIO

import numpy as np

from workbench.format import safe_text
from workbench.report.document import Bars, Block, Code, Document, Heat, Pictures, Pixels, Plot, Points, Section, Table
from workbench.report.document import Text as Paragraph
from workbench.report.svg import STYLE as OF_DRAWINGS
from workbench.report.svg import bars_svg, heat_svg, plot_svg

STYLE = """
:root{color-scheme:light dark;--ink:#1c1e21;--soft:#5c6370;--paper:#fff;--rule:#d9dce1;--box:#f5f6f8}
@media(prefers-color-scheme:dark){:root{--ink:#e6e6e6;--soft:#a0a6b0;--paper:#16181c;--rule:#3a3f47;--box:#1f2228}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:58rem;color:var(--ink);background:var(--paper);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;
border-bottom:1px solid var(--rule);padding-bottom:.2rem}
.made,figcaption,.caption{color:var(--soft);font-size:.875rem}
nav{font-size:.9rem;columns:2;margin:1rem 0}nav a{display:block;color:inherit}
figure{margin:1rem 0}figcaption{margin-top:.3rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;text-align:left;border-bottom:1px solid var(--rule);vertical-align:top}
th{font-weight:600;vertical-align:bottom}.right{text-align:right}.wide table{width:max-content}
.wide span{display:inline-block;max-width:20rem;overflow-wrap:anywhere}th span{max-width:8rem;overflow-wrap:normal}
.caption{margin-top:.3rem}
img{image-rendering:pixelated;max-width:100%;height:auto;display:block}
svg{width:100%;max-width:40rem;height:auto;display:block}
pre{background:var(--box);padding:.6rem .8rem;overflow-x:auto;border-radius:4px;font-size:.85rem}
@media(max-width:30rem){body{padding:.75rem}nav{columns:1}}
@media print{:root{--ink:#000;--soft:#444;--paper:#fff;--rule:#bbb;--box:#f5f6f8;color-scheme:light}
body{max-width:none;font-size:10.5pt;padding:0}nav{display:none}figure,tr,pre{break-inside:avoid}h2{break-after:avoid}
.wide{overflow:visible}*{print-color-adjust:exact}}
"""


def as_html(document: Document) -> str:
    """The whole file."""
    title = _told(document.title)
    links = "".join(
        f'<a href="#s{number}">{_told(section.title)}</a>' for number, section in enumerate(document.sections)
    )
    body = "\n".join(_section(number, section) for number, section in enumerate(document.sections))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{STYLE}{OF_DRAWINGS}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f'<p class="made">{_told(document.made)}</p>\n<nav>{links}</nav>\n{body}\n</body>\n</html>\n'
    )


def png(pixels: Pixels) -> bytes:
    """Pixels uint8 [H, W, 1 or 3] as a PNG file."""
    from PIL import Image

    stream = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)).save(
        stream, format="PNG", optimize=True
    )
    return stream.getvalue()


def _section(number: int, section: Section) -> str:
    blocks = "\n".join(map(_block, section.blocks))
    return f'<section>\n<h2 id="s{number}">{_told(section.title)}</h2>\n{blocks}\n</section>'


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{_told(text)}</p>"
        case Points(items):
            return "<ul>" + "".join(f"<li>{_told(item)}</li>" for item in items) + "</ul>"
        case Code(text):
            return f"<pre>{escape(safe_text(text, lines=True))}</pre>"
        case Table():
            return _table(block)
        case Plot():
            return _figure(plot_svg(block), block.caption)
        case Bars():
            return _figure(bars_svg(block), block.caption)
        case Heat():
            return _figure(heat_svg(block), block.caption)
        case Pictures():
            return _figure(_img(block), block.caption)


def _table(table: Table) -> str:
    kinds = [' class="right"' if column.right else "" for column in table.columns]
    heads = _cells("th", kinds, [one.title for one in table.columns])
    rows = "".join("<tr>" + _cells("td", kinds, row) + "</tr>\n" for row in table.rows)
    caption = f'<p class="caption">{_told(table.caption)}</p>' if table.caption else ""
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table></div>{caption}'


def _cells(tag: str, kinds: Sequence[str], row: Sequence[str]) -> str:
    return "".join(f"<{tag}{kind}><span>{_told(cell)}</span></{tag}>" for kind, cell in zip(kinds, row, strict=True))


def _img(picture: Pictures) -> str:
    height, width = picture.pixels.shape[:2]
    source = base64.b64encode(png(picture.pixels)).decode("ascii")
    size = f'width="{width * picture.scale}" height="{height * picture.scale}"'
    return f'<img src="data:image/png;base64,{source}" {size} alt="{_told(picture.caption)}">'


def _figure(inner: str, caption: str) -> str:
    return f"<figure>{inner}<figcaption>{_told(caption)}</figcaption></figure>"


def _told(text: str) -> str:
    return escape(safe_text(text))
