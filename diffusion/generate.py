"""Drawing from a checkpoint: from a file and what is wanted to a stream of events."""

from collections.abc import Callable, Generator
from pathlib import Path

from diffusion.checkpoints import part, put_weights, read_checkpoint
from diffusion.config import SamplingConfig
from diffusion.device import numerics, pick_device, set_threads
from diffusion.errors import UserError
from diffusion.events import Event, Progress, Sample
from diffusion.learner import make_network
from diffusion.memory import memory_errors_told
from diffusion.network.denoiser import Denoiser
from diffusion.previews import Weights, known_labels, plain_settings, sampling_of
from diffusion.process.parameterizations import make_parameterization
from diffusion.process.schedules import make_schedule
from diffusion.sampling.draw import Drawing, draw, in_turn
from diffusion.sampling.guidance import LabelledGradient


def generate(
    checkpoint: Path,
    *,
    label: int | None = None,
    count: int = 16,
    settings: SamplingConfig | None = None,
    seed: int = 0,
    repeats: int = 1,
    gradient: LabelledGradient | None = None,
    device: str = "auto",
    should_stop: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, None]:
    """Draw count pictures from a checkpoint: yields Progress, then one Sample; nothing more after a yes of should_stop.

    label: the class of all of them, None takes the classes in turn. settings: how to draw, the run's own when None.
    repeats: draw so many for each of the count, one round after the other. gradient: of CLIP guidance.
    The same seed gives the same pictures, and more pictures begin with the same ones. Raises UserError for a
    checkpoint, a class or a device that cannot be used, or too little memory.
    """
    state, tensors = read_checkpoint(checkpoint)
    config, classes = state.config, len(state.class_names)
    if label is not None and not 0 <= label < classes:
        raise UserError(f"class {label} does not occur", allowed=f"0 to {classes - 1}")
    if label is not None and config.network.conditioning == "none":
        raise UserError(
            f"class {label} was asked for, and this network knows no classes: network.conditioning is none",
            next_command="the same without --class",
        )
    chosen = sampling_of(config) if settings is None else sampling_of(config, **plain_settings(settings))
    where = pick_device(device)
    set_threads(state.size // config.network.patch)
    with memory_errors_told(where, f"drawing {count} pictures", "--device cpu"):
        network = make_network(config, size=state.size, channels=state.channels, classes=classes)
        weights: Weights = "ema" if chosen.weights == "ema" else "raw"
        put_weights(network, part(tensors, "ema" if weights == "ema" else "network"), checkpoint)
        numbers = numerics(config, where, state.size)
        network.to(where).to(memory_format=numbers.memory_format)
        denoiser = Denoiser(network.eval(), make_parameterization(config.process), numbers)
        labels, _ = in_turn(count, classes, label)
        labels, indices = labels * repeats, list(range(count * repeats))
        drawing = draw(
            denoiser,
            make_schedule(config.process),
            chosen,
            Drawing(known_labels(config, labels), indices, seed),
            shape=(state.channels, state.size, state.size),
            classes=classes,
            device=where,
            progress=Progress("sample", 0, 0, state.step),
            gradient=gradient,
        )
        while True:
            try:
                progress = next(drawing)
            except StopIteration as end:
                yield Sample(state.step, weights, end.value, plain_settings(chosen))
                return
            yield progress
            if should_stop():
                drawing.close()
                return
