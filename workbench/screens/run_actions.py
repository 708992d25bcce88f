"""What a person asks of runs, by the same keys wherever runs are shown: a mixin of screens."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from diffusion.errors import UserError
from workbench.format import safe_text, size
from workbench.screens.dialogs import Ask, Confirm

if TYPE_CHECKING:
    from runs.records import Run
    from workbench.app import WorkbenchApp

MORE = 3  # runs that stay, named in the question before those that go


class RunActions:
    """Keys that act on the chosen runs; the screen says which these are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "stop_runs", "Stop", tooltip="stop with a checkpoint; r goes on from it"),
        Binding("p", "pause_runs", "Pause", tooltip="stop with a checkpoint and free the slot until it is resumed"),
        Binding("r", "resume_runs", "Resume", tooltip="put it into the queue to go on from its last checkpoint"),
        Binding(
            "f", "fork_run", "Fork", tooltip="a new run that goes on from this one's checkpoint with other settings"
        ),
        Binding("N", "again", "Again", tooltip="a new run like this one, to change in one thing"),
        Binding("d,delete", "delete_runs", "Delete", tooltip="remove runs and their files; asks first"),
        Binding("asterisk", "star_runs", "Star", tooltip="star, or take the star away", show=False),
        Binding("t", "tag_runs", "Tag", tooltip="add tags, or take away with a minus before them", show=False),
        Binding("e", "note_run", "Note", tooltip="edit the note of a run", show=False),
        Binding("R", "rename_run", "Rename", tooltip="give a run another name", show=False),
        Binding("u", "move_up", "Up in queue", tooltip="one place up in the queue", show=False),
        Binding("U", "move_up(True)", "Top of queue", tooltip="to the top of the queue", show=False),
        Binding("y", "copy_name", "Copy name", tooltip="copy the run's name through the terminal", show=False),
    ]
    app: "WorkbenchApp"

    def chosen_runs(self) -> "list[Run]":
        """The runs that a key acts on: the marked ones, else the one under the cursor."""
        raise NotImplementedError

    def _each(
        self, what: str, act: "Callable[[Run], object]", told: Callable[[list[object]], str] | None = None
    ) -> None:
        """Do something with each chosen run in a thread; one that cannot be done keeps nobody from the others."""
        runs = self.chosen_runs()
        if not runs:
            self.app.tell(f"no run to {what}")
            return

        def work() -> tuple[list[object], list[str]]:
            done: list[object] = []
            problems = []
            for run in runs:
                try:
                    done.append(act(run))
                except (UserError, OSError) as error:
                    problems.append(str(error))
            return done, problems

        def tell(result: tuple[list[object], list[str]]) -> None:
            done, problems = result
            if done and told is not None:
                self.app.tell(told(done))
            if problems:
                more = f"; and {len(problems) - 1} more" if len(problems) > 1 else ""
                self.app.tell(f"{what}: {problems[0]}{more}", error=True)

        self.app.do(what, work, tell)

    def action_stop_runs(self) -> None:
        """Ask each to stop with a checkpoint."""
        from runs import actions

        self._each("stop", lambda run: actions.stop(self.app.home, run), _joined)

    def action_pause_runs(self) -> None:
        """Ask each to stop with a checkpoint and free its slot."""
        from runs import actions

        self._each("pause", lambda run: actions.pause(self.app.home, run), _joined)

    def action_resume_runs(self) -> None:
        """Ask, then put each into the queue; a single completed one is asked for its new goal."""
        runs = self.chosen_runs()
        if not runs:
            self.app.tell("no run to resume")
        elif len(runs) == 1 and runs[0].status == "completed":
            goal = str(2 * max(runs[0].step, 1))
            question = f"{runs[0].name} has completed {runs[0].step:,} steps; how many in all?"
            self._ask(Ask(question, goal, check=_whole_number), lambda text: self._resume(int(text)))
        else:
            self._confirm(f"put {_runs(len(runs))} into the queue?", runs, lambda: self._resume(None))

    def _resume(self, steps: int | None) -> None:
        from runs import actions
        from runs.folder import RunFolder

        self._each(
            "resume",
            lambda run: actions.enqueue(self.app.home, RunFolder(run.folder), steps=steps),
            lambda done: f"{_runs(len(done))} put into the queue",
        )

    def action_fork_run(self) -> None:
        """A child of one run with some settings changed, put into the queue."""
        run = self._only("fork")
        if run is not None:
            about = "settings to change: train.learning_rate=5e-4 steps=4000; empty: none"
            dialog = Ask(f"fork {run.name}", help=about, check=lambda text: _changes(run, text))
            self._ask(dialog, lambda text: self._fork(run, _changes(run, text)))

    def _fork(self, run: "Run", changes: dict[str, str]) -> None:
        from runs import actions

        command = " ".join(["workbench fork", run.name, *(f"--set {key}={value}" for key, value in changes.items())])

        def work() -> str:
            child = actions.fork(self.app.home, run, changes, command=command)
            actions.enqueue(self.app.home, child)
            return f"{child.name} put into the queue"

        self.app.do("fork", work, self.app.tell)

    def action_again(self) -> None:
        """The form of a new run, filled from this one."""
        run = self._only("start again")
        if run is not None:
            self.app.again(run)

    def action_delete_runs(self) -> None:
        """Ask, then remove runs and their files; one that a process works on stays, as the question says."""
        runs = self.chosen_runs()
        if not runs:
            self.app.tell("no run to delete")
            return
        try:
            held = [run for run in runs if _held(run)]
        except (UserError, OSError) as error:
            self.app.tell(f"delete: {error}", error=True)
            return
        free = [run for run in runs if run not in held]
        stay = [f"stays: {run.name} is {run.status}, s stops it first" for run in held]
        if free:
            question = f"delete {_runs(len(free))} and all files for good?"
            self._confirm(question, free, lambda: self._delete(free), stay)
        else:
            self.app.tell(f"nothing to delete: {held[0].name} is {held[0].status}; s stops it first", error=True)

    def _delete(self, runs: "list[Run]") -> None:
        from runs import actions

        def work() -> tuple[int, "list[Run]"]:
            held = [run for run in runs if _held(run)]  # begun since the question was asked: nothing is done by halves
            if held:
                raise UserError(f"nothing was deleted: {held[0].name} is running", allowed="runs that do not work")
            return sum(actions.delete(self.app.home, run) for run in runs), runs

        def told(result: tuple[int, "list[Run]"]) -> None:
            freed, gone = result
            self.app.forget(gone)
            self.app.tell(f"{_runs(len(gone))} deleted, {size(freed)} freed")

        self.app.do("delete", work, told)

    def _confirm(
        self, question: str, runs: "Sequence[Run]", then: Callable[[], None], more: Sequence[str] = ()
    ) -> None:
        """Ask with the names of the runs; more lines come before them."""
        details = [*more[:MORE], *([f"and {len(more) - MORE} more stay"] if len(more) > MORE else [])]
        details += [f"{run.name}  {run.status}  step {run.step:,}" for run in runs]
        self.app.push_screen(Confirm(question, details), lambda yes: then() if yes else None)

    def action_star_runs(self) -> None:
        """Star all, or take the stars away where all have one."""
        from runs import actions

        on = not all(run.starred for run in self.chosen_runs())
        self._each("star", lambda run: actions.star(self.app.home, run, on))

    def action_tag_runs(self) -> None:
        """Add tags, or take away those with a minus before them."""
        runs = self.chosen_runs()
        if not runs:
            return
        known = sorted({tag for run in self.app.runs for tag in run.tags})
        have = sorted({tag for run in runs for tag in run.tags})
        about = "words; -word takes one away" + (f"; now: {safe_text(' '.join(have))}" if have else "")
        self._ask(Ask(f"tag {_named(runs)}", help=about, choices=known), self._tag)

    def _tag(self, text: str) -> None:
        from runs import actions

        add = [word for word in text.split() if not word.startswith("-")]
        remove = [word[1:] for word in text.split() if word.startswith("-") and len(word) > 1]
        self._each("tag", lambda run: actions.tag(self.app.home, run, add=add, remove=remove))

    def action_note_run(self) -> None:
        """Edit a run's note."""
        from runs import actions

        run = self._only("note")
        if run is not None:
            shown = safe_text(run.notes)
            self._ask(
                Ask(f"note of {run.name}", shown),
                lambda text: self.app.do("note", lambda: actions.note(self.app.home, run, text)),
            )

    def action_rename_run(self) -> None:
        """Give a run another name."""
        from runs import actions
        from runs.names import checked_name

        run = self._only("rename")
        if run is not None:
            self._ask(
                Ask(f"rename {run.name}", run.name if run.name.isprintable() else "", check=checked_name),
                lambda text: self.app.do("rename", lambda: actions.rename(self.app.home, run, text)),
            )

    def action_move_up(self, top: bool = False) -> None:
        """Move queued runs up."""
        from runs import actions

        self._each("move", lambda run: actions.move_up(self.app.home, run, top=top))

    def action_copy_name(self) -> None:
        """The names of the chosen runs, through the terminal's clipboard."""
        runs = self.chosen_runs()
        if runs:
            self.app.copy_to_clipboard(" ".join(run.name for run in runs))
            self.app.tell(f"copied: {_named(runs)}")

    def _only(self, what: str) -> "Run | None":
        runs = self.chosen_runs()
        if len(runs) != 1:
            self.app.tell(f"{what} takes one run" if runs else f"no run to {what}")
            return None
        return runs[0]

    def _ask(self, dialog: Ask, then: Callable[[str], Any]) -> None:
        self.app.push_screen(dialog, lambda text: then(text) if text is not None else None)


def _runs(number: int) -> str:
    return f"{number} run" if number == 1 else f"{number} runs"


def _named(runs: "Sequence[Run]") -> str:
    return runs[0].name if len(runs) == 1 else _runs(len(runs))


def _joined(told: list[object]) -> str:
    texts = list(dict.fromkeys(str(one) for one in told if one))
    return "\n".join(texts[:4]) + (f"\nand {len(texts) - 4} more" if len(texts) > 4 else "")


def _held(run: "Run") -> bool:
    """Whether a process works on it, as the lock in its folder says."""
    from runs.lock import holder

    return run.folder.is_dir() and bool(holder(run.folder))


def _whole_number(text: str) -> int:
    try:
        if int(text) > 0:
            return int(text)
    except ValueError:
        pass
    raise UserError(f"steps are '{safe_text(text)}'", allowed="a whole number, 1 or more")


def _changes(run: "Run", text: str) -> dict[str, str]:
    """The settings that a line names, checked against the run's config. Raises UserError for what cannot be used."""
    from diffusion.config import with_settings
    from workbench.configure import assignment

    changes = dict(assignment(word) for word in text.split())
    with_settings(run.config, changes)
    return changes
