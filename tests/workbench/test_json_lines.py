"""Events as JSON lines."""

import hashlib
import io
import json
import math

from diffusion.events import Checkpoint, ClipScore, ClipScores, Drawn, Finished, Metric, Sample
from tests.workbench.streams import picture, training
from workbench.json_lines import as_plain, events_as_json


def test_each_event_is_one_line_that_json_reads():
    """As many objects as events, each with the event's name; nothing that strict JSON does not know."""
    stream, events = io.StringIO(), list(training(4, nan_at=3))
    assert list(events_as_json(events, stream)) == events

    def refuse(word):
        raise AssertionError(word)

    objects = [json.loads(line, parse_constant=refuse) for line in stream.getvalue().splitlines()]
    assert len(objects) == len(events)
    assert objects[0]["event"] == "started"
    assert objects[-1] == {
        "event": "finished", "outcome": "diverged", "step": 3, "seconds": 1.5, "text": "loss is NaN", "figures": {},
    }  # fmt: skip
    assert {"event": "metric", "step": 3, "name": "train/loss", "value": None} in objects


def test_pictures_are_told_without_their_pixels():
    """Shape and SHA-256 of the bytes, so that two runs can be compared."""
    pixels = [255 if column == (row + 3) % 8 else 0 for row in range(8) for column in range(8)]
    one = Drawn(picture(3), 3, seed=0, index=7)
    plain = as_plain(Sample(5, "ema", (one,), {"sampler": "heun"}))
    assert plain["drawn"] == [
        {
            "label": 3,
            "seed": 0,
            "index": 7,
            "sampling_step": None,
            "sigma": None,
            "content": "x0",
            "shape": [8, 8, 1],
            "sha256": hashlib.sha256(bytes(pixels)).hexdigest(),
        }
    ]


def test_scores_are_told_picture_by_picture():
    """One object with a list of objects."""
    one = ClipScore("ab12", 3, 0.25, math.nan, 3)
    stream = io.StringIO()
    list(events_as_json([ClipScores(5, "judge", "model", "weights", "1 template", (one,))], stream))
    told = json.loads(stream.getvalue())
    assert (told["event"], told["judge"]) == ("clip_scores", "judge")
    assert told["scores"] == [{"sha256": "ab12", "label": 3, "cosine": 0.25, "probability": None, "best": 3}]


def test_names_are_in_small_letters():
    """TimestepLoss is timestep_loss; a checkpoint's function stays out."""
    assert as_plain(Checkpoint(3, lambda path: None)) == {"event": "checkpoint", "step": 3}
    assert as_plain(Metric(1, "a", math.inf))["event"] == "metric"
    assert as_plain(Finished("completed", 1, 1.0, figures={"loss": 1.0}))["figures"] == {"loss": 1.0}
    assert [as_plain(event)["event"] for event in training(2)].count("timestep_loss") == 1
