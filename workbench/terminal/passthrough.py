"""What goes through tmux to the terminal around it."""


def wrapped_for_tmux(sequence: str) -> str:
    """A sequence as tmux passes it through to the terminal around it, when its option allow-passthrough is on."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
