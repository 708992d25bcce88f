"""The page of `workbench doctor`: what works on this machine, what does not, and the command that mends it.

It comes section by section, the cheap ones first. torch is tried out in a process of its own (`workbench.devices`), so
that a driver that crashes takes nothing along.
"""

import os
import platform
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from diffusion.errors import UserError
from diffusion.found import FoundData, abandoned_downloads, found_data, found_weights, weight_folders
from runs.checkup import Finding, home_state, store_state
from runs.home import Home
from runs.leftovers import leftovers
from workbench.devices import trial_lines
from workbench.format import count, safe_text, size
from workbench.settings import Settings, read_settings, settings_file
from workbench.terminal.abilities import abilities
from workbench.terminal.screen import Screen

MOST_FINDINGS = 10  # of a section that the page shows; --json has all of them
RUN_ON_CPU = "workbench run --device cpu"
TORCH_AGAIN = "pip install --force-reinstall torch"
JUDGE = ("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "open_clip_model.safetensors", 605)  # and its size in MB


@dataclass(frozen=True)
class Section:
    """A part of the page. values: what it tells, for programs; an empty title goes on with the section before."""

    title: str
    lines: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)


def sections(explicit_home: str | None, explicit_data: str | None, *, full: bool) -> Iterator[Section]:
    """All of the page. full: with the whole integrity check, and with torch.compile, which take minutes."""
    yield _program()
    settings, broken = _settings()
    place = settings_file()
    there = os.path.lexists(place)
    yield Section(
        "settings", [f"{place}{'' if there else ', not there: the defaults hold'}"], broken, {"path": str(place)}
    )
    yield _terminal(settings)
    home, section = _home(explicit_home, settings)
    yield section
    if home is not None:
        yield from _store(home, full)
    yield _data(home, explicit_data, settings)
    yield _judges()
    yield from device_sections(full)


def _program() -> Section:
    from importlib.metadata import version

    found = {"workbench": version("diffusion-workbench"), "python": platform.python_version()}
    found |= {"system": platform.platform(), "executable": sys.executable}
    return Section("program", [f"{name:<10}  {value}" for name, value in found.items()], values=found)


def _settings() -> tuple[Settings, list[Finding]]:
    """The person's settings; the defaults and a finding where they cannot be read."""
    try:
        return read_settings(), []
    except UserError as error:
        told = "; ".join([error.problem, *([f"allowed: {error.allowed}"] if error.allowed else [])])
        mend = f"${{EDITOR:-vi}} {shlex.quote(str(settings_file()))}"
        return Settings(), [Finding(told, settings_file(), mend, broken=True)]


def _terminal(settings: Settings) -> Section:
    found = abilities(os.environ, settings.images)
    wide, high = found.cells or (0, 0)
    why = "as NO_COLOR says" if found.no_color else f"TERM {found.term or 'is not set'}"
    lines = [
        f"size        {f'{wide} columns, {high} lines' if found.cells else 'no terminal: a pipe or a file'}",
        f"colours     {found.colours.value}, {why}",
        f"characters  {found.encoding}, {'half blocks and braille' if found.blocks else 'ASCII in place of blocks'}",
        f"inside      {', '.join(found.inside) or 'neither ssh, tmux nor screen'}",
        f"pictures    {found.pictures}",
    ]
    values = asdict(found) | {"colours": found.colours.value}
    return Section("terminal", [*lines, *(f"hint: {hint}" for hint in found.hints)], values=values)


def _home(explicit: str | None, settings: Settings) -> tuple[Home | None, Section]:
    try:
        home = Home.find(explicit or os.environ.get("WORKBENCH_HOME") or settings.home or None)
    except UserError as error:
        path = Path(explicit or os.environ.get("WORKBENCH_HOME") or settings.home or ".")
        return None, Section("home", findings=[Finding(error.problem, path, error.next_command, broken=True)])
    state = home_state(home)
    where = str(state.root) if state.exists else f"{state.root}, not made yet: the first run makes it"
    lines = [where, f"{size(state.free_bytes)} free" + (f", on {kind}" if (kind := state.file_system) else "")]
    values = {"path": str(state.root), "exists": state.exists, "file_system": kind, "free_bytes": state.free_bytes}
    return home, Section("home", lines, list(state.findings), values)


