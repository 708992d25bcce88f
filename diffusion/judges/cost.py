"""What longer work will take, said before it begins."""

WORTH_SAYING_S = 60.0


def told_seconds(seconds: float) -> str:
    """A length of time in words: about 40 s, about 3 min, about 2 h."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"
