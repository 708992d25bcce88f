"""One process, one run. The training here computes nothing: it stands in for diffusion.train."""

import os
import signal
import subprocess
import sys
import textwrap
import time
import types
from contextlib import closing
from pathlib import Path

import pytest

from diffusion.config import SamplingConfig
from diffusion.errors import DamagedCheckpointError, UserError
from diffusion.events import Alert, Finished, Metric, Progress, Sample
from runs.attempt import draw, work
from runs.folder import RunFolder, is_whole, step_of
from runs.ingest import catch_up
from runs.store import Store
from tests.runs.test_folder import safetensors
from tests.workbench.streams import drawn, training


def short(config, checkpoint, should_stop):
    return training(config.train.steps, should_stop=should_stop)


def never():
    return False


def finish(folder, home, **options):
    return list(work(folder, home, should_stop=never, **options))


def test_a_run_is_trained_and_recorded(home, made, trained):
    """The training's own events come out; afterwards the database has them."""
    asked = trained(short)
    folder = made(train__steps=12)
    events = finish(folder, home)
    assert isinstance(events[-1], Finished)
    assert asked == [(folder.config, home.data, None)]
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.step, run.total_steps) == ("completed", 12, 12)
        (one,) = store.attempts(run)
        assert (one.pid, one.outcome) == (os.getpid(), "completed")
        assert one.command


def test_going_on_from_the_newest_checkpoint(home, made, trained):
    """A stopped run goes on; a raised goal is recorded, holds for later attempts too, and leaves run.json as it was."""
    asked = trained(short)
    folder = made(train__epochs=2, train__steps=12)
    list(work(folder, home, should_stop=lambda: True))
    before = (folder.path / "run.json").read_bytes()
    list(work(folder, home, steps=30, should_stop=lambda: True))
    finish(folder, home)
    assert [(config.train.steps, config.train.epochs) for config, _, _ in asked] == [(12, 2), (30, 0), (30, 0)]
    assert [path and path.name for _, _, path in asked] == [None, *["step-00000001.safetensors"] * 2]
    assert (folder.path / "run.json").read_bytes() == before
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.total_steps) == ("completed", 30)
        assert [one.outcome for one in store.attempts(run)] == ["stopped", "stopped", "completed"]


def test_a_checkpoint_that_was_cut_short_is_not_taken(home, made, trained):
    """The one before it is, and the person is told."""
    asked = trained(short)
    folder = made(train__steps=12)
    folder.checkpoint(0).parent.mkdir()
    folder.checkpoint(4).write_bytes(safetensors())
    folder.checkpoint(8).write_bytes(safetensors()[:-3])
    events = finish(folder, home)
    assert asked[0][2] == folder.checkpoint(4)
    assert events[0] == Alert(
        "warning",
        4,
        "step-00000008.safetensors is damaged and was set aside; going on from step-00000004.safetensors",
    )


def test_a_completed_run_has_no_more_to_do(home, made, trained):
    """Unless its goal is raised; nothing is written before that is known."""
    trained(short)
    folder = made(train__steps=12)
    finish(folder, home)
    for steps, told in (
        (None, "run first has completed its 12 steps"),
        (12, "--steps 12 is not above the 12 steps that first has done; allowed: 13 or more"),
    ):
        with pytest.raises(UserError) as caught:
            finish(folder, home, steps=steps)
        assert str(caught.value) == f"{told}; next: workbench resume first --steps 24"
    assert len(folder.logs()) == 1
    finish(folder, home, steps=24)
    assert len(folder.logs()) == 2


def test_two_at_once(home, made, trained):
    """The second one is told who is at it, and the first one goes on."""
    trained(short)
    folder = made(train__steps=12)
    with closing(work(folder, home, should_stop=never)) as first:
        next(first)
        with pytest.raises(UserError, match=f"run first is being trained by process {os.getpid()} on"):
            finish(RunFolder(folder.path), home)
        assert isinstance(list(first)[-1], Finished)


def test_input_that_cannot_be_used_makes_no_database(home, made, trained):
    """The caller discards the run, and the home is as it was."""

    def unusable(config, checkpoint, should_stop):
        raise UserError("no data")
        yield

    trained(unusable)
    folder = made()
    with pytest.raises(UserError, match="no data"):
        finish(folder, home)
    assert not home.database.exists()
    folder.discard(home)
    assert not home.root.exists()


@pytest.fixture
def generated(monkeypatch):
    """Puts a drawing in the place of diffusion.generate."""

    def generate(checkpoint, *, label, count, settings, seed, device, should_stop):
        assert is_whole(checkpoint)
        if device == "tpu":
            raise UserError("device is 'tpu'")
        yield Progress("sample", 1, 1)
        yield Sample(20, settings.weights, drawn(classes=count, per_class=1), {"sampler": settings.sampler})

    monkeypatch.setitem(sys.modules, "diffusion.generate", types.SimpleNamespace(generate=generate))


