"""A report as Markdown with files beside it."""

import re
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.workbench.report.drawings import parsed
from tests.workbench.report.test_html import PIXELS, WHOLE
from workbench.report.document import Code, Document, Section
from workbench.report.markdown import as_markdown, folder_beside


def test_every_figure_is_a_file():
    """Drawings as SVG, pictures as PNG magnified by their factor; the text names each."""
    text, files = as_markdown(WHOLE, "r-files")
    assert [name.partition(".")[2] for name in files] == ["svg", "svg", "svg", "png"]
    assert all(f"](r-files/{name})" in text for name in files)
    for name, data in files.items():
        if name.endswith("svg"):
            parsed(data.decode())
        else:
            with Image.open(BytesIO(data)) as image:
                assert image.size == (3 * PIXELS.shape[1], 3 * PIXELS.shape[0])


def test_texts_of_others_are_text():
    """No markup and no element of theirs."""
    text, _ = as_markdown(WHOLE, "f")
    outside = text.replace("```sh\n", "```").split("```")[::2]
    assert not any(re.search(r"(?<!\\)[<\[]script|(?<!\\)\[red", part) for part in outside)
    assert "\x1b" not in text


def test_code_that_holds_a_fence():
    """Gets a longer one."""
    text, _ = as_markdown(Document("t", "m", (Section("s", (Code("a\n```\nb"),)),)), "f")
    assert "````sh\na\n```\nb\n````" in text


def test_the_folder_is_beside_the_report():
    """Named like it."""
    assert folder_beside(Path("/a/report.md")) == Path("/a/report-files")
