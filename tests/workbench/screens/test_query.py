"""The SQL screen, key by key."""

import csv

import pytest

from diffusion.errors import UserError
from runs.records import QueryResult
from runs.store import Store
from tests.workbench.tui import check_golden, filled_home, run_with, screen_text, settled, until
from workbench.screens.query import MEASURED, AnswerRows, run_of_row, save_csv, value_cell, widths, without_command
from workbench.widgets.sql_area import SqlArea
from workbench.widgets.table import WideTable


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Five runs; files are saved in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return filled_home(tmp_path / "home")


def asked(home, sql, test, size=(120, 40), wait=True):
    """Open the screen, put SQL into it, run it, and run a test's coroutine."""

    async def steps(app, pilot):
        await pilot.press("Q")
        await until(pilot, lambda: app.screen.query(SqlArea) and app.screen.query_one(SqlArea).tables)
        app.screen.query_one(SqlArea).text = sql
        await pilot.press("ctrl+r")
        if wait:
            await until(pilot, lambda: str(app.screen.query_one("#told").content) not in ("", "asking ..."))
            await settled(pilot)
        await test(app, pilot)

    run_with(home, steps, size)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_how_it_looks(home, size):
    """With an answer."""

    async def test(app, pilot):
        assert len(app.screen.result.rows) == 5
        app.screen._tell("5 rows")  # the time it took is another one each time
        await settled(pilot)
        check_golden(app, f"query-{size[0]}x{size[1]}")

    asked(home, "select name, status, schedule, loss, null as note from run_summary", test, size)


def test_enter_on_a_row_opens_its_run(home):
    """The one that the row names."""

    async def test(app, pilot):
        opened = []
        app.open_run = opened.append
        await pilot.press("down", "enter")
        with Store.read(home) as store:
            assert opened == [store.find("cosine-b").id]

    asked(home, "select 1 as one, name from runs where name like 'cosine%' order by 2", test)


def test_a_row_without_a_run_says_so(home):
    """And which columns would name one."""

    async def test(app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: "no run in this row" in screen_text(app))

    asked(home, "select 1 as one", test)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("delete from runs", "the SQL would do more than read"),
        ("select * from rums", "did you mean runs?"),
        ("select 1; select 2", "more than one statement"),
        ("", "asks for nothing"),
    ],
)
def test_what_cannot_be_asked_is_told(home, sql, told):
    """In one line, and the editor keeps the focus."""

    async def test(app, pilot):
        assert told in " ".join(screen_text(app).split())
        assert "next:" not in screen_text(app)  # no command for a shell
        assert app.screen.query_one(SqlArea).has_focus

    asked(home, sql, test)


def test_advice_for_the_editor_is_told():
    """Only commands for a shell are left out."""
    assert without_command(UserError("x", allowed="y", next_command="add a limit")) == "x; allowed: y; add a limit"
    assert without_command(UserError("x", next_command='workbench query "select 1"')) == "x"


def test_a_long_query_is_cancelled(home):
    """By Escape, which leaves the screen when nothing is being asked."""
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"

    async def test(app, pilot):
        await until(pilot, lambda: "asking" in screen_text(app))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "esc cancels it" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "the query was cancelled" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "5 runs" in screen_text(app))

    asked(home, endless, test, wait=False)


def test_many_rows(home):
    """A hundred thousand are scrolled through at once."""
    sql = (
        "with recursive n(x) as (select 1 union all select x + 1 from n where x < 100000) select x, 'row ' || x from n"
    )

    async def test(app, pilot):
        assert "100,000 rows" in screen_text(app)
        await pilot.press("G")
        await until(pilot, lambda: "row 100000" in screen_text(app))

    asked(home, sql, test)


def test_completion(home):
    """Tab takes the first word; ctrl+n lets another be the first."""

    async def test(app, pilot):
        area = app.screen.query_one(SqlArea)
        area.text = ""
        await pilot.press("e")  # into the editor from the answer, where it is a key
        area.text = ""
        await pilot.press(*"select", "space", *"nam", "tab")
        assert area.text == "select name"
        await pilot.press("space", *"from", "space", *"run")
        await until(pilot, lambda: "tab run_summary  runs" in screen_text(app))
        await pilot.press("ctrl+n", "tab")
        assert area.text == "select name from runs"
        await pilot.press("space", "tab")
        await until(pilot, lambda: app.screen.query_one(WideTable).has_focus)

    asked(home, "select 1", test)


