"""What judges said."""

from runs.home import Home
from runs.records import Evaluation
from runs.store import Store
from tests.workbench.screens.rich_run import bare, rich_home
from tests.workbench.screens.test_run import opened
from tests.workbench.tui import recorded, run_with, screen_text
from workbench.screens.tabs.judges import judge_lines


def test_the_newest_numbers_by_judge(tmp_path):
    """Over all classes first, with interval and n; an older step's are left out; names are made harmless."""
    home = rich_home(tmp_path / "home")
    with Store.read(home) as store:
        run = store.find("rich")
    numbers = [
        Evaluation(10, "clip", "score", None, 0.1, 0.0, 0.2, 8),
        Evaluation(20, "clip", "score", 1, 0.5, None, None, 4),
        Evaluation(20, "clip", "score", None, 0.25, 0.2, 0.3, 8),
        Evaluation(20, "a\x1bb", "x", None, None, None, None, 0),
    ]
    assert [text.rstrip() for text, _ in judge_lines(numbers, run)] == [
        "a\\x1bb  x  at step 20",
        "class  value  95 % interval  n",
        "all        -                 0",
        "",
        "clip  score  at step 20",
        "class   value     95 % interval  n",
        "all    0.2500  0.2000 to 0.3000  8  ████████",
        "1      0.5000                    4  ████████████████",
    ]


def test_no_judge_yet(tmp_path):
    home = Home(tmp_path / "home")
    recorded(home, "bare", events=bare())

    async def test(app, pilot):
        await opened(app, pilot, "5")
        assert "no judge has said anything yet" in screen_text(app)

    run_with(home, test, (80, 24))