def drawing(home, device="cpu"):
    with Store.read(home) as store:
        run = store.find("first")
    settings = SamplingConfig(sampler="ddim")
    return list(draw(run, home, label=None, count=3, settings=settings, seed=0, device=device, should_stop=never))


def test_drawing_is_a_sample_set_of_its_own(home, recorded, generated):
    """With its settings, beside the training's own set; status and step stay the training's."""
    catch_up(home)
    assert isinstance(drawing(home)[-1], Sample)
    with Store.read(home) as store:
        run = store.find("first")
        assert (run.status, run.step) == ("completed", 20)
        assert [image.label for image in store.images(run, "sample") if image.sample_set == 2] == [0, 1, 2]
        assert store.query("select sampler, pictures from samples where sample_set = 2").rows == (("ddim", 3),)
        assert len(store.attempts(run)) == 1


def test_a_drawing_that_fails_leaves_nothing(home, recorded, generated):
    """No log, no row."""
    catch_up(home)
    with pytest.raises(UserError, match="tpu"):
        drawing(home, "tpu")
    assert recorded.logs("samples") == []


def test_nothing_to_draw_from(home, made, generated):
    """The next command trains it."""
    made()
    catch_up(home)
    with pytest.raises(UserError) as caught:
        drawing(home)
    assert str(caught.value) == "run first has no checkpoint to draw from; next: workbench resume first"


KILLED = """
import sys, time, types
from diffusion.events import Checkpoint, Metric, Preview, Progress
from runs.folder import RunFolder
from runs.home import Home
from pathlib import Path
from tests.workbench.streams import drawn

def train(config, *, data_folder, checkpoint, should_stop):
    for step in range(1, 100_000):
        yield Metric(step, "train/loss", 1 / step)
        yield Progress("train", step, 100_000, step)
        if step % 7 == 0:
            yield Preview(step, "grid", "ema", drawn())
        if step % 11 == 0:
            yield Checkpoint(step, lambda path: path.write_bytes((2).to_bytes(8, "little") + b"{}"))

sys.modules["diffusion.train"] = types.SimpleNamespace(train=train)
from runs.attempt import work

for event in work(RunFolder(Path(sys.argv[1])), Home(Path(sys.argv[2])), should_stop=lambda: False):
    if isinstance(event, Progress):
        print(event.step, flush=True)
"""


