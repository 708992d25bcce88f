"""Fewer bytes for the same screen: long blanks on the terminal's own background are erased and skipped, not sent."""

import re
from collections.abc import Iterator
from functools import lru_cache

LONG = 12  # blanks: from here on ECH and CUF are shorter
_PARTS = re.compile(rf"\x1b\[([0-9;]*)m| {{{LONG},}}")


class Thrift:
    """A stream of terminal output, shortened. It keeps the style that is set, since a stream comes in pieces."""

    def __init__(self) -> None:
        self._plain = True

    def shortened(self, text: str) -> str:
        """text with runs of blanks replaced where they look like erased cells: no background, no line through them."""
        return _PARTS.sub(self._part, text)

    def _part(self, match: re.Match[str]) -> str:
        style = match[1]
        if style is not None:
            self._plain = _plain_after(style, self._plain)
            return match[0]
        count = len(match[0])
        return f"\x1b[{count}X\x1b[{count}C" if self._plain else match[0]


@lru_cache(maxsize=2000)
def _plain_after(style: str, before: bool) -> bool:
    """Whether erased cells look like blanks after the parameters of an SGR sequence."""
    plain = before
    codes = iter(style.split(";"))
    for code in codes:
        if code in ("", "0"):
            plain = True
        elif code in ("38", "58"):
            _skip_colour(codes)
        elif code == "48":
            _skip_colour(codes)
            plain = False
        elif code in ("4", "7", "9", "21", "53") or re.fullmatch(r"4[0-7]|10[0-7]", code):
            plain = False
        # 24, 27, 29, 49, 55 end one of these; another may go on, so plain stays as it is until a reset
    return plain


def _skip_colour(codes: Iterator[str]) -> None:
    kind = next(codes, "")
    for _ in range({"5": 1, "2": 3}.get(kind, 0)):
        next(codes, "")
