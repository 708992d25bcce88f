"""What a run was made with: versions, machine, and the state of the code that the person works in."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from runs.processes import host_name

PACKAGES = ("torch", "torchvision", "numpy", "diffusion-workbench")
LARGEST_DIFF = 10_000_000  # bytes; a larger one holds data, not code
DIFF_FILE = "code.diff"


def provenance(folder: Path) -> tuple[dict[str, Any], bytes]:
    """Facts about versions, machine and the git repository of folder, and its uncommitted changes as a diff."""
    facts: dict[str, Any] = {
        "host": host_name(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "versions": {name.removeprefix("diffusion-"): _version(name) for name in PACKAGES},
    }
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return facts, b""
    diff = _git(folder, "diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color") or b""
    branch = _git(folder, "symbolic-ref", "--short", "-q", "HEAD") or b""
    facts["git"] = {
        "commit": commit.decode().strip(),
        "branch": branch.decode(errors="replace").strip(),
        "uncommitted": ("" if not diff else DIFF_FILE if len(diff) <= LARGEST_DIFF else f"{len(diff)} bytes, not kept"),
    }
    return facts, diff if len(diff) <= LARGEST_DIFF else b""


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _git(folder: Path, *words: str) -> bytes | None:
    """What git answers, or None where there is no git, no repository, or no answer within five seconds."""
    environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.pager=cat", *words]
    try:
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
