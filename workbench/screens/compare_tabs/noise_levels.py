"""The validation loss of the predicted picture by log-SNR, overlaid: schedules compare at equal noise, not equal t."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from runs.comparison import Comparison
from workbench import compare_page
from workbench.screens.compare_tabs.graph import Graph, GraphTab


class CompareLevelsTab(GraphTab):
    """The losses of the arms whose validation pictures are the same."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "group", "Group", tooltip="the next arms that were validated on the same pictures"),
    ]
    EMPTY = "no losses by noise level that compare"
    turned = 0

    def graph(self, found: Comparison) -> Graph | None:
        """The chart and the table of one group."""
        if not found.levels:
            return None
        at = self.turned % len(found.levels)
        group, levels = found.levels[at]
        of = f"{at + 1} of {len(found.levels)} groups: " if len(found.levels) > 1 else ""
        numbers = ", ".join(str(arm.number) for arm in group)
        points = compare_page.level_points(group, levels)
        lines = compare_page.level_lines(group, levels, self.paper())
        return Graph("x0 loss by log-SNR", len(found.arms), points, [(f"{of}{numbers}", lines)])

    def action_group(self) -> None:
        """Other arms."""
        self.turned += 1
        self.ask_again()
