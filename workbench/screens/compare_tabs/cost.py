"""What each arm took: seconds and pictures, in all and to the quality that all of them reach."""

from collections.abc import Sequence

from runs.comparison import Comparison
from workbench import compare_tables as tables
from workbench.screens.compare_tabs.tab import Section, TextTab


class CostTab(TextTab):
    """The cost of each arm."""

    def sections(self, found: Comparison) -> Sequence[Section]:
        """One table, and one for each loss that all reach."""
        return [("cost", tables.cost_lines(found, self.paper()))]
