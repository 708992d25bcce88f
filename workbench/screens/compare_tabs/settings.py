"""What differs between the arms of a comparison; settings that are the same stay folded until they are asked for."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from diffusion.config import flat
from runs.arms import config_differences
from runs.comparison import Comparison
from runs.studies import ELSEWHERE, value_text
from workbench import compare_page
from workbench.format import safe_text
from workbench.screens.compare_tabs.tab import Section, TextTab


class SettingsTab(TextTab):
    """The arms, what differs in their settings, and what is compared with what."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "unfold", "Unfold", tooltip="also the settings that are the same, or only those that differ"),
    ]

    unfolded = False

    def sections(self, found: Comparison) -> Sequence[Section]:
        """The arms, the settings, what does not compare."""
        paper = self.paper()
        how = [*compare_page.compared_how(found), *compare_page.aside_lines(found.arms)]
        return [
            ("", [*compare_page.key_lines(found.arms, paper), *how]),
            ("what differs", compare_page.differing_lines(found, paper)),
            *self._same(found),
            ("not compared", compare_page.left_out_lines(found)),
        ]

    def _same(self, found: Comparison) -> list[Section]:
        left = {*config_differences(found.arms), "seed", *ELSEWHERE}
        same = {key: value for key, value in flat(found.arms[0].config).items() if key not in left}
        if not self.unfolded:
            return [("", [f"{len(same)} settings are the same in all: u shows them"])]
        wide = max(map(len, same))
        return [("the same in all", [f"{key:<{wide}}  {safe_text(value_text(one))}" for key, one in same.items()])]

    def action_unfold(self) -> None:
        """Show or fold the settings that are the same."""
        self.unfolded = not self.unfolded
        self.ask_again()
