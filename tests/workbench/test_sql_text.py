"""What stands out in SQL, and what can go on from the cursor."""

import pytest

from workbench.sql_text import aliases, completions, styled_parts, word_length

TABLES = {
    "run_summary": ("name", "status", "schedule", "step"),
    "runs": ("number", "name"),
    "metrics": ("run", "name", "step", "value"),
}


def test_what_stands_out():
    """Keywords, functions that are called, texts, numbers and comments; names do not."""
    line = "select max(value), name from metrics where run = 'a''b' and step > 1.5 -- select"
    found = [(line[start:end], style) for start, end, style in styled_parts(line)]
    assert found == [
        ("select", "bold cyan"),
        ("max", "yellow"),
        ("from", "bold cyan"),
        ("where", "bold cyan"),
        ("'a''b'", "green"),
        ("and", "bold cyan"),
        ("1.5", "magenta"),
        ("-- select", "dim"),
    ]


def test_a_text_that_is_not_closed_and_a_quoted_name():
    """The first goes on to the end of the line; the second is no keyword."""
    assert [(start, end) for start, end, _ in styled_parts("'open select")] == [(0, 12)]
    assert list(styled_parts('"select"')) == []


@pytest.mark.parametrize(
    ("before", "after", "first"),
    [
        pytest.param("select * from ru", "", ["run_summary", "runs"], id="tables after from"),
        pytest.param("select * from runs join me", "", ["metrics"], id="tables after join"),
        pytest.param("select st", " from run_summary", ["status", "step"], id="columns of what is asked"),
        pytest.param("select m.", " from metrics m", ["run", "name", "step", "value"], id="columns of an alias"),
        pytest.param("select m.s", " from metrics as m", ["step"], id="and their beginning"),
        pytest.param("SEL", "", ["select"], id="keywords, whatever the case"),
        pytest.param("select name from runs where ", "", [], id="nothing typed"),
        pytest.param("select name from runs where name = 'ru", "", [], id="inside a text"),
        pytest.param("select x.", " from runs", [], id="no such table"),
        pytest.param("select na", "", ["name", "natural"], id="a column of any table before a rare keyword"),
        pytest.param("select na", " from runs", ["name", "natural"], id="and of the one that is asked"),
        pytest.param("select name from runs where name = 1 and n", "", ["number", "name"], id="columns after and"),
        pytest.param("select name fr", "", ["from"], id="a keyword where no column can be"),
        pytest.param("select name from runs o", "", ["order"], id="and after the table"),
    ],
)
def test_completions(before, after, first):
    """The likeliest come first."""
    assert completions(before + after, before, TABLES)[: len(first)] == first
    if not first:
        assert completions(before + after, before, TABLES) == []


def test_a_whole_word_is_not_completed_by_itself():
    """But by longer ones."""
    assert "runs" not in completions("select * from runs", "select * from runs", TABLES)


def test_aliases():
    """Of tables that there are, with and without `as`; a keyword is no alias."""
    sql = "select * from metrics a join runs as b on a.run = b.number join nowhere c where 1"
    assert aliases(sql, TABLES) == {"metrics": "metrics", "a": "metrics", "runs": "runs", "b": "runs"}
    assert aliases("select * from runs where 1", TABLES) == {"runs": "runs"}


@pytest.mark.parametrize(("before", "length"), [("select na", 2), ("select m.na", 2), ("select ", 0), ("", 0)])
def test_word_length(before, length):
    """What a completion takes the place of."""
    assert word_length(before) == length
