"""One run's pictures as they are recorded: their rows from where the last look ended."""

from typing import TYPE_CHECKING

from runs.records import Image
from runs.store import IMAGE_COLUMNS

if TYPE_CHECKING:
    from runs.store import Store


def newer_images(store: "Store", run: int, after: int, kinds: tuple[str, ...]) -> list[Image]:
    """A run's pictures of these kinds with a number above after, in the order they were recorded."""
    marks = ", ".join("?" * len(kinds))
    rows = store.db.execute(
        f"select {IMAGE_COLUMNS} from images where run = ? and number > ? and kind in ({marks}) order by number",  # noqa: S608
        (run, after, *kinds),
    )
    return [Image(*row) for row in rows]
