"""The lines at the foot."""

import pytest

from workbench.widgets.foot import key_line, key_name


@pytest.mark.parametrize(
    ("key", "name"),
    [("ctrl+p", "^p"), ("question_mark", "?"), ("left", "←"), ("shift+tab", "⇧tab"), ("G", "G"), ("f5", "f5")],
)
def test_key_names(key, name):
    """As they are written on a keyboard."""
    assert key_name(key) == name


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (40, "enter open  n new  s stop  ? keys"),
        (30, "enter open  n new  ? keys"),
        (12, "? keys"),
        (5, "? key"),
    ],
)
def test_what_does_not_fit_is_left_out(width, line):
    """The most important first, the help key never left out."""
    keys = [("enter", "Open"), ("n", "New"), ("s", "Stop"), ("question_mark", "Keys")]
    assert key_line(keys, width).plain.rstrip() == line