def _store(home: Home, full: bool) -> Iterator[Section]:
    state = store_state(home, full=full)
    lines = [str(state.path)]
    if state.version is not None:
        lines.append(f"{size(state.bytes)}, schema version {state.version}, journal {state.journal}")
        runs = len(state.folders or {})
        lines.append(f"{count(runs)} run{'s' * (runs != 1)}, {state.integrity} (SQLite {state.sqlite})")
    elif not state.findings:
        lines.append("not made yet")
    values = {"path": str(state.path), "bytes": state.bytes, "version": state.version, "journal": state.journal}
    values |= {"sqlite": state.sqlite, "integrity": state.integrity, "runs": state.folders and len(state.folders)}
    yield Section("store", lines, list(state.findings), values)
    found = list(leftovers(home, state.folders))
    yield Section("leftovers", [] if found else ["none"], found)


def _data(home: Home | None, explicit: str | None, settings: Settings) -> Section:
    named = explicit or os.environ.get("WORKBENCH_DATA") or settings.data
    if not named and home is None:
        return Section("data", ["looked for in the home, unless --data-dir or WORKBENCH_DATA names a folder"])
    root = Path(named).expanduser().absolute() if named or home is None else home.data
    found = found_data(root)
    broken = [
        Finding(f"{one.name} is {one.state}: {one.problem}", one.folder, _data_mend(one, root), broken=True)
        for one in found
        if one.state in ("damaged", "unreadable")
    ]
    parts = [
        Finding("a download that was killed left it", part, f"rm -r {shlex.quote(str(part))}")
        for part in abandoned_downloads(root)
    ]
    values = {"folder": str(root), "sets": {one.name: one.state for one in found}}
    lines = [str(root), *(f"{one.name:<14}{_data_words(one)}" for one in found)]
    return Section("data", lines, broken + parts, values)


def _data_words(one: FoundData) -> str:
    if one.state == "whole":
        return "there"
    if one.state == "packed":
        return "there, packed: the first run unpacks it"
    if one.state == "missing" and one.download_mb:
        some = f" ({one.problem})" if one.problem else ""
        return f"missing{some}: workbench run --data {one.name} fetches it, {one.download_mb} MB"
    return f"{one.state}: {one.problem}"


def _data_mend(one: FoundData, root: Path) -> str:
    folder = shlex.quote(str(one.folder))
    if one.state == "unreadable":
        return f"chmod -R u+rX {shlex.quote(str(root))}"
    return f"rm -r {folder}, and the next run fetches it ({one.download_mb} MB)"


def _judges() -> Section:
    folders = weight_folders(os.environ)
    name, file, megabytes = JUDGE
    try:
        found = found_weights(folders)
    except OSError as error:
        told = f"the CLIP weights cannot be looked for: {error.strerror or error}"
        place = Path(error.filename or folders[0])
        mend = f"chmod -R u+rX {shlex.quote(str(place))}"
        return Section("judges", findings=[Finding(told, place, mend, broken=True)])
    lines = [f"CLIP  {one.name}, {size(one.bytes)}: {one.path}" for one in found]
    if not found:
        lines = [
            f"CLIP  no weights in {folders[0]} or {folders[1]}",
            f"hint: hf download {name} {file} ({megabytes} MB)",
        ]
    values = [{"name": one.name, "path": str(one.path), "bytes": one.bytes} for one in found]
    return Section("judges", lines, values={"clip": values, "looked_in": [str(folder) for folder in folders]})


