"""What a classifier reads in pictures: class accuracy, the confusion matrix, certainty, and training on drawn ones."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from diffusion.data.pictures import Split
from diffusion.events import Alert, Event, Progress
from diffusion.judges.classifier import Classifier, classifier_for, untrained_message
from diffusion.judges.classifier_train import right_answers, trained
from diffusion.judges.clip_judge import noise_pictures
from diffusion.judges.estimate import Estimate, Kind, baseline, evaluation, mean, share
from diffusion.judges.features import Features
from diffusion.judges.judged import Judged, Judging
from diffusion.judges.telling import telling
from diffusion.seeds import stream

NOISE = 1000  # pictures of pure noise


@dataclass(frozen=True)
class Reading:
    """What a classifier says of pictures: labels int64 [N] that they should have, probabilities [N, classes]."""

    labels: Tensor
    probabilities: Tensor

    @property
    def found(self) -> Tensor:
        """The most probable class, int64 [N]."""
        found: Tensor = self.probabilities.argmax(1)
        return found

    @property
    def right(self) -> Tensor:
        """Whether it is the wanted one, bool [N]."""
        right: Tensor = self.found == self.labels
        return right

    def confusion(self) -> Tensor:
        """Counts int64 [classes, classes]: row the wanted class, column the one that was read."""
        classes = self.probabilities.shape[1]
        return torch.bincount(self.labels * classes + self.found, minlength=classes**2).reshape(classes, classes)

    def entropy(self) -> Tensor:
        """Uncertainty of each answer in nats, [N]: 0 when certain, ln(classes) when all are equally probable."""
        found: Tensor = torch.special.entr(self.probabilities.double()).sum(1)
        return found


def accuracies(reading: Reading) -> Iterator[tuple[int | None, Estimate]]:
    """The share of right answers over all pictures (None) and of each class that occurs."""
    yield None, share(reading.right)
    for label in torch.unique(reading.labels).tolist():
        yield label, share(reading.right[reading.labels == label])


def judge_classifier(judged: Judged) -> Judging:
    """Class accuracy of drawn pictures with its baselines, confusion, certainty; with judges.cas the score of that."""
    classifier = yield from classifier_for(
        judged.pictures, judged.config, judged.judges, judged.device, train=judged.config.judges.train
    )
    if classifier is None:
        yield Alert("info", judged.step, untrained_message(judged.pictures, judged.config, judged.device))
        return
    real, other = judged.unseen, judged.others
    kept = Features(judged.judges, classifier.fingerprint)
    features: list[Tensor] = []
    for pictures in (real.pictures, other.pictures, judged.pixels):
        features.append((yield from telling(kept.of(pictures, classifier.features), len(pictures), judged.step)))
    known, moved, drawn = (
        Reading(labels, classifier.probabilities_of(found))
        for labels, found in zip((real.labels, other.labels, judged.labels), features, strict=True)
    )
    events = [*_baselines(judged, classifier, known, moved), *_results(judged, classifier.name, drawn)]
    if judged.config.judges.cas:
        events += yield from _training_on_drawn(judged, classifier.name)
    yield from events


def _results(judged: Judged, judge: str, drawn: Reading) -> Iterator[Event]:
    yield evaluation(judged, judge, "entropy", mean(drawn.entropy()))
    yield evaluation(judged, judge, "confidence", mean(drawn.probabilities.max(1).values))
    if (drawn.labels < 0).any():  # drawn without a class: there is no right answer, only how often each class comes
        for label in range(len(judged.class_names)):
            yield evaluation(judged, judge, "class_share", share(drawn.found == label), label)
        return
    for of, found in accuracies(drawn):
        yield evaluation(judged, judge, "accuracy", found, of)
    for of, read in torch.nonzero(drawn.confusion()).tolist():
        mine = drawn.found[drawn.labels == of]
        yield evaluation(judged, judge, f"confusion/{read}", share(mine == read), of)


def _baselines(judged: Judged, classifier: Classifier, known: Reading, moved: Reading) -> Iterator[Event]:
    name = classifier.name
    noise = noise_pictures(NOISE, shape_of(judged.pixels))
    drawn = torch.unique(known.labels)
    static = Reading(drawn[torch.arange(NOISE) % len(drawn)], classifier.probabilities(noise))
    kinds: tuple[tuple[Kind, Reading], ...] = (("real", known), ("other-class", moved), ("noise", static))
    for kind, reading in kinds:
        for of, found in accuracies(reading):
            yield baseline(judged, name, "accuracy", kind, found, of)
        yield baseline(judged, name, "entropy", kind, mean(reading.entropy()))
        yield baseline(judged, name, "confidence", kind, mean(reading.probabilities.max(1).values))


def _training_on_drawn(judged: Judged, judge: str) -> Generator[Progress, None, list[Event]]:
    """Classification accuracy score: learn from the drawn pictures, be tested on real ones; beside it, from real ones.

    Both learn from as many pictures a class. Source: Ravuri and Vinyals 2019, arXiv:1905.10887.
    """
    drawn = Split(judged.pixels, judged.labels)
    classes = len(judged.class_names)
    counts = torch.bincount(drawn.labels.clamp(min=0), minlength=classes)
    if (drawn.labels < 0).any() or int(counts.min()) < 2:
        text = "the classification accuracy score takes 2 drawn pictures of each class or more"
        return [Alert("warning", judged.step, f"{text}; next: workbench score RUN --per-class 64")]
    real = as_many_of_each_class(judged.pictures.train, counts)
    events: list[Event] = []
    for name, split in (("cas_train_generated", drawn), ("cas_train_real", real)):
        network = yield from trained(
            split, classes=classes, flip=judged.pictures.flip, device=judged.device, step=judged.step
        )
        right = right_answers(network, judged.pictures.test, judged.device)
        events.append(evaluation(judged, judge, name, share(right)))
    return events


def shape_of(pixels: Tensor) -> tuple[int, int, int]:
    """[C, H, W] of pictures [N, C, H, W]."""
    channels, high, wide = pixels.shape[1:]
    return channels, high, wide


def as_many_of_each_class(split: Split, counts: Tensor) -> Split:
    """A part of a split with so many pictures of each class, or all of them where there are fewer; always the same."""
    generator = stream(0, "as many of each class")
    rows = []
    for label, count in enumerate(counts.tolist()):
        of_class = torch.nonzero(split.labels == label)[:, 0]
        rows.append(of_class[torch.randperm(len(of_class), generator=generator)[:count]])
    chosen = torch.cat(rows)
    return Split(split.pictures[chosen], split.labels[chosen])