@pytest.mark.parametrize("after", [25, 60, 100])
def test_a_killed_worker(home, made, after, trained):
    """SIGKILL at any moment: the run has died, no completed step is missing, no picture's row is without its file, no
    half-written file counts, and the run goes on."""
    folder = made(train__steps=12)
    words = [sys.executable, "-c", textwrap.dedent(KILLED), str(folder.path), str(home.root)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environ, text=True) as process:
        assert process.stdout is not None
        seen = [int(process.stdout.readline()) for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        seen += [int(word) for word in process.stdout.read().split("\n")[:-1]]
    catch_up(home)
    with Store.read(home) as store:
        run = store.find("first")
        assert run.status == "died"
        assert {point.step for point in store.points(run, "train/loss")} >= set(seen)
        assert run.step >= seen[-1]
        assert all((run.folder / image.path).read_bytes()[-8:-4] == b"IEND" for image in store.images(run))
        assert len({image.path for image in store.images(run)}) >= (seen[-1] - 1) // 7
        assert store.attempts(run)[0].outcome == "died"
    assert folder.latest_checkpoint() is not None
    asked = trained(short)
    finish(folder, home)
    assert asked[0][2] is not None
    assert list(folder.path.rglob("*.tmp")) == []
    with Store.read(home) as store:
        assert [one.outcome for one in store.attempts(store.find("first"))] == ["died", "completed"]


def test_a_killed_run_is_known_at_once(home, made):
    """Its process is gone, whatever its last line says."""
    folder = made()
    words = [sys.executable, "-c", textwrap.dedent(KILLED), str(folder.path), str(home.root)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environ, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        catch_up(home)
        with Store.read(home) as store:
            assert store.find("first").status == "running"
            process.kill()
            process.wait()
            begun = time.monotonic()
            assert store.find("first").status == "died"
            assert time.monotonic() - begun < 1


def damaged(*steps):
    """A training whose checkpoints of these steps cannot be read."""

    def make(config, checkpoint, should_stop):
        if checkpoint is not None and step_of(checkpoint) in steps:
            raise DamagedCheckpointError(f"{checkpoint.name} is damaged")
        yield from training(config.train.steps, should_stop=should_stop)

    return make


def checkpoints(folder, *steps):
    folder.checkpoint(0).parent.mkdir()
    for step in steps:
        folder.checkpoint(step).write_bytes(safetensors())


@pytest.mark.parametrize(
    ("bad", "taken", "told"),
    [
        pytest.param(
            [8],
            [8, 4],
            ["step-00000008.safetensors is damaged and was set aside; going on from step-00000004.safetensors"],
            id="the newest",
        ),
        pytest.param(
            [4, 8],
            [8, 4, None],
            [
                "step-00000008.safetensors is damaged and was set aside; going on from step-00000004.safetensors",
                "step-00000004.safetensors is damaged and was set aside; starting again from step 0",
            ],
            id="both",
        ),
    ],
)
def test_a_checkpoint_whose_bytes_are_others(home, made, trained, bad, taken, told):
    """It is as long as it should be, but the training finds it damaged: the one before is taken, and that is told."""
    asked = trained(damaged(*bad))
    folder = made(train__steps=12)
    checkpoints(folder, 4, 8)
    events = finish(folder, home)
    assert [path and step_of(path) for _, _, path in asked] == taken
    alerts = [event for event in events if isinstance(event, Alert)]
    assert [alert.text for alert in alerts][: len(told)] == told
    assert [alert.step for alert in alerts][: len(told)] == [4, 0][: len(told)]
    aside = sorted(path.name for path in folder.path.glob("checkpoints/*.damaged"))
    assert aside == [f"step-{step:08d}.safetensors.damaged" for step in bad]
    with Store.read(home) as store:
        run = store.find("first")
        assert run.status == "completed"
        assert told[0] in [alert.text for alert in store.alerts(run)]
    assert len(folder.logs()) == 1


def test_a_training_that_is_damaged_without_a_checkpoint(home, made, trained):
    """There is nothing to fall back to: it is told as it is, not tried for ever."""

    def unreadable(config, checkpoint, should_stop):
        raise DamagedCheckpointError("not that of this run")
        yield

    asked = trained(unreadable)
    with pytest.raises(DamagedCheckpointError, match="not that of this run"):
        finish(made(), home)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("bad", "end"),
    [
        pytest.param([8], "step-00000008.safetensors is damaged; step-00000004.safetensors is taken instead", id="one"),
        pytest.param([4, 8], None, id="both"),
    ],
)
def test_drawing_from_a_damaged_checkpoint(home, made, trained, monkeypatch, bad, end):
    """The one before serves, and that is told; where none can be read, nothing is left behind. None is set aside."""

    def generate(checkpoint, **options):
        if step_of(checkpoint) in bad:
            raise DamagedCheckpointError(f"{checkpoint.name} is damaged")
        yield Sample(step_of(checkpoint), "ema", drawn(classes=2, per_class=1), {"sampler": "ddim"})

    monkeypatch.setitem(sys.modules, "diffusion.generate", types.SimpleNamespace(generate=generate))
    folder = made()
    checkpoints(folder, 4, 8)
    catch_up(home)
    if end is None:
        with pytest.raises(DamagedCheckpointError, match=r"step-00000004.safetensors is damaged"):
            drawing(home)
        assert folder.logs("samples") == []
    else:
        events = drawing(home)
        assert [event.text for event in events if isinstance(event, Alert)] == [end]
        assert [event.step for event in events if isinstance(event, Sample)] == [4]
        with Store.read(home) as store:
            run = store.find("first")
            assert [alert.text for alert in store.alerts(run)] == [end]
            assert {image.step for image in store.images(run)} == {4}
    assert len(folder.checkpoints()) == 2


def test_a_run_says_what_it_does(home, made, trained):
    """In output.log; and the machine's figures are among its metrics."""
    trained(short)
    folder = made(train__steps=12)
    finish(folder, home)
    said = (folder.path / "output.log").read_text().splitlines()
    assert said[-1].endswith("completed at step 12 after 2.5 s")


def test_a_loss_that_jumps_is_an_alert_of_the_run(home, made, trained):
    """As a row, with its step; once a jump."""

    def jumps(config, checkpoint, should_stop):
        for step in range(1, 31):
            yield Metric(step, "train/loss", 50.0 if step in (20, 21) else 1.0)
            yield Progress("train", step, 30, step)
        yield Finished("completed", 30, 1.0)

    trained(jumps)
    finish(made(), home)
    with Store.read(home) as store:
        (alert,) = store.alerts(store.find("first"))
    assert (alert.level, alert.step) == ("warning", 20)
    assert alert.text == "the loss is 50, over 10 times its running median of 1"
