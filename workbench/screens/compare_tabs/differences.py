"""What is decided: every figure's difference with its interval, main effects, each class, and where losses part."""

from collections.abc import Sequence

from runs import figures
from runs.comparison import Comparison
from workbench import compare_page
from workbench import compare_tables as tables
from workbench.screens.compare_tabs.tab import Section, TextTab


class DifferencesTab(TextTab):
    """The tables of `workbench compare`."""

    def sections(self, found: Comparison) -> Sequence[Section]:
        """Differences first."""
        paper = self.paper()
        return [
            ("differences", tables.difference_lines(found, paper)),
            ("main effects", tables.effect_lines(found, paper)),
            (f"where the curves of {figures.X0_LOSS} part", _partings(found)),
            ("by class", tables.by_class_lines(found, paper)),
        ]


def _partings(found: Comparison) -> list[str]:
    return [
        compare_page.parting_line(found, *one)
        for group in found.classes(figures.X0_LOSS)
        for one in found.partings(group, figures.X0_LOSS)
    ]
