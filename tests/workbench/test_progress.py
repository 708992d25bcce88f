"""The show stage on a terminal, on a plain stream, and what it reads off the events."""

import io
import re

import pytest
from rich.console import Console

from diffusion.events import Alert, Evaluation, Event, Finished, Metric, Progress
from tests.workbench.streams import training
from workbench.progress import Standing, show, started_line


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def lines_of(events, seconds_each=0.0):
    clock, stream = Clock(), io.StringIO()
    for _ in show(events, Console(file=stream, width=100), clock=clock):
        clock.now += seconds_each
    return stream.getvalue().splitlines()


def terminal_of(events, width=80, clock=None):
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None, legacy_windows=False)
    seen = list(show(events, console, clock=clock or Clock()))
    return seen, stream.getvalue()


def test_the_same_events_come_out():
    """A stage yields on what it gets, the very objects."""
    events = list(training())
    seen, _ = terminal_of(iter(events))
    assert all(one is other for one, other in zip(seen, events, strict=True))


def test_an_event_is_asked_for_only_after_the_last_was_used():
    """An event is good until the next one is asked for, so no stage may read ahead."""
    asked = []

    def events():
        for step in range(1, 4):
            asked.append(step)
            yield Metric(step, "train/loss", 1.0)

    for event in show(events(), Console(file=io.StringIO())):
        assert isinstance(event, Metric)
        assert asked[-1] == event.step


def test_plain_lines():
    """No time passes: one line a phase, and what is worth keeping."""
    assert lines_of(training(20)) == [
        "on cpu, float32, 448k parameters",
        "warning: alpha-bar at T is 0.36",
        "training  1/20  loss 1.000  5,000 images/s",
        "step 10: validation loss 0.5000",
        "step 10: 10 preview pictures, ema weights",
        "step 20: checkpoint",
        "drawing  1/2",
        "step 20: 20 samples, ema weights",
    ]


def test_plain_lines_every_few_seconds():
    """At a second an event and three events a step, a line about every second step, with the time left."""
    lines = [line for line in lines_of(training(20), seconds_each=1.0) if line.startswith("training")]
    assert 8 <= len(lines) <= 12
    assert all(re.fullmatch(r"training  \d+/20  loss [\d.]+  5,000 images/s(  .* left)?", line) for line in lines)


def test_a_terminal_gets_a_bar():
    """The bar's parts are on one line of at most the terminal's width, and it is gone at the end."""
    _, text = terminal_of(training(20))
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "\n").splitlines()
    bars = [line for line in drawn if "training" in line]
    assert bars
    assert all(len(line) <= 80 for line in bars)
    assert any("loss" in line and "images/s" in line and "1/20" in line for line in bars)
    assert any("drawing" in line for line in drawn)
    assert "warning: alpha-bar at T is 0.36" in drawn
    assert text.endswith("\r\x1b[2K\x1b[?25h\r")


def test_quiet_phases_are_named_on_the_bar():
    """While validating the bar keeps the training's place."""
    _, text = terminal_of(training(20))
    assert re.search(r"validating .*10/20", text)


def test_the_bar_is_drawn_ten_times_a_second_at_most():
    """10,000 steps in one second of the clock: a dozen drawings, not 10,000."""
    clock = Clock()

    def events():
        for step in range(1, 10_001):
            clock.now += 1e-4
            yield Progress("train", step, 10_000, step)

    _, text = terminal_of(events(), clock=clock)
    assert 5 <= text.count("training") <= 14
    assert len(text) < 4_000


def test_a_failed_run_leaves_a_whole_terminal():
    """The cursor is shown again when the events end with an error."""

    def events():
        yield Progress("train", 1, 2, 1)
        raise RuntimeError("no memory")

    stream = io.StringIO()
    with pytest.raises(RuntimeError, match="no memory"):
        list(show(events(), Console(file=stream, force_terminal=True)))
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_markup_and_escapes_in_texts_are_shown_as_they_are():
    """An alert may name a file that somebody else made."""
    alert = Alert("error", 1, "[bold]cat[/bold] \x1b[2J :smile: 3.14")
    assert lines_of([alert]) == ["error: [bold]cat[/bold] \\x1b[2J :smile: 3.14"]
    _, text = terminal_of([alert])
    assert "[bold]cat[/bold] \\x1b[2J :smile: 3.14" in text


def standing_after(*events: tuple[float, Event]):
    clock = Clock()
    standing = Standing(clock)
    for at, event in events:
        clock.now = at
        standing.take(event)
    return standing


def test_time_left_follows_the_pace():
    """10 steps a second, 70 steps to go: 7 s."""
    standing = standing_after((0.0, Progress("train", 10, 100, 10)), (2.0, Progress("train", 30, 100, 30)))
    assert standing.seconds_left == pytest.approx(7.0)


def test_the_pace_of_one_phase_says_nothing_of_the_next():
    """Drawing starts without a promise, also when a validation came between."""
    standing = standing_after(
        (0.0, Progress("train", 1, 100, 1)),
        (1.0, Progress("train", 100, 100, 100)),
        (1.5, Progress("validate", 1, 2, 100)),
        (2.0, Progress("sample", 1, 20, 100)),
    )
    assert standing.seconds_left is None
    assert standing.figures == ""


def test_a_total_that_is_not_known():
    """A run that ends by the clock may not know its steps."""
    standing = standing_after((0.0, Progress("train", 1, 0, 1)), (1.0, Progress("train", 5, 0, 5)))
    assert standing.seconds_left is None
    assert lines_of([Progress("train", 1, 0, 1), Finished("completed", 1, 1.0)]) == ["training  1"]


def test_started_line_tells_what_it_knows():
    """Facts come from a device of many kinds."""
    facts = {"device_name": "NVIDIA H100", "device": "cuda", "dtype": "bfloat16", "parameters": 35_700_000}
    assert started_line(facts) == "on NVIDIA H100, cuda, bfloat16, 35.7M parameters"
    assert started_line({}) == "started"


def test_no_number_of_a_judge_stands_alone():
    """Its interval, where it is known, and its n are on the line."""
    told = [Evaluation(4, "clip", "gain", 0.0195, 32, None, 0.0151, 0.024), Evaluation(4, "classifier", "fd", 0.5, 80)]
    assert lines_of(told) == [
        "step 4: clip gain 0.01950 (0.01510 to 0.02400, n 32)",
        "step 4: classifier fd 0.5000 (n 80)",
    ]
