"""From counts of pictures done to Progress events."""

from collections.abc import Generator

from torch import Tensor

from diffusion.events import Progress


def telling(
    work: Generator[int, None, Tensor], total: int, step: int, base: int = 0
) -> Generator[Progress, None, Tensor]:
    """What work returns, its counts told as Progress of a total; base: pictures of the total done before."""
    while True:
        try:
            done = next(work)
        except StopIteration as end:
            found: Tensor = end.value
            return found
        yield Progress("evaluate", base + done, total, step)
