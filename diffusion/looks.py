"""When judges look at what a run draws: at its end at the final samples, and on the way at freshly drawn pictures."""

from collections.abc import Generator
from pathlib import Path

from diffusion.config import RunConfig
from diffusion.data.pictures import Pictures
from diffusion.evaluate import evaluate, sharp_pictures, wanted
from diffusion.events import Drawn, Event
from diffusion.judges.judged import Judged
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

    def _snapshots(self) -> int:
        return MOST_SNAPSHOTS if self._on else 0
