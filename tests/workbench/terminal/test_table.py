"""Tables that line up and fit."""

import pytest

from workbench.terminal.table import Column, parted_lines, table_lines

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


HIDING = (
    Column("NAME", shrinks_to=4),
    Column("DATA", hides=2, shrinks_to=3),
    Column("N", right=True, hides=1),
    Column("AGE"),
)
ROW = ["a long name", "digits", "12345", "3 min"]


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        pytest.param(None, ["NAME         DATA        N  AGE", "a long name  digits  12345  3 min"], id="a program"),
        pytest.param(33, ["NAME         DATA        N  AGE", "a long name  digits  12345  3 min"], id="all of it"),
        pytest.param(32, ["NAME        DATA        N  AGE", "a long na…  digits  12345  3 min"], id="cut"),
        pytest.param(23, ["NAME  DA…      N  AGE", "a l…  di…  12345  3 min"], id="cut as far as may be"),
        pytest.param(22, ["NAME          N  AGE", "a long …  12345  3 min"], id="without the data"),
        pytest.param(18, ["NAME      N  AGE", "a l…  12345  3 min"], id="just enough"),
        pytest.param(17, ["NAME        AGE", "a long na…  3 min"], id="without the number"),
        pytest.param(5, ["NAME  AGE", "a l…  3 min"], id="never less than what may not hide"),
    ],
)
def test_columns_that_have_no_room_are_left_out(width, lines):
    """Those that say least first, and only where cutting does not do."""
    assert table_lines(HIDING, [ROW], width) == lines


def test_no_rows():
    """The heading fits all the same."""
    assert table_lines(HIDING, [], 12) == ["NAME  N  AGE"]


def test_columns_without_room_stand_below():
    """Each part has the keys; a part holds as many columns as fit, and one where none does."""
    keys, columns = [Column("KEY")], [Column(name) for name in ("first", "second", "third", "much-too-wide-for-it")]
    rows = [["a", "1", "2", "3", "4"], ["b", "5", "6", "7", "8"]]
    told = parted_lines(keys, columns, rows, 20)
    assert told[:3] == ["KEY  first  second", "a    1      2", "b    5      6"]
    assert told[3:6] == ["", "KEY  third", "a    3"]
    assert told[-3:] == ["KEY  much-too-wide-for-it", "a    4", "b    8"]
    assert len(parted_lines(keys, columns, rows)) == 3
    assert parted_lines(keys, [], [["a"], ["b"]], 20) == ["KEY", "a", "b"]
