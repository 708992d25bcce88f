"""The way to the terminal: Textual's driver, with fewer bytes."""

from textual.drivers.linux_driver import LinuxDriver

from workbench.terminal.thrift import Thrift


class ThriftyDriver(LinuxDriver):
    """Sends what Textual draws, shortened."""

    _thrift: Thrift | None = None

    def write(self, data: str) -> None:
        """Queue output for the terminal."""
        if self._thrift is None:
            self._thrift = Thrift()
        super().write(self._thrift.shortened(data))
