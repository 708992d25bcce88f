"""When judges look at what a run draws: at its end at the final samples, and on the way at freshly drawn pictures."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffusion.config import RunConfig
from diffusion.data.pictures import Pictures
from diffusion.evaluate import evaluate, sharp_pictures, wanted
from diffusion.events import Drawn, Event
from diffusion.judges.classifier import classifier_for
from diffusion.judges.hacking import change, classifier_reading, clip_reading, verdict
from diffusion.judges.judged import Judged
from diffusion.judges.steering import Steering
from diffusion.learner import Learner
from diffusion.previews import drawn_for_judges, final_samples

MOST_SNAPSHOTS = 100  # pictures that are also kept on their way, at every sampling step

Events = Generator[Event, None, None]


class Looks:
    """A run's judging. Without a folder of judges, or with all of them off, there is none."""

    def __init__(self, config: RunConfig, pictures: Pictures, judges: Path | None, data_folder: Path | None) -> None:
        self._config = config
        self._pictures = pictures
        self._judges = judges
        self._data_folder = data_folder
        self._on = judges is not None and bool(wanted(config))
        self._drawn: tuple[Drawn, ...] = ()  # the final samples, after their snapshots
        self._readings: dict[str, NDArray[np.float64]] = {}  # of the last look, by judge

    @property
    def at_end(self) -> bool:
        """Whether the final samples are judged."""
        return self._on and self._config.sampling.per_class > 0

    def due(self, step: int) -> bool:
        """Whether a look on the way comes after this step."""
        every = self._config.judges.every_steps
        return self._on and every > 0 and step > 0 and step % every == 0

    def samples(self, learner: Learner) -> Events:
        """The final samples, kept for the judges."""
        self._drawn = yield from final_samples(learner, self._snapshots())

    def judge(self, learner: Learner, *, at_end: bool) -> Events:
        """What the judges say; pictures that a run which was stopped had drawn before are drawn again, the same."""
        assert self._judges is not None
        recorded = at_end and self.at_end
        drawn = self._drawn if recorded else ()
        if not drawn:
            per_class = self._config.sampling.per_class if recorded else self._config.judges.per_class
            drawn = yield from drawn_for_judges(learner, per_class, self._snapshots())
        pictures = yield from sharp_pictures(self._config, self._pictures, self._data_folder)
        judged = Judged(
            config=self._config,
            pictures=pictures,
            drawn=tuple(one for one in drawn if one.sampling_step is None),
            step=learner.step,
            device=learner.device,
            judges=self._judges,
            recorded=recorded,
            trajectory=tuple(one for one in drawn if one.sampling_step is not None),
        )
        yield from evaluate(judged)
        if learner.steering is not None and self._config.train.clip_loss_weight:
            yield from self._hacking(learner.steering, judged)

    def _hacking(self, steering: Steering, judged: Judged) -> Events:
        """What CLIP's loss has changed since the last look, for CLIP and for the classifier: the noise is the same."""
        config = self._config
        reading = classifier_for(judged.pictures, config, judged.judges, judged.device, train=config.judges.train)
        classifier = yield from reading
        count = min(len(judged.drawn), config.judges.per_class * len(judged.class_names))
        pixels, label = judged.pixels[:count], judged.labels[:count]
        now = [(steering.clip.name, clip_reading(steering, pixels, label))]
        if classifier is not None:
            now.append((classifier.name, classifier_reading(classifier, pixels, label)))
        before, self._readings = self._readings, dict(now)
        pairs = [(name, before[name], after) for name, after in now if name in before]
        changes = [change(name, first[:count], after[: len(first)]) for name, first, after in pairs]
        if changes:
            by = "CLIP's loss, since the last look,"
            yield from verdict(judged.step, by, changes[0], changes[1] if len(changes) > 1 else None)

    def _snapshots(self) -> int:
        return MOST_SNAPSHOTS if self._on else 0
