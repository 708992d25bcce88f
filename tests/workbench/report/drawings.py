"""SVG read back as a tree, and small documents."""

from xml.etree import ElementTree

import numpy as np

from workbench.report.document import Line

HOSTILE = '<script>alert(1)</script> & "[red]x[/]" \x1b[31m'


def parsed(drawing):
    """The tree of a drawing; raises where it is no XML."""
    return ElementTree.fromstring(drawing)


def words(drawing):
    """All texts of a drawing."""
    return [one.text or "" for one in parsed(drawing).iter() if one.tag.endswith("text")]


def line(name, *ys, **more):
    """A line through ys at 0, 1, 2, ..."""
    return Line(name, np.arange(len(ys), dtype=np.float64), np.array(ys, dtype=np.float64), **more)
