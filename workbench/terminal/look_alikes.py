"""ASCII that looks like what a terminal without UTF-8 cannot show: curves, bars and cut names stay readable there."""

import codecs

NAME = "workbench.look_alikes"  # of the error handler, for a stream's errors=
ALIKE = {
    **{"…": "~", "─": "-", "━": "-", "│": "|", "┤": "|", "┼": "+", "└": "+", "×": "x", "–": "-", "σ": "sigma"},
    **{" ": " ", "░": ".", "▒": "+", "▓": "%", "█": "#", "▀": "'", "▄": "."},
}
BRAILLE = 0x2800
UPPER, LOWER = 0x01 | 0x02 | 0x08 | 0x10, 0x04 | 0x20 | 0x40 | 0x80  # bits of a braille character's dots


def look_alike(character: str) -> str:
    """One ASCII text in place of a character, mostly one as wide."""
    dots = ord(character) - BRAILLE
    if 0 <= dots <= 0xFF:
        return (" ", "'", ".", ":")[bool(dots & UPPER) + 2 * bool(dots & LOWER)]
    return ALIKE.get(character, "?")


def _handle(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(look_alike, error.object[error.start : error.end])), error.end


codecs.register_error(NAME, _handle)
