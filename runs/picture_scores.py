"""A judge's score of each picture of a run, by the noise that the picture was drawn from: what makes pictures pairs."""

from typing import TYPE_CHECKING

from runs.figures import Measured

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

Noise = tuple[int, int, int]  # class, seed and index: two runs draw from the same noise where these are equal
SCORES = {  # the figures that are means over pictures whose scores are kept, from the columns of clip_scores
    "cosine": "cosine",
    "clip_score_100": "100 * cosine",
    "clip_score_2.5": "2.5 * max(cosine, 0)",
    "probability": "probability",
    "accuracy": "clip_scores.best = clip_scores.label",
}


def picture_scores(
    store: "Store", run: "Run", figure: str, of: Measured, label: int | None = None
) -> dict[Noise, float]:
    """Each picture's score behind a judged figure ("JUDGE NAME"), of one class or of all; empty where none are kept.

    of: the judged number, which says of which pictures it is.
    """
    judge, _, name = figure.rpartition(" ")
    if name not in SCORES or of.sample_set is None:
        return {}
    rows = store.db.execute(
        f"select images.label, images.seed, images.sample_index, {SCORES[name]} "  # noqa: S608 fixed text
        "from images join clip_scores on clip_scores.run = images.run and clip_scores.sha256 = images.sha256 "
        "and clip_scores.label = images.label "
        "where images.run = ?1 and images.kind = 'sample' and images.sample_set = ?2 and clip_scores.judge = ?3 "
        "and (?4 is null or images.label = ?4) order by clip_scores.time",
        (run.number, of.sample_set, judge, label),
    )
    return {(drawn_as, seed, index): float(value) for drawn_as, seed, index, value in rows if value is not None}
