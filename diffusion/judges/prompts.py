"""Prompt templates: what CLIP is asked of a picture, per data set; {} stands for the class's name."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from diffusion.data.catalog import FOLDER_PREFIX
from diffusion.errors import UserError

_DIGITS = (
    'a photo of the number: "{}".',
    "the digit {}",
    "a handwritten digit {}",
    "a handwritten number {}",
    "a scan of the handwritten digit {}.",
    'a small gray picture of the digit "{}".',
    "a white {} on a black ground",
)
_CLOTHES = (
    "a photo of a {}.",
    "a gray photo of a {} on a black ground.",
    "a product photo of a {}.",
    "a small photo of the {}.",
    "a piece of clothing: {}.",
)
# OpenAI's list for CIFAR-10: nine ways to say it, each with "a" and with "the" (Radford et al. 2021, arXiv:2103.00020).
_CIFAR10 = tuple(
    template
    for article in ("a", "the")
    for template in (
        *(f"a {quality}photo of {article} {{}}." for quality in ("", "blurry ", "black and white ", "low contrast ")),
        *(f"a {quality}photo of {article} {{}}." for quality in ("high contrast ", "bad ", "good ")),
        *(f"a photo of {article} {size} {{}}." for size in ("small", "big")),
    )
)
_ANY = ("a photo of a {}.", "a photo of the {}.", "a picture of a {}.", "a small photo of a {}.", "{}")

TEMPLATES: dict[str, tuple[str, ...]] = {
    "digits": _DIGITS,
    "mnist": _DIGITS,
    "fashion-mnist": _CLOTHES,
    "cifar10": _CIFAR10,
}


def templates_for(dataset: str, file: str = "") -> tuple[str, ...]:
    """The templates of a data set, or those of a file, one a line.

    Raises UserError for a file that cannot be read, has no line, or a line without exactly one {}.
    """
    if file:
        return _read(Path(file).expanduser())
    return TEMPLATES.get("" if dataset.startswith(FOLDER_PREFIX) else dataset, _ANY)


def _read(path: Path) -> tuple[str, ...]:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserError(
            f"the templates file {path} cannot be read: {told}", next_command=f"echo 'a photo of a {{}}.' > {path}"
        ) from error
    found = [line for line in lines if line]
    if not found:
        raise UserError(
            f"the templates file {path} has no template", next_command=f"echo 'a photo of a {{}}.' > {path}"
        )
    for line in found:
        if line.count("{}") != 1:
            raise UserError(
                f"a template in {path} is '{line}'",
                allowed="lines with {} once, where the class's name goes",
                next_command="a line such as: a photo of a {}.",
            )
    return tuple(found)


def filled(template: str, name: str) -> str:
    """A template with a class's name; other braces stay as they are."""
    return template.replace("{}", name)


def prompt_set_name(templates: Sequence[str], class_names: Sequence[str]) -> str:
    """A short name that changes with any template or class name: 18 templates 3f2a9c1e."""
    digest = hashlib.sha256("\n".join([*templates, "", *class_names]).encode()).hexdigest()[:8]
    return f"{len(templates)} template{'s' * (len(templates) != 1)} {digest}"
