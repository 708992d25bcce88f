"""The blur of what was drawn beside that of what was learned from, and the spectra of both, overlaid."""

from runs.comparison import Comparison
from workbench import compare_tables as tables
from workbench.screens.compare_tabs.graph import Graph, GraphTab


class BlurTab(GraphTab):
    """Power spectra and the estimated blur."""

    EMPTY = "no judge has measured sharpness in these runs yet"

    def graph(self, found: Comparison) -> Graph | None:
        """The chart, where spectra were recorded, and the table."""
        spectra, lines = found.spectra(), tables.blur_lines(found, self.paper())
        if not spectra and not lines:
            return None
        return Graph("power by frequency", len(found.arms), spectra, [("blur", lines)], x_unit="cycles a pixel")
