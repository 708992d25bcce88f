"""What judges said."""

from diffusion.events import Evaluation
from runs.home import Home
from tests.workbench.screens.rich_run import bare
from tests.workbench.screens.test_run import opened
from tests.workbench.tui import recorded, run_with, screen_text
from workbench.screens.compare_tabs.tab import page_lines
from workbench.screens.tabs.judges import with_graphs

JUDGED = (
    Evaluation(3, "classifier-digits", "entropy", 0.3, 80),
    Evaluation(3, "classifier-digits", "accuracy", 0.9, 80, low=0.8, high=0.95),
    Evaluation(3, "classifier-digits", "accuracy", 0.75, 8, label=0, low=0.4, high=0.9),
)


def test_sections_below_one_another():
    """An empty line between two; a sentence wider than the screen goes on below, so that all of it can be read."""
    told = "power over that of real pictures, at cycles a pixel"
    lines = page_lines([("CLIP scores", ["a  b"]), ("sharpness", [told])], 20)
    assert lines[:4] == [("CLIP scores", "bold"), ("a  b", ""), ("", ""), ("sharpness", "bold")]
    assert " ".join(text for text, _ in lines[4:]) == told
    assert max(len(text) for text, _ in lines) <= 20


def test_graphs_stand_before_their_tables():
    """Once each, by the beginning of the title."""
    sections = [("CLIP scores of set 1", ["a"]), ("CLIP scores", ["b"]), ("sharpness", ["c"])]
    assert list(with_graphs(sections, {"CLIP scores": ["bar"], "emergence": ["line"]})) == [
        ("CLIP scores of set 1", ["bar", "a"]),
        ("CLIP scores", ["b"]),
        ("sharpness", ["c"]),
    ]


def test_what_was_recorded_is_shown(tmp_path):
    """As `show` has it: the number, its interval, the classes."""
    home = Home(tmp_path / "home")
    *events, finished = bare()
    recorded(home, "judged", events=(*events, *JUDGED, finished))

    async def test(app, pilot):
        await opened(app, pilot, "5")
        text = screen_text(app)
        assert "classifier-digits" in text
        assert "90" in text

    run_with(home, test, (100, 30))


def test_no_judge_yet(tmp_path):
    home = Home(tmp_path / "home")
    recorded(home, "bare", events=bare())

    async def test(app, pilot):
        await opened(app, pilot, "5")
        assert "no judge has said anything yet" in screen_text(app)

    run_with(home, test, (80, 24))


def test_long_sentences_are_read_whole_on_a_narrow_screen(tmp_path):
    """What emergence says in one sentence is wider than 60 cells."""
    home = Home(tmp_path / "home")
    *events, finished = bare()
    said = Evaluation(3, "classifier-digits", "x0_similar_at", 0.5, 80, low=0.4, high=0.6)
    recorded(home, "judged", events=(*events, said, finished))

    async def test(app, pilot):
        await opened(app, pilot, "5")
        assert "of the steps, n 80" in " ".join(screen_text(app).split())

    run_with(home, test, (60, 30))
