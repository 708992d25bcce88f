"""Drawn pictures by class, as many and as large as fit. `python -m workbench.widgets.pictures` shows sample data."""

from collections.abc import Mapping, Sequence

from diffusion.events import Drawn, Picture
from workbench.pictures import by_class
from workbench.terminal.tiles import Arrangement, Size, class_grid, one
from workbench.widgets.tiles import Tiles


class Pictures(Tiles):
    """The class grid, one class, or one picture enlarged."""

    def show(self, drawn: Sequence[Drawn], names: Sequence[str]) -> None:
        """The class grid of finished pictures; names are those of the classes."""
        self.show_groups(by_class(drawn, names))

    def show_groups(self, groups: Mapping[str, Sequence[Picture]], chosen: str | None = None) -> None:
        """Pictures by the name of their class, of which one can be marked."""

        def arrange(size: Size, unit: Size) -> Arrangement:
            return class_grid(groups, size, unit, chosen)

        self.lay_out(arrange if groups else None)

    def enlarge(self, picture: Picture, caption: str = "") -> None:
        """One picture as large as it can be."""
        self.lay_out(lambda size, unit: one(picture, size, unit, caption))

    def clear(self) -> None:
        """Show nothing."""
        self.lay_out(None)


def sample_groups() -> dict[str, list[Picture]]:
    """Ten classes of pictures to try a widget with: scikit-learn's digits, 8 x 8."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = (digits.images * 15.9).astype("uint8")
    return {str(label): list(pictures[digits.target == label][:8, :, :, None]) for label in range(10)}


def main() -> None:
    """Show sample data."""
    from workbench.widgets.alone import show_alone

    show_alone(Pictures(), lambda pictures: pictures.show_groups(sample_groups(), "3"))


if __name__ == "__main__":
    main()
