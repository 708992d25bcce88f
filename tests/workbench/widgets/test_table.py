"""A table of any length."""

import asyncio
from collections.abc import Sequence

import pytest
from textual.app import App

from workbench.widgets.table import Column, Row, Table, WideTable, fitted, natural_widths

COLUMNS = [Column("n", "N", right=True), Column("name", "NAME", shrinks_to=4, rank=0), Column("more", "MORE", rank=2)]


def rows(count):
    """Lines with a number and a name."""
    return [Row(f"key{number}", (str(number), f"name {number}", "x")) for number in range(count)]


class Lazy(Sequence):
    """A hundred thousand rows that count how many are made."""

    def __init__(self):
        self.made = 0

    def __len__(self):
        return 100_000

    def __getitem__(self, at):
        self.made += 1
        return Row(at, (str(at), f"name {at}", ("x", "red")))


class Shell(App[None]):
    """A table alone."""

    def __init__(self, table):
        super().__init__()
        self.table = table
        self.seen = []

    def compose(self):
        yield self.table

    def on_table_highlighted(self, event):
        self.seen.append(("at", event.key))

    def on_table_selected(self, event):
        self.seen.append(("open", event.key))

    def on_table_heading_clicked(self, event):
        self.seen.append(("head", event.column))


def text(table):
    """The lines of a table."""
    return ["".join(segment.text for segment in table.render_line(y)).rstrip() for y in range(table.size.height)]


def run(table, test, size=(40, 6)):
    """A test's coroutine with the table on a screen."""

    async def main():
        app = Shell(table)
        async with app.run_test(size=size) as pilot:
            table.focus()
            await pilot.pause()
            await test(app, pilot)

    asyncio.run(main())


def test_keys_move_the_cursor_and_the_lines_follow():
    """Arrows, vim's keys, pages and ends; Enter opens."""
    table = Table()

    async def test(app, pilot):
        table.show(COLUMNS, rows(20))
        for keys, at in [
            (["down"], 1),
            (["j", "j", "k"], 2),
            (["up"], 1),
            (["G"], 19),
            (["g"], 0),
            (["end"], 19),
            (["home"], 0),
            (["pagedown"], 4),
            (["ctrl+u"], 0),
            (["up"], 0),
        ]:
            await pilot.press(*keys)
            assert table.cursor == at, keys
        await pilot.press("G", "enter")
        await pilot.pause()
        assert app.seen[-2:] == [("at", "key19"), ("open", "key19")]
        assert text(table)[0].split() == ["N", "NAME", "MORE"]
        assert text(table)[-1].split()[:3] == ["19", "name", "19"]

    run(table, test)


def test_the_mouse():
    """A click chooses, two open; on the heading it names the column."""
    table = Table()

    async def test(app, pilot):
        table.show(COLUMNS, rows(3))
        await pilot.pause()
        await pilot.click(offset=(5, 2))
        assert table.key == "key1"
        await pilot.click(offset=(5, 3), times=2)
        await pilot.click(offset=(6, 0))
        await pilot.pause()
        assert app.seen[-2:] == [("open", "key2"), ("head", "name")]

    run(table, test)


def test_cursor_and_marks_follow_their_keys():
    """When lines come before them, and when they go."""
    table = Table()

    async def test(app, pilot):
        table.show(COLUMNS, rows(3))
        await pilot.press("down", "down")
        table.show(COLUMNS, [*rows(10)[5:], *rows(3)], marked=frozenset({"key1"}))
        assert (table.key, table.cursor) == ("key2", 7)
        await pilot.pause()
        assert "●" in text(table)[[row.key for row in table.rows].index("key1") + 1 - table.scroll_offset.y]
        table.show(COLUMNS, rows(2))
        assert table.key == "key1"
        table.show(COLUMNS, [])
        await pilot.pause()
        assert (table.key, app.seen[-1]) == (None, ("at", None))

    run(table, test, size=(40, 12))


def test_only_what_is_seen_is_made():
    """Of a hundred thousand rows, at either end."""
    table, lazy = WideTable(fit=False), Lazy()

    async def test(app, pilot):
        table.show(COLUMNS, lazy, widths=[6, 12, 4], keep=lambda rows, key: None)
        await pilot.press("G")
        for _ in range(500):
            if text(table)[-1].split()[:1] == ["99999"]:
                break
            await pilot.pause(0.01)
        assert text(table)[-1].split()[0] == "99999"
        assert lazy.made < 1000

    run(table, test)


def test_a_wide_table_is_scrolled_sideways():
    """By the arrows; the heading moves along."""
    table = WideTable(fit=False)

    async def test(app, pilot):
        wide = [Column("a", "FIRST"), Column("b", "SECOND")]
        table.show(wide, [Row(0, ("a" * 30, "b" * 30))])
        await pilot.pause()
        assert "SECOND" in text(table)[0]
        assert text(table)[0].index("SECOND") == 33
        await pilot.press(*["right"] * 12)
        await pilot.pause()
        assert text(table)[0].index("SECOND") == 21
        assert text(table)[1] == "a" * 19 + "  " + "b" * 19

    run(table, test)


def test_without_colour_a_line_says_where_the_cursor_is():
    """When another widget has the focus."""
    table = Table()

    async def test(app, pilot):
        table.show(COLUMNS, rows(2))
        app.set_focus(None)
        await pilot.pause()
        assert text(table)[1].startswith("›")

    run(table, test)


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (40, [(0, 2), (1, 10), (2, 4)]),
        (20, [(0, 2), (1, 10), (2, 4)]),
        (18, [(0, 2), (1, 8), (2, 4)]),
        (14, [(0, 2), (1, 4), (2, 4)]),
        (13, [(0, 2), (1, 9)]),
        (4, [(0, 2)]),
        (1, [(0, 2)]),
    ],
)
def test_what_does_not_fit_shrinks_and_then_gives_way(width, shown):
    """The column of the highest rank first; one always stays."""
    assert fitted(COLUMNS, [2, 10, 4], width) == shown


def test_a_column_that_is_left_alone_is_cut_to_what_is_seen():
    """Also below its least width: a name that is cut ends in an ellipsis."""
    assert fitted([Column("name", "NAME", shrinks_to=22)], [30], 18) == [(0, 18)]


def test_widths_are_of_the_widest_text():
    """In cells, the title's too."""
    assert natural_widths(COLUMNS, [Row(0, ("12", "日本", "x")), Row(1, ("1", ("abcde", "red"), ""))]) == [2, 5, 4]


def test_the_cursor_stays_in_sight_when_lines_change_places():
    """As sorting makes it; where the person has scrolled away from it, only follow() comes back."""
    table = Table()

    async def test(app, pilot):
        table.show(COLUMNS, rows(50))
        await pilot.pause()
        table.show(COLUMNS, rows(50)[::-1])
        await pilot.pause()
        assert (table.key, table.scroll_offset.y) == ("key0", 39)
        table.scroll_to(y=0, animate=False, immediate=True)
        table.show(COLUMNS, [*rows(51)[50:], *rows(50)[::-1]])
        await pilot.pause()
        assert table.scroll_offset.y == 0
        table.follow()
        assert table.scroll_offset.y == 40

    run(table, test, size=(40, 12))
