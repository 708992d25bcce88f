"""What goes through tmux."""

from workbench.terminal.passthrough import wrapped_for_tmux


def test_a_sequence_in_its_envelope():
    """Its escapes are doubled, and the envelope is closed."""
    assert wrapped_for_tmux("\x1b[c") == "\x1bPtmux;\x1b\x1b[c\x1b\\"
