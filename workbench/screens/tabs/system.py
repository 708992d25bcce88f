"""What the machine did: speed, memory, temperature, of a run's worker."""

from dataclasses import replace

from runs.lineage import Inherited
from runs.records import Run
from workbench.metric_groups import is_system
from workbench.screens.tabs.curves import CurvesTab


class SystemTab(CurvesTab):
    """The charts of the metrics that tell of the machine."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._inherited = Inherited(replace(run, parent=None))  # a fork's parent worked at another time, or elsewhere
        self.view.log_y = False
        self.view.x_kind = "time"

    def wanted(self, name: str) -> bool:
        """Whether a metric tells of the machine."""
        return is_system(name)
