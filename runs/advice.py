"""What to type when a run has diverged: going on as it was would diverge again, bit for bit."""

import shlex

from runs.folder import RunFolder

SLOWER = 3.0  # times the learning rate


def after_divergence(folder: RunFolder) -> str:
    """The commands to choose from: on from the last good checkpoint with a smaller learning rate, or afresh with it."""
    slower = f"--set learning_rate={float(f'{folder.config.train.learning_rate / SLOWER:.1g}'):g}"
    name = shlex.quote(folder.name)
    ways = [f"workbench fork {name} {slower}"] if folder.latest_checkpoint() else []
    command = _made_with(folder)
    if command[:2] == ["workbench", "run"]:
        ways.append(f"{shlex.join(command)} {slower}")
    return ", or afresh: ".join(ways) or f"workbench run {slower}"


def _made_with(folder: RunFolder) -> list[str]:
    """The words that the run was made with, without its name, which is taken."""
    try:
        words = shlex.split(str(folder.description.get("command") or "workbench run"))
    except ValueError:  # not a command line of ours
        return []
    kept = [word for before, word in zip(["", *words], words, strict=False) if "--name" not in (before, word)]
    return [word for word in kept if not word.startswith("--name=")]
