"""Whether a file of weights fits the config of a CLIP model.

open_clip alone is no check: it resizes position embeddings of another length without a word, so that a judge of another
size judges, and breaks off at the first tensor that it cannot use.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from diffusion.errors import UserError

MOST_NAMES = 6  # tensors that are told by name
CONVERTED = (".npz", ".npy")  # of other libraries, with names of their own: open_clip translates them
OWN_TOWERS = ("hf_model_name", "timm_model_name")  # towers of other libraries, which build them
LATER = "num_batches_tracked"  # what old weights lack, and torch fills in

Shapes = Mapping[str, tuple[int, ...]]


def check_weights(path: Path, settings: Mapping[str, Any]) -> None:
    """Raise UserError where a file's tensors are not those of the model that settings (open_clip's model_cfg) describe.

    All that are missing, unknown or of another shape are told at once. Left to open_clip are weights whose names are
    another library's, and models with such towers.
    """
    given, wanted = _shapes(path), _wanted(settings)
    if not given and path.suffix not in CONVERTED:
        raise UserError(f"the weights {path} hold no tensors", next_command="a whole copy of the file")
    if _is_known(given, wanted):
        wrong = misfits(given, wanted)
        if wrong:
            raise misfit(path, wrong)


def check_finite(path: Path, network: torch.nn.Module) -> None:
    """Raise UserError for weights with values that are not finite: every score would be of no meaning."""
    wrong = [name for name, tensor in network.state_dict().items() if not bool(torch.isfinite(tensor).all())]
    if wrong:
        raise UserError(
            f"the weights {path} hold values that are not finite, in {_listed(wrong)}", next_command="other weights"
        )


def misfits(given: Shapes, wanted: Shapes) -> list[str]:
    """What is wrong with each tensor that is missing, unknown or of another shape, by name."""
    found = [f"{name} is missing" for name in wanted.keys() - given.keys() if not name.endswith(LATER)]
    found += [f"{name} is unknown" for name in given.keys() - wanted.keys()]
    for name in wanted.keys() & given.keys():
        if given[name] != wanted[name] and not name.startswith("logit_"):  # a number or [1]: open_clip takes both
            found.append(f"{name} is {_told(given[name])}, not {_told(wanted[name])}")
    return sorted(found)


def misfit(path: Path, wrong: list[str]) -> UserError:
    """The error for weights with tensors that do not fit."""
    return UserError(
        f"the weights {path} do not fit the model's config: {_listed(wrong)}",
        next_command="the config that the weights were trained with, or other weights",
    )


def _shapes(path: Path) -> Shapes:
    """The shape of each tensor of a file. Raises UserError for a file that holds none, as a damaged one."""
    if path.suffix in CONVERTED:
        return {}
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as file:
                return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 no dict
        from open_clip.factory import load_state_dict

        return {name: tuple(tensor.shape) for name, tensor in load_state_dict(str(path)).items()}
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, f": {error}") from error
    except Exception as error:  # torch's unpickler raises whatever the bytes lead it to, which tells a person nothing
        raise _unreadable(path) from error


def _unreadable(path: Path, why: str = "") -> UserError:
    return UserError(
        f"the weights {path} are damaged or no weights at all{why}",
        allowed="a whole file of safetensors, or of torch's state_dict",
    )


def _wanted(settings: Mapping[str, Any]) -> Shapes:
    """The shape of each tensor of a model, of which nothing is made; none where other libraries build its towers."""
    import open_clip

    towers = {**settings["vision_cfg"], **settings["text_cfg"]}
    if settings.get("custom_text") or "multimodal_cfg" in settings or any(name in towers for name in OWN_TOWERS):
        return {}
    with torch.device("meta"):
        network = open_clip.CLIP(**{key: value for key, value in settings.items() if key != "custom_text"})
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def _is_known(given: Shapes, wanted: Shapes) -> bool:
    return any(not name.startswith("logit_") for name in given.keys() & wanted.keys())


def _listed(wrong: list[str]) -> str:
    more = len(wrong) - MOST_NAMES
    return ", ".join(wrong[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _told(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a number"
