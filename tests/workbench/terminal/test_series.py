"""No two series look the same."""

from workbench.terminal.series import SERIES, look_of


def test_series_differ_without_colour():
    """The first eight by dash and by marker, the next ones by their combination."""
    assert len({look.dash for look in SERIES}) == len({look.marker for look in SERIES}) == len(SERIES)
    assert len({look_of(index) for index in range(64)}) == 64
    assert [look_of(index) for index in range(8)] == list(SERIES)
