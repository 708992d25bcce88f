"""Judging: from drawn pictures and the real ones to a stream of events."""

import importlib
from collections.abc import Callable

from diffusion.config import RunConfig
from diffusion.errors import UserError
from diffusion.events import Alert
from diffusion.judges.judged import Judged, Judging

# In the order of judging, by the setting judges.* that turns each off; imported when it judges.
JUDGES = {
    "clip": ("diffusion.judges.clip", "judge_clip"),
}


def wanted(config: RunConfig) -> list[str]:
    """The judges that a config asks for."""
    return [name for name in JUDGES if getattr(config.judges, name) != "off"]


def evaluate(judged: Judged, *, strict: bool = False) -> Judging:
    """Judge pictures with each judge that judged.config asks for: yields Progress, then results, judge by judge.

    A judge that cannot be used is told as an Alert, so that a run of hours does not fail at its end; strict raises its
    UserError.
    """
    for name in wanted(judged.config):
        module, function = JUDGES[name]
        judge: Callable[[Judged], Judging] = getattr(importlib.import_module(module), function)
        try:
            yield from judge(judged)
        except UserError as error:
            if strict:
                raise
            yield Alert("warning", judged.step, f"no {name} judgement: {error}")
