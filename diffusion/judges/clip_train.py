"""A small CLIP, trained here on a data set's own pictures, so that scoring works without a download.

It is a real open_clip model. Two things make it cheap: a step encodes two captions of each class, whatever the number
of pictures, with soft targets over all pictures of the class; and the word vectors, nine tenths of the parameters,
stay as they were drawn, since any fixed vector can stand for a word. Half of the captions are random words around the
class's name, so that templates it has never met are read as well.
"""

import json
import math
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, normalize

from diffusion.data.pictures import Pictures
from diffusion.device import one_thread
from diffusion.errors import UserError
from diffusion.events import Progress
from diffusion.judges.clip import CONFIG_FILE, WEIGHT_FILES, Clip, Source, trained_name
from diffusion.judges.intervals import share_interval
from diffusion.judges.kept import write_judge
from diffusion.judges.prompts import filled, templates_for
from diffusion.seeds import stream, stream_seed

CONTEXT = 16  # tokens of a caption
BATCH = 64
RATE, WEIGHT_DECAY = 3e-3, 0.1
SMALL_STEPS, STEPS = 350, 3000  # of data sets up to and above SMALL_SET pictures
SMALL_SET = 5000
WORDS = (300, 49_400)  # tokens of the vocabulary that stand for words or their ends
UNSEEN = "somebody wrote a {} here"  # a template that no training caption comes from
MOST_TESTED = 2000
HIGHEST_SCALE = math.log(100)  # Radford et al. 2021, arXiv:2103.00020, section 2.5