def device_sections(full: bool) -> Iterator[Section]:
    """What torch does on each device, as it is found out."""
    yield Section("devices")
    values: dict[str, Any] = {"driver": "", "trials": []}
    for line in trial_lines(full=full):
        if "stopped" in line:
            yield Section("", findings=[_stopped(line)])
        elif "torch" in line:
            values |= line
            yield Section("", *_torch(values))
        elif "driver" in line:
            values |= line
            yield Section("", [f"NVIDIA driver {line['driver']}" if line["driver"] else "no NVIDIA driver"])
        elif "device" in line:
            values["trials"].append(line)
            yield Section("", *_trial(line))
    yield Section("", [] if full else ["torch.compile is tried with --full"], values=values)


def _stopped(line: dict[str, Any]) -> Finding:
    mend = RUN_ON_CPU if " on cuda" in line["trying"] or " on mps" in line["trying"] else TORCH_AGAIN
    return Finding(f"{line['trying']}: {line['stopped']}", Path(sys.executable), mend, broken=True)


def _torch(found: dict[str, Any]) -> tuple[list[str], list[Finding]]:
    cuda = f"built for CUDA {found['cuda']}" if found["cuda"] else "built without CUDA"
    lines = [f"torch {found['torch']}, {cuda}, {found['threads']} CPU thread{'s' * (found['threads'] != 1)}"]
    if hasattr(os, "getloadavg"):
        lines.append(f"speeds are those of this moment: load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for one in found["devices"]:
        room = f"{one['free_gb']:.1f} of {one['memory_gb']:.1f} GB free"
        lines.append(f"{one['name']:<8}{one['title']}, {room}; dtype auto is {one['auto_dtype']}")
    findings = []
    if found["driver"] and not any(one["name"].startswith("cuda") for one in found["devices"]):
        told = f"torch sees no GPU although there is NVIDIA driver {found['driver']}"
        hidden = "CUDA_VISIBLE_DEVICES" in os.environ  # a person's choice, perhaps
        mend = "unset CUDA_VISIBLE_DEVICES" if hidden else "https://pytorch.org/get-started/locally has torch for CUDA"
        findings.append(Finding(told, Path(sys.executable), mend, broken=not hidden))
    return lines, findings


def _trial(line: dict[str, Any]) -> tuple[list[str], list[Finding]]:
    what = "torch.compile" if line.get("compile") else line["dtype"]
    head = f"{line['device']:<8}{what:<15}"
    if not line["works"]:
        told = f"{what} on {line['device']} does not work: {line['error']}"
        mend = TORCH_AGAIN if line["device"] == "cpu" else RUN_ON_CPU
        broken = what == "float32" or line["error"].startswith("ArithmeticError")  # else another dtype serves
        return [f"{head}{line['error']}"], [Finding(told, Path(sys.executable), mend, broken)] if broken else []
    if what == "torch.compile":
        return [f"{head}works, {line['seconds']:.1f} s at first"], []
    matmul, convolution = (f"{count(line[name])} GFLOP/s" for name in ("matmul_gflops", "convolution_gflops"))
    return [f"{head}works: matrix products {matmul}, convolutions {convolution}"], []


def page_lines(section: Section, screen: Screen) -> list[str]:
    """A section as lines: its title, what it tells, and each finding with the command that mends it."""
    lines = [screen.styled(section.title, "1")] if section.title else []
    lines += [f"  {safe_text(line)}" for line in section.lines]
    for one in section.findings[:MOST_FINDINGS]:
        mark = screen.styled("!", "31") if one.broken else screen.styled("-", "33")
        lines.append(f"  {mark} {safe_text(str(one.path))}: {safe_text(one.what)}")
        lines.append(f"      next: {safe_text(one.mend)}")
    more = len(section.findings) - MOST_FINDINGS
    return lines + ([f"  and {more} more: workbench doctor --json"] if more > 0 else [])


def summary(findings: Sequence[Finding]) -> str:
    """The last line of the page."""
    broken = sum(one.broken for one in findings)
    rest = len(findings) - broken
    if not findings:
        return "all is well"
    told = f"{broken} thing{'s' * (broken != 1)} to mend (marked !)" if broken else "nothing is broken"
    return told + (f", {rest} to tidy up when you like (marked -)" if rest else "")
