"""The way to the terminal and back: Textual's driver, with fewer bytes, and with the terminal's answers kept apart."""

import os
import selectors
from codecs import getincrementaldecoder
from typing import Any, cast

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from workbench.terminal.asking import Answers
from workbench.terminal.backlog import Backlog, Outlet
from workbench.terminal.thrift import Thrift

WAIT_S = 0.1
READ_BYTES = 4096


class ThriftyDriver(LinuxDriver):
    """Sends what Textual draws, shortened, and lets nothing be drawn while the terminal does not take it; takes answers
    out of the input, which Textual would take for keys.
    """

    takes_answers = True

    def __init__(self, *words: Any, **named: Any) -> None:
        super().__init__(*words, **named)
        self._thrift = Thrift()
        self.backlog = Backlog(self._app._begin_batch, self._all_taken)
        if self._file is not None:
            self._file = cast("Any", Outlet(self._file, self.backlog))

    def write(self, data: str) -> None:
        """Queue output for the terminal."""
        text = self._thrift.shortened(data)
        self.backlog.add(text)
        super().write(text)

    def _all_taken(self) -> None:
        """In the thread that writes."""
        self._app.call_later(self._draw_again)

    def _draw_again(self) -> None:
        """The terminal has taken everything: what has changed since, or where a frame was lost all of the screen."""
        self._app._end_batch()
        if getattr(self._app, "lost", True):
            self._app.screen.refresh()
        else:
            self._app.screen.check_idle()

    def run_input_thread(self) -> None:
        """Read the terminal until the app ends: answers go to the painter, the rest is keys and mouse."""
        parser, answers = XTermParser(self._debug), Answers()
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(WAIT_S):
                    data = os.read(self.fileno, READ_BYTES)
                    if not data:  # the terminal is gone, and whoever ignores SIGHUP would stay for ever
                        self._app.call_later(self._app.exit)
                        break
                    typed, found = answers.feed(decode(data))
                    for answer in found:
                        self._app.call_later(_answered, self._app, answer)
                else:
                    typed = answers.flush()
                for event in parser.feed(typed) if typed else ():
                    self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)


def _answered(app: object, answer: object) -> None:
    from workbench.widgets.painter import painter_of

    painter_of(app).answered(answer)  # type: ignore[arg-type]
