"""A recorded config read back fast: five hundred runs share most of their sections, and each is read once."""

from typing import Any

from diffusion.config import RunConfig, with_settings
from diffusion.errors import UserError

MOST_KEPT = 10_000
_kept: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}


def quick_config(nested: dict[str, Any]) -> tuple[RunConfig, str]:
    """A recorded config, and what of it this version cannot read."""
    parts = {key: value for key, value in nested.items() if isinstance(value, dict)}
    top = {key: value for key, value in nested.items() if key not in parts}
    values: dict[str, Any] = {}
    problems = []
    for name, part in [*parts.items(), ("", top)]:
        key = name, repr(part)
        if key not in _kept:
            if len(_kept) >= MOST_KEPT:
                _kept.clear()
            _kept[key] = _section(name, part)
        found, problem = _kept[key]
        values |= found
        problems += [problem] if problem else []
    return RunConfig(**values), "; ".join(problems)


def _section(name: str, part: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The settings of one section as keywords of RunConfig, and what of them cannot be read."""
    config, problems = RunConfig(), []
    for key, value in part.items():
        try:
            config = with_settings(config, {f"{name}.{key}" if name else key: value})
        except UserError as error:
            problems.append(error.problem)
    names = [name] if name else list(part)
    return {one: getattr(config, one) for one in names if hasattr(config, one)}, "; ".join(problems)
