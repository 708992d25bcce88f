"""Pictures as a widget."""

import numpy as np
from textual.geometry import Size

from diffusion.events import Drawn
from tests.workbench.widgets.conftest import lines
from workbench.widgets.pictures import Pictures, sample_groups


def drawn(label, value):
    return Drawn(np.full((4, 4, 1), value, dtype=np.uint8), label, seed=0, index=0)


def test_the_class_grid(alone):
    """Names above, pictures below in two colours a cell; cleared, nothing."""
    widget = Pictures()

    async def test(pilot):
        widget.show([drawn(0, 10), drawn(1, 200)], ["cat", "a\x1b[2Jdog"])
        await pilot.pause()
        assert lines(pilot.app)[0].split() == ["cat", "a\\x1b[2Jdog"]
        styles = {
            str(segment.style) for strip in pilot.app.screen._compositor.render_strips()[1:2] for segment in strip
        }
        assert any("#0a0a0a" in style for style in styles)
        assert any("#c8c8c8" in style for style in styles)
        widget.clear()
        await pilot.pause()
        assert not "".join(lines(pilot.app))

    alone(widget, test)


def test_without_colour_they_are_shades(alone, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    widget = Pictures()

    async def test(pilot):
        widget.show([drawn(0, 255)], ["a"])
        await pilot.pause()
        assert "█" in "".join(lines(pilot.app))

    alone(widget, test)


def test_one_enlarged(alone):
    widget = Pictures()

    async def test(pilot):
        widget.enlarge(drawn(0, 200).picture, "a [b]picture[/]")
        await pilot.pause()
        assert lines(pilot.app)[10].strip() == "a [b]picture[/]"

    alone(widget, test)


def test_off(alone):
    """Said instead of shown."""
    widget = Pictures()

    async def test(pilot):
        widget.painter.wanted = "off"
        widget.show([drawn(0, 255)], ["a"])
        await pilot.pause()
        assert lines(pilot.app)[0] == "pictures are off"

    alone(widget, test)


def test_pictures_are_laid_out_for_the_size_that_they_are_drawn_in(alone, monkeypatch):
    """Before the widget is told of it: sixels of an arrangement for a larger screen would scroll a smaller one."""
    pictures = Pictures()

    async def test(pilot):
        pictures.show_groups(sample_groups())
        await pilot.pause()
        monkeypatch.setattr(Pictures, "size", Size(40, 10))
        pictures.render_line(0)
        assert pictures.arrangement.size == (40, 10)
        assert all(tile.top + tile.high <= 10 for tile in pictures.arrangement.tiles)

    alone(pictures, test)


def test_rows_that_stay_are_not_drawn_again(alone):
    """Another class is marked: its line of names is sent, the pictures are not."""
    pictures = Pictures()

    async def test(pilot):
        pictures.show_groups(sample_groups(), "3")
        await pilot.pause()
        drawn = []
        pictures.refresh = lambda *regions, **more: drawn.extend(regions)
        pictures.show_groups(sample_groups(), "4")
        assert [region.y for region in drawn] == [0]

    alone(pictures, test)
