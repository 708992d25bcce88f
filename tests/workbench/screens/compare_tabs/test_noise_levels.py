"""Losses at equal noise, of those arms that were validated on the same pictures."""

from runs.home import Home
from tests.workbench.screens.compare_home import add_run, compared
from tests.workbench.tui import run_with, screen_text, settled


def test_groups_by_a_key(tmp_path):
    """Sharp and blurred pictures are two groups; v goes from one to the other, all around."""
    home = Home(tmp_path / "home")
    for blur in (0.0, 1.0):
        for schedule in ("linear", "cosine"):
            add_run(home, f"{schedule}-{blur:g}", schedule, blur=blur)

    async def test(app, pilot):
        await compared(app, pilot, "3")
        seen = []
        for _ in range(3):
            seen.append(next(line for line in screen_text(app).splitlines() if " of 2 groups: " in line))
            await pilot.press("v")
            await settled(pilot)
        assert [one[0] for one in seen] == ["1", "2", "1"]
        assert len({one.partition(": ")[2] for one in seen}) == 2

    run_with(home, test, (80, 24))
