"""Screens in a terminal with colours."""

import pytest


@pytest.fixture(autouse=True)
def _colours(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
