"""How the list looks, from one session to the next."""

import json

import pytest

from workbench.kept_list import Look, look_file, read_look, write_look


def test_what_is_written_is_read():
    """In the person's own folder; nothing is there at first."""
    assert read_look() == Look()
    look = Look(columns=("name", "loss"), sorted_by="loss", reverse=False, folding=True, place="off")
    write_look(look)
    assert read_look() == look
    assert [path.name for path in look_file().parent.iterdir()] == ["list.json"]


@pytest.mark.parametrize(
    ("text", "look"),
    [
        pytest.param("", Look(), id="empty"),
        pytest.param("[1", Look(), id="no JSON"),
        pytest.param("3", Look(), id="no object"),
        pytest.param('{"columns": ["nothing"], "sorted_by": ["age"], "place": 4, "folding": 1}', Look(), id="unknown"),
        pytest.param(
            '{"columns": ["new", "loss", "name"], "sorted_by": "loss", "reverse": false, "more": 1}',
            Look(columns=("name", "loss"), sorted_by="loss", reverse=False),
            id="another version's",
        ),
    ],
)
def test_what_cannot_be_used_is_as_it_is_at_first(text, look, tmp_path):
    """No error: the next change writes the file."""
    path = tmp_path / "list.json"
    path.write_text(text)
    assert read_look(path) == look
    write_look(look, path)
    assert json.loads(path.read_text())["place"] == "auto"
