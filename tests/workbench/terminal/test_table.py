"""Tables that line up and fit."""

from workbench.terminal.table import Column, table_lines

COLUMNS = (Column("NAME", shrinks_to=4), Column("N", right=True))


def test_columns_line_up():
    """Text at the left, numbers at the right, no blanks at the ends of lines."""
    assert table_lines(COLUMNS, [["a", "1"], ["longer", "20"]]) == ["NAME     N", "a        1", "longer  20"]


def test_wide_tables_are_cut_where_they_may():
    """Ten cells: the name gives way, the number does not."""
    assert table_lines(COLUMNS, [["a long name", "12345"]], 12) == ["NAME       N", "a lo…  12345"]


def test_a_column_keeps_its_least_width():
    """Too narrow for all: the line is longer than the screen rather than unreadable."""
    assert table_lines(COLUMNS, [["a long name", "12345"]], 3)[1] == "a l…  12345"


def test_wide_characters_count_twice():
    """A Chinese name and a Latin one end at the same cell."""
    assert table_lines(COLUMNS, [["日本", "1"], ["abcd", "2"]])[1:] == ["日本  1", "abcd  2"]
