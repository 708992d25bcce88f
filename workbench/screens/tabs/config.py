"""How a run was made: its settings, beside its preset's, and its provenance."""

from textual.app import ComposeResult

from diffusion.config import differences, flat
from diffusion.presets import PRESETS
from runs.lineage import forked_at
from runs.records import Alert, Attempt, Run
from runs.store import Store
from workbench.format import count, safe_text
from workbench.run_page import alert_lines, attempt_lines, fact_lines, parent_name, plain
from workbench.screens.tabs.tab import Tab
from workbench.widgets.page import Line, Page

Known = tuple[Run, tuple[Attempt, ...], tuple[Alert, ...], str]


class ConfigTab(Tab):
    """One page."""

    def compose(self) -> ComposeResult:
        """The page."""
        yield Page()

    def on_mount(self) -> None:
        """Follow the run."""
        self.watch_store(self._read, self._show, every_s=2.0)

    def _read(self, store: Store) -> Known:
        run = self.run
        return run, tuple(store.attempts(run)), tuple(store.alerts(run)), origin(store, run)

    def _show(self, known: Known) -> None:
        self.query_one(Page).show(config_lines(*known))


def origin(store: Store, run: Run) -> str:
    """The run and the step that a forked run went on from, "" for one that began with nothing."""
    step = forked_at(run.folder) if run.parent else None
    return parent_name(store, run) + (f" at step {count(step)}" if step is not None else "")


def config_lines(run: Run, attempts: tuple[Attempt, ...], alerts: tuple[Alert, ...], forked: str = "") -> list[Line]:
    """Command, where it comes from, alerts, settings (bold: not the preset's), attempts, facts, folder."""
    preset = PRESETS.get(run.preset)
    differing = differences(run.config, preset.config) if preset else {}
    settings = flat(run.config)
    width = max(map(len, settings))
    lines: list[Line] = [("command", "bold"), (f"  {safe_text(run.command) or '-'}", "")]
    lines += _section("forked from", [forked] if forked else [])
    lines += _section("study", [safe_text(run.study)] if run.study else [])
    lines += _section("alerts", alert_lines(alerts))
    lines += [("", ""), (f"settings, those that differ from preset {safe_text(run.preset) or '-'} first", "bold")]
    for name in sorted(settings, key=lambda name: name not in differing):
        theirs = f"  (preset {plain(differing[name][1])})" if name in differing else ""
        lines.append((f"  {name:<{width}}  {plain(settings[name])}{theirs}", "bold" if theirs else ""))
    lines += _section("attempts", attempt_lines(attempts))
    lines += _section("made with", fact_lines(run))
    lines += _section("id", [run.id])
    lines += _section("tags", [", ".join(map(safe_text, run.tags))] if run.tags else [])
    lines += _section("note", safe_text(run.notes, lines=True).splitlines())
    lines += _section("files", [safe_text(str(run.folder))])
    return lines


def _section(title: str, body: list[str]) -> list[Line]:
    if not body:
        return []
    return [("", ""), (title, "bold"), *((f"  {line}", "") for line in body)]