def model_config(side: int) -> dict[str, Any]:
    """open_clip's config of the judge for pictures of this side: 4 patches below 16 pixels, else 16."""
    grid = 2 if side < 16 else 4
    size = min(64, -(-side // grid) * grid)
    return {
        "embed_dim": 64,
        "vision_cfg": {"image_size": size, "patch_size": size // grid, "width": 96, "layers": 2, "head_width": 32},
        "text_cfg": {"context_length": CONTEXT, "vocab_size": 49_408, "width": 32, "heads": 2, "layers": 1},
    }


def train_clip(
    pictures: Pictures, dataset: str, judges: Path, device: torch.device, *, seed: int = 0
) -> Generator[Progress, None, dict[str, Any]]:
    """Train a judge on the training split and keep it in judges; returns what is said of it in judge.json.

    pictures: sharp ones. Raises UserError for fewer than two classes. Its accuracies are zero-shot on test pictures,
    with the data set's templates and with one that it has never met.
    """
    import open_clip

    if len(pictures.class_names) < 2 or not len(pictures.test):
        raise UserError(
            f"a CLIP judge needs two classes or more and test pictures, and {dataset} has "
            f"{len(pictures.class_names)} and {len(pictures.test)}"
        )
    start, config, name = time.perf_counter(), model_config(pictures.size), trained_name(dataset, pictures)
    with torch.random.fork_rng(devices=[]):  # its initializers know only the global stream
        torch.manual_seed(stream_seed(seed, "clip judge"))
        network = open_clip.CLIP(**config)
    preprocess = {"size": config["vision_cfg"]["image_size"], "mean": [0.5] * 3, "std": [0.5] * 3}
    open_clip.model.set_model_preprocess_cfg(network, {"interpolation": "bicubic", "mode": "RGB"} | preprocess)
    tokenizer = open_clip.SimpleTokenizer(context_length=CONTEXT)
    captions = Captions(tokenizer, templates_for(dataset), pictures.class_names, seed)
    with one_thread():
        yield from _learn(network.to(device), pictures, captions, device, seed)
    clip = Clip(Source(name, "", ""), network, tokenizer, "", device)
    about = {
        "kind": "clip",
        "dataset": dataset,
        "data_checksum": pictures.checksum,
        "classes": list(pictures.class_names),
        "size": pictures.size,
        "channels": pictures.channels,
        **_held_out(clip, pictures, templates_for(dataset)),
        "parameters": sum(one.numel() for one in network.parameters()),
        "seed": seed,
        "seconds": round(time.perf_counter() - start, 1),
    }

    def write_files(folder: Path) -> None:
        """The weights, and the config as open_clip reads it."""
        weights = {key: tensor.detach().cpu().contiguous() for key, tensor in network.state_dict().items()}
        save_file(weights, folder / WEIGHT_FILES[0])
        text = json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}, indent=1)
        (folder / CONFIG_FILE).write_text(text + "\n")

    write_judge(judges, name, about, write_files)
    return {"name": name} | about


class Captions:
    """Token rows of captions that name a class, each time other ones."""

    def __init__(self, tokenizer: Any, templates: Sequence[str], names: Sequence[str], seed: int) -> None:
        self._names = [tokenizer.encode(name)[: CONTEXT - 2] for name in names]
        pairs = (template.split("{}") for template in templates)
        self._around = [(tokenizer.encode(before), tokenizer.encode(after)) for before, after in pairs]
        self._ends = tokenizer.sot_token_id, tokenizer.eot_token_id
        self._random = np.random.default_rng(stream_seed(seed, "clip captions"))

    def draw(self) -> Tensor:
        """Two captions of each class, int64 [2 classes, CONTEXT]: first one of each, then the second."""
        return torch.tensor([self._row(name) for _ in range(2) for name in self._names])

    def _row(self, name: list[int]) -> list[int]:
        random = self._random
        if random.random() < 0.5:
            before, after = (list(random.integers(*WORDS, random.integers(0, most))) for most in (9, 5))
        else:
            before, after = self._around[random.integers(len(self._around))]
        room = CONTEXT - 2 - len(name)
        kept = before[:room]
        tokens = [self._ends[0], *kept, *name, *after[: room - len(kept)], self._ends[1]]
        return [int(token) for token in tokens] + [0] * (CONTEXT - len(tokens))


def contrastive_loss(images: Tensor, texts: Tensor, label: Tensor, scale: Tensor) -> Tensor:
    """CLIP's loss where several captions fit one picture and several pictures one caption: soft targets.

    images [N, D] and texts [2 classes, D] are unit vectors, caption j is of class j mod classes; label int64 [N].
    Radford et al. 2021, figure 3; the soft targets as in supervised contrastive learning (arXiv:2004.11362, eq. 2).
    """
    logits = scale * images @ texts.T
    caption_of = torch.arange(len(texts), device=label.device) % (len(texts) // 2)
    fits = (label[:, None] == caption_of).float()
    shown = fits.sum(0) > 0  # captions whose class is in the batch
    by_picture = -(fits / fits.sum(1, keepdim=True) * logits.log_softmax(1)).sum(1).mean()
    by_caption = -(fits / fits.sum(0).clamp(min=1) * logits.log_softmax(0)).sum(0)[shown].mean()
    return (by_picture + by_caption) / 2


def _learn(
    network: Any, pictures: Pictures, captions: Captions, device: torch.device, seed: int
) -> Generator[Progress, None, None]:
    steps = SMALL_STEPS if len(pictures.train) <= SMALL_SET else STEPS
    network.token_embedding.weight.requires_grad_(False)
    learned = [one for one in network.parameters() if one.requires_grad]
    groups = [
        {"params": [one for one in learned if one.ndim > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [one for one in learned if one.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98), fused=device.type in ("cpu", "cuda"))
    source = Clip(Source("", "", ""), network, None, "", device)
    network.train().requires_grad_(True).token_embedding.weight.requires_grad_(False)
    generator = stream(seed, "clip judge pictures")
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / 30) * 0.5 * (1 + math.cos(math.pi * step / steps))
        rows = torch.randint(0, len(pictures.train), (BATCH,), generator=generator)
        batch = source.preprocess(pictures.train.pictures[rows])
        images = normalize(network.encode_image(moved(batch, generator, flip=pictures.flip)), dim=-1)
        texts = normalize(network.encode_text(captions.draw().to(device)), dim=-1)
        label = pictures.train.labels[rows].to(device)
        loss = contrastive_loss(images, texts, label, network.logit_scale.exp())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        network.logit_scale.data.clamp_(0, HIGHEST_SCALE)
        yield Progress("judge", step + 1, steps)


def moved(batch: Tensor, generator: torch.Generator, *, flip: bool) -> Tensor:
    """Pictures [N, C, H, W] turned by up to 9 degrees, scaled by a tenth, moved by an eighth, with a little noise."""
    count = len(batch)
    angle, size, *shift = (2 * torch.rand(4, count, generator=generator) - 1) * torch.tensor(
        [[0.15], [0.1], [0.125], [0.125]]
    )
    sign = 1 - 2.0 * (torch.rand(count, generator=generator) < 0.5) if flip else torch.ones(count)
    scale = 1 + size
    rows = [
        torch.stack([scale * angle.cos() * sign, -scale * angle.sin(), shift[0]], 1),
        torch.stack([scale * angle.sin() * sign, scale * angle.cos(), shift[1]], 1),
    ]
    grid = affine_grid(torch.stack(rows, 1).to(batch.device), list(batch.shape), align_corners=False)
    noise = torch.randn(batch.shape, generator=generator).to(batch.device)
    return grid_sample(batch, grid, padding_mode="border", align_corners=False) + 0.05 * noise


def _held_out(clip: Clip, pictures: Pictures, templates: Sequence[str]) -> dict[str, Any]:
    """Zero-shot accuracy on test pictures, with its 95 % interval, and with a template that it has never met."""
    tested, labels = pictures.test.pictures[:MOST_TESTED], pictures.test.labels[:MOST_TESTED]
    features = torch.cat([clip.encode(part) for part in torch.split(tested, 256)])
    shares = []
    for asked in (templates, [UNSEEN]):
        best = (features @ clip.classes(pictures.class_names, asked).T).argmax(1).cpu()
        shares.append(int((best == labels).sum()))
    low, high = share_interval(shares[0], len(labels))
    return {
        "accuracy": shares[0] / len(labels),
        "accuracy_low": low,
        "accuracy_high": high,
        "accuracy_unseen_template": shares[1] / len(labels),
        "unseen_template": filled(UNSEEN, "..."),
        "n": len(labels),
        "templates": list(templates),
    }
