"""The comparison of some runs, or of a study, as they are now: made again when the database has changed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runs import studies
from runs.arms import Against, Arm, arms
from runs.comparison import Comparison, usual_against

if TYPE_CHECKING:
    from runs.records import Run
    from runs.store import Store

LEAST = 2  # runs


class Comparing:
    """What the tabs of a comparison share; all but `turn` is called in the reader's thread alone.

    ids: of the runs, the first is what the others are compared with; or else study: its runs, also those that are to
    come.
    """

    def __init__(self, ids: Sequence[str] = (), study: str = "") -> None:
        self.ids, self.study = tuple(ids), study
        self.turned = 0  # how often another axis was asked for
        self._made_for: tuple[object, ...] = ()
        self._found: Comparison | None = None

    def now(self, store: "Store") -> Comparison | None:
        """The comparison; the same one as long as nothing was written. None where less than two runs are left."""
        made_for = (store, store.data_version(), self.turned)
        if made_for != self._made_for:
            before = self._found
            self._made_for, self._found = made_for, self._compare(store)
            if self._found is not None and before is not None:
                self._found.keep(before)
        return self._found

    def turn(self) -> None:
        """Compare along the next axis in which arms differ; after the last, each arm with the first."""
        self.turned += 1

    def _compare(self, store: "Store") -> Comparison | None:
        runs = self._runs(store)
        if len(runs) < LEAST:
            return None
        parents = store.some([*{run.parent for run in runs if run.parent}])
        found = arms(runs, {run.id: run.name for run in parents})
        return Comparison(store, found, against=self._against(found))

    def _runs(self, store: "Store") -> "list[Run]":
        if self.study:
            return studies.named_studies(store.runs()).get(self.study, [])
        return store.some(self.ids)

    def _against(self, found: Sequence[Arm]) -> Against:
        usual = usual_against(found) if self.study else Against.first(found)
        along = [Against.along(found, axis) for axis in studies.axes_of([arm.config for arm in found])]
        others = [one for one in (Against.first(found), *along) if one.references and one.axis != usual.axis]
        return [usual, *others][self.turned % (1 + len(others))]
