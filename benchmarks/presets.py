"""What the presets reach: python -m benchmarks.presets digits mnist [--seeds 3] [--set KEY=VALUE ...] [--json]

Trains each preset as `workbench run` does, draws 100 guided pictures a class, and lets a classifier that learned from
real pictures alone read them. Prints a row a run: seconds, loss, class accuracy, share of near-copies.
"""

import argparse
import functools
import json
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.classifiers import Classifier, near_copies, train_classifier
from diffusion.config import RunConfig, with_settings
from diffusion.data.load import load
from diffusion.data.pictures import Pictures
from diffusion.events import Checkpoint, Finished, Sample
from diffusion.generate import generate
from diffusion.presets import PRESETS, preset
from diffusion.train import train

COLUMNS = ("preset", "seed", "train_s", "draw_s", "loss", "val_loss", "class_accuracy", "worst_class", "near_copies",
           "images_per_s", "parameters", "rss_gb", "classifier", "classifier_on_real")  # fmt: skip


@functools.cache
def judge(dataset: str, data: Path, resnet20: Path | None) -> tuple[Pictures, Classifier]:
    """The real pictures of a data set and the classifier that learned from them."""
    base = preset(dataset).config if dataset in PRESETS else RunConfig()
    pictures = load(with_settings(base, {"data.dataset": dataset}), data)
    return pictures, train_classifier(pictures, resnet20)


def measure(
    name: str, seed: int, sets: list[str], data: Path, per_class: int, resnet20: Path | None
) -> dict[str, object]:
    """One row."""
    changes = dict(text.split("=", 1) for text in sets) | {"seed": str(seed)}
    config = with_settings(preset(name).config, changes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "last.safetensors"
        end, start, parameters = None, time.perf_counter(), 0
        for event in train(config, data_folder=data):
            if isinstance(event, Checkpoint):
                event.write(path)
            elif isinstance(event, Finished):
                end = event
            elif type(event).__name__ == "Started":
                parameters = event.facts["parameters"]
        train_s = time.perf_counter() - start
        assert end is not None
        start, sample = time.perf_counter(), None
        for event in generate(path, count=10 * per_class, settings=config.sampling, seed=seed + 1000):
            sample = event if isinstance(event, Sample) else sample
        draw_s = time.perf_counter() - start
    assert sample is not None
    drawn = torch.from_numpy(np.stack([one.picture for one in sample.drawn])).permute(0, 3, 1, 2).contiguous()
    labels = np.array([one.label for one in sample.drawn])
    pictures, classifier = judge(config.data.dataset, data, resnet20)
    right = classifier.predict(drawn) == labels
    worst = min((right[labels == label].mean(), label) for label in range(len(pictures.class_names)))
    return {
        "preset": name, "seed": seed, "train_s": round(train_s, 1), "draw_s": round(draw_s, 1),
        "loss": round(end.figures["loss"], 4), "val_loss": round(end.figures["val/loss"], 4),
        "class_accuracy": round(float(right.mean()), 4),
        "worst_class": f"{pictures.class_names[worst[1]]} {worst[0]:.2f}",
        "near_copies": round(near_copies(drawn, pictures), 4), "images_per_s": round(end.figures["images_per_s"]),
        "parameters": parameters, "rss_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "classifier": classifier.name, "classifier_on_real": round(classifier.accuracy, 4),
    }  # fmt: skip


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="+")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--per-class", type=int, default=100)
    parser.add_argument("--set", action="append", default=[], dest="sets")
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("WORKBENCH_DATA", "data")))
    parser.add_argument("--resnet20", type=Path, help="safetensors of a CIFAR-10 ResNet-20, to read colour pictures")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not asked.json:
        print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS), flush=True)
    for name in asked.presets:
        for seed in range(asked.seeds):
            row = measure(name, seed, asked.sets, asked.data_dir, asked.per_class, asked.resnet20)
            print(
                json.dumps(row) if asked.json else "| " + " | ".join(str(row[key]) for key in COLUMNS) + " |",
                flush=True,
            )


if __name__ == "__main__":
    main()
