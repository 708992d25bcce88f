"""The way to the terminal and back: Textual's driver, with fewer bytes, and with the terminal's answers kept apart."""

import os
import selectors
from codecs import getincrementaldecoder

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from workbench.terminal.asking import Answers
from workbench.terminal.thrift import Thrift

WAIT_S = 0.1
READ_BYTES = 4096


class ThriftyDriver(LinuxDriver):
    """Sends what Textual draws, shortened; takes answers out of the input, which Textual would take for keys."""

    takes_answers = True
    _thrift: Thrift | None = None

    def write(self, data: str) -> None:
        """Queue output for the terminal."""
        if self._thrift is None:
            self._thrift = Thrift()
        super().write(self._thrift.shortened(data))

    def run_input_thread(self) -> None:
        """Read the terminal until the app ends: answers go to the painter, the rest is keys and mouse."""
        parser, answers = XTermParser(self._debug), Answers()
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(WAIT_S):
                    data = os.read(self.fileno, READ_BYTES)
                    if not data:  # the terminal is gone
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
