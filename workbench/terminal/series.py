"""How series differ in a chart: by colour, by dash and by marker, so that no two are told apart by colour alone."""

from typing import NamedTuple


class Look(NamedTuple):
    """colour is RGB as hex. dash is columns of dots drawn and left out in turn, empty for a whole line."""

    colour: str
    dash: tuple[int, ...]
    marker: str


# Colours: Okabe and Ito 2008, which people of each kind of colour vision tell apart; gray where they have black, which
# a dark terminal does not show.
SERIES = (
    Look("#56B4E9", (), "●"),
    Look("#E69F00", (8, 3), "▲"),
    Look("#009E73", (3, 2), "■"),
    Look("#CC79A7", (9, 2, 2, 2), "◆"),
    Look("#D55E00", (5, 5), "▼"),
    Look("#0072B2", (2, 4), "★"),
    Look("#F0E442", (12, 2, 2, 2, 2, 2), "○"),
    Look("#999999", (1, 3), "□"),
)


def look_of(index: int) -> Look:
    """The look of the series with this number; after eight a colour returns with another dash and marker."""
    turn, place = divmod(index, len(SERIES))
    other = SERIES[(place + turn) % len(SERIES)]
    return Look(SERIES[place].colour, other.dash, other.marker)
