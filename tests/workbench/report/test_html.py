"""A report as one HTML file."""

import base64
import re
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
from PIL import Image

from tests.workbench.report.drawings import HOSTILE, line
from workbench.report.document import Bar, Bars, Code, Document, Heat, Pictures, Plot, Points, Section, Table, Text
from workbench.report.html import as_html
from workbench.terminal.table import Column

PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4, 1) * 20
BLOCKS = (
    Text(HOSTILE),
    Points((HOSTILE, "second")),
    Code(f"{HOSTILE}\nsecond line"),
    Table((Column(HOSTILE), Column("n", right=True)), ((HOSTILE, "3"),), HOSTILE),
    Plot(HOSTILE, "x", "y", (line(HOSTILE, 1.0, 2.0),)),
    Bars(HOSTILE, "x", (Bar("a", 1.0, None, None),)),
    Heat(HOSTILE, ("a",), ("b",), np.array([[0.5]])),
    Pictures(HOSTILE, PIXELS, 3),
)
WHOLE = Document(HOSTILE, "today", (Section(HOSTILE, BLOCKS), Section("Second", ())))


class Tree(HTMLParser):
    """Counts open elements, which have to be closed in their order."""

    EMPTY = ("meta", "img", "path", "rect", "circle", "br")

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag


def tree():
    found = Tree()
    found.feed(as_html(WHOLE))
    assert found.open == []
    return found


def test_it_is_whole_and_harmless():
    """Every element is closed, none is somebody else's, nothing is loaded and nothing runs."""
    found = tree()
    assert not {"script", "link", "iframe"} & set(found.seen)
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    sources = [value for name, value in found.attributes if name in ("src", "href")]
    assert all(one.startswith(("data:image/png;base64,", "#")) for one in sources)
    assert "url(" not in as_html(WHOLE)
    assert "\x1b" not in as_html(WHOLE)


def test_each_section_is_in_the_contents():
    """By its title."""
    links = [value for name, value in tree().attributes if name == "href"]
    assert links == ["#s0", "#s1"]


def test_a_picture_is_inside_and_shown_by_a_whole_factor():
    """The pixels as they are, three times as large."""
    text = as_html(WHOLE)
    data = re.search(r"base64,([^\"]+)\" width=\"12\" height=\"9\"", text)[1]
    with Image.open(BytesIO(base64.b64decode(data))) as image:
        assert (np.asarray(image) == PIXELS[..., 0]).all()


def test_colours_stay():
    """Three channels."""
    pixels = np.full((2, 2, 3), (255, 0, 7), dtype=np.uint8)
    text = as_html(Document("t", "m", (Section("s", (Pictures("c", pixels),)),)))
    data = re.search(r"base64,([^\"]+)\"", text)[1]
    with Image.open(BytesIO(base64.b64decode(data))) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (255, 0, 7)