def test_the_examples_are_at_hand(home):
    """Chosen from a list, about the newest runs, and asked at once."""

    async def test(app, pilot):
        await pilot.press("ctrl+o")
        await pilot.pause()
        assert "Which runs were fastest?" in screen_text(app)
        await pilot.press("j", "down", "enter")
        await until(pilot, lambda: "val/loss" in app.screen.query_one(SqlArea).text)
        await until(pilot, lambda: "1 row in" in screen_text(app))
        assert "'blurred'" in app.screen.query_one(SqlArea).text  # the newest that is completed

    asked(home, "select 1", test)


def test_an_answer_is_saved(home, tmp_path):
    """Whole, as CSV; a file that is there is not overwritten."""

    async def test(app, pilot):
        await pilot.press("ctrl+s", "enter")
        await until(pilot, lambda: (tmp_path / "query.csv").exists() and "2 rows written" in screen_text(app))
        await pilot.press("ctrl+s", "enter")
        await until(pilot, lambda: "query.csv exists" in screen_text(app))

    asked(home, "select name, loss from runs where name like 'cosine%' order by 1", test)
    with (tmp_path / "query.csv").open(newline="") as stream:
        assert list(csv.reader(stream)) == [["name", "loss"], ["cosine-a", "0.05"], ["cosine-b", "0.05"]]


def test_foreign_values_are_harmless(home):
    """Control characters, markup, bytes, very long texts."""

    async def test(app, pilot):
        text = screen_text(app)
        assert "a\\x1b[2Jb" in text
        assert "[red]x[/]" in text
        assert "<2 bytes>" in text
        assert "NULL" in text

    asked(home, "select 'a' || char(27) || '[2Jb', '[red]x[/]', x'0102', null, printf('%.100000c', 'x')", test)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (1, "1"),
        (0.1 + 0.2, "0.3"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        (None, ("NULL", "dim")),
        (b"ab", ("<2 bytes>", "dim")),
        ("two\nlines", "two\\x0alines"),
    ],
)
def test_values(value, cell):
    """As they are shown."""
    assert value_cell(value) == cell
    assert AnswerRows([(value,)])[0].cells == (cell,)
    assert [row.key for row in AnswerRows([(value,)] * 3)[1:]] == [1, 2]


def test_the_run_of_a_row(home):
    """By id, run, name or number, in this order; else any text that is a run's name."""
    with Store.read(home) as store:
        runs = store.runs()
    first, second = runs[:2]

    def found(**values):
        run = run_of_row(list(values), list(values.values()), runs)
        return run and run.name

    assert found(id=second.id, name=first.name) == second.name
    assert found(run=2) == second.name
    assert found(run=first.name, name="val/loss") == first.name
    assert found(number=1) == first.name
    assert found(best=second.name) == second.name
    assert found(step=1) is None


def test_bytes_are_saved_as_hex(tmp_path):
    """And a name that is taken is told."""
    result = QueryResult(("a", "b"), ((b"\x01\xff", None),))
    assert save_csv(result, tmp_path / "x.csv") == f"1 rows written to {tmp_path / 'x.csv'}"
    assert (tmp_path / "x.csv").read_text() == "a,b\n01ff,\n"


@pytest.mark.parametrize(
    ("last", "wide"),
    [(123_456, 6), (-1e-9, 6), (0.123456789, 11), ("a long word", 11), (None, 4), (b"123", 9)],
    ids=["whole", "small", "fraction", "text", "NULL", "bytes"],
)
def test_columns_are_as_wide_as_their_widest_row(last, wide):
    """Whichever row that is: a number without its last digits would be another one."""
    rows = [(1,)] * (MEASURED if last is not None and not isinstance(last, bytes) else 1) + [(last,)]
    assert widths(QueryResult(("x",), tuple(rows))) == [wide]
    assert widths(QueryResult(("title",), ())) == [5]


def test_a_new_answer_begins_with_its_first_row(home):
    """Wherever the one before was scrolled to."""
    numbers = "with recursive c(x) as (select {0} union all select x + 1 from c limit 100) select x from c"

    async def test(app, pilot):
        table = app.screen.query_one(WideTable)
        await pilot.press("G")
        await until(pilot, lambda: table.scroll_offset.y > 0 and table.cursor == 99)
        app.screen.query_one(SqlArea).text = numbers.format(5001)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "5001" in screen_text(app).replace(numbers.format(5001), ""))
        assert (table.cursor, table.scroll_offset.y) == (0, 0)

    asked(home, numbers.format(1), test)
