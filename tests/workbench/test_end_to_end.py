"""The whole way, as a person goes it: run, look, draw, ask, go on, take away, build anew."""

import csv
import io
import json
import sqlite3
import tomllib

import numpy as np
import pytest
from PIL import Image

from diffusion.config import SAMPLERS
from tests.workbench.conftest import RUN


def rows(home, sql="select name, step, value from metrics where name not like 'images%' order by 1, 2"):
    with sqlite3.connect(f"file:{home / 'workbench.db'}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


def test_the_whole_way(workbench, tmp_path):
    """Every command on one run, each with what the one before left."""
    code, out, err = workbench(*RUN, "--name", "first", "--seed", "7")
    assert code == 0, err
    assert out.startswith("first completed at step 12\n  loss")
    assert out.splitlines()[-4:] == [
        "next:",
        "  workbench show first",
        "  workbench sample first --class 3",
        "  workbench resume first --steps 24",
    ]
    assert err.startswith("run first\non CPU, ")
    assert "\x1b" not in out + err

    code, out, err = workbench("list")
    assert (code, err) == (0, "")
    assert out.split("\n")[1].split()[:6] == ["completed", "first", "digits", "flow", "0", "12/12"]

    code, out, _ = workbench("show", "fir")
    assert code == 0
    sheet = tmp_path / "home/runs/first/pictures/sample-00000012-ema-01.png"
    assert f"  20 samples at step 12, ema weights, sample set 1: {sheet}\n" in out
    assert sheet.is_file()
    assert "  network.channels              16  (preset 32)\n" in out
    code, out, _ = workbench("show", "first", "--json")
    shown = json.loads(out)
    assert (shown["status"], shown["step"], shown["seed"]) == ("completed", 12, 7)
    assert [one["outcome"] for one in shown["attempts_made"]] == ["completed"]
    assert len([one for one in shown["images"] if one["kind"] == "sample"]) == 20

    code, out, _ = workbench("query", "select name, status, step from runs", "--format", "json")
    assert json.loads(out) == [{"name": "first", "status": "completed", "step": 12}]
    code, out, _ = workbench("query", "select name, step from runs", "--format", "csv")
    assert list(csv.reader(io.StringIO(out))) == [["name", "step"], ["first", "12"]]
    code, out, err = workbench("query", "select name, step from runs")
    assert (out, err) == ("name   step\nfirst    12\n", "1 row\n")

    code, out, err = workbench("resume", "first", "--steps", "18")
    assert (code, err.split("\n")[0]) == (0, "going on with first")
    assert out.startswith("first completed at step 18\n")
    straight = tmp_path / "straight"
    assert workbench(*RUN, "--seed", "7", "--steps", "18", "--home", straight)[0] == 0
    later = "select name, step, value from metrics where step > 12 and name not like 'images%' order by 1, 2"
    assert rows(tmp_path / "home", later) == rows(straight, later)

    code, out, _ = workbench("export", "first", "-o", tmp_path / "taken")
    assert (code, out) == (0, f"{tmp_path / 'taken/first'}\n")
    (tmp_path / "taken").rename(tmp_path / "runs")
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "runs").rename(other / "runs")
    code, out, err = workbench("reindex", "--home", other)
    assert (code, out, err) == (0, f"1 run in {other / 'workbench.db'}\n", "")
    for table in ("metrics", "timestep_losses", "attempts"):
        assert rows(other, f"select * from {table}") == rows(tmp_path / "home", f"select * from {table}")
    images = "select kind, step, label, seed, path, sha256 from images order by number"
    assert rows(other, images) == rows(tmp_path / "home", images)
    assert workbench("show", "first", "--home", other)[0] == 0


@pytest.fixture
def trained(workbench):
    """A run of 12 steps called first."""
    assert workbench(*RUN, "--name", "first")[0] == 0


def test_drawing(workbench, tmp_path, trained):
    """Each sampler, a class by its number and its name, one right picture of all; the same seed, the same pictures."""
    for sampler in SAMPLERS:
        words = ["sample", "first", "--class", "3", "--count", "5", "--sampler", sampler, "--sampling-steps", "6"]
        code, out, err = workbench(*words, "--guidance", "2", "--seed", "4", "-o", "grid.png", "--device", "cpu")
        assert code == 0, err
        assert out == "5 pictures, seed 4, written to grid.png\n"
        with Image.open("grid.png") as image:
            assert (image.format, image.mode) == ("PNG", "RGB")
            pixels = np.asarray(image)
        scale, gap = 8, 6
        assert pixels.shape == (8 * scale + 2 * gap, 5 * (8 * scale + gap) + gap, 3)
        assert len(np.unique(pixels[gap : gap + 64, gap : gap + 64])) > 2
    drawn = "select sampler, sampling_steps, guidance, pictures from samples order by sample_set"
    assert rows(tmp_path / "home", drawn)[1:] == [(sampler, 6, 2.0, 5) for sampler in SAMPLERS]
    digest = "select sample_set, group_concat(sha256) from images where kind = 'sample' group by 1 order by 1"
    sets = [one for _, one in rows(tmp_path / "home", digest)]
    assert len(set(sets)) == len(sets) - 1  # ddim without eta is euler (Song et al. 2021, arXiv:2010.02502, eq. 13)
    assert workbench(*words[:-4], "--sampler", "dpm++2m", *words[-2:], "--guidance", "2", "--seed", "4")[0] == 0
    assert rows(tmp_path / "home", digest)[-1][1] == sets[SAMPLERS.index("dpm++2m") + 1]
    code, out, _ = workbench("sample", "first", "--count", "20", "--json")
    drawn = [json.loads(line) for line in out.splitlines()]
    assert drawn[-1]["event"] == "sample"
    assert [one["label"] for one in drawn[-1]["drawn"]][:11] == [*range(10), 0]


def test_json_lines(workbench):
    """Nothing but JSON on stdout, the run first and its end last; warnings are alerts, told once."""
    words = ["--json", "--schedule", "linear", "--prediction", "noise", "--set", "process.timesteps=200"]
    code, out, err = workbench(*RUN, *words, "--schedule", "linear-unscaled", "--name", "j")
    assert code == 0, err
    events = [json.loads(line) for line in out.splitlines()]
    assert [events[0]["event"], events[1]["event"], events[-1]["event"]] == ["run", "started", "finished"]
    assert events[-1]["outcome"] == "completed"
    warnings = [one["text"] for one in events if one["event"] == "alert"]
    assert any("pure noise" in text for text in warnings)
    assert all(err.count(text) == 1 for text in warnings)
    assert err.splitlines()[-1] == "j completed at step 12; next: workbench show j"


def test_a_loss_that_is_not_finite(workbench, tmp_path):
    """The run ends with exit code 3, its last good checkpoint and what to type."""
    words = ["--set", "train.gradient_clip=0", "--set", "learning_rate=1e30", "--name", "d"]
    code, out, err = workbench(*RUN, *words, "--set", "train.warmup_steps=1")
    assert code == 3
    assert out.startswith("d diverged at step ")
    assert "the loss or its gradient is not finite" in out.splitlines()[0]
    again = out.splitlines()[-2]
    assert again.startswith("  workbench run ")
    assert again.endswith("--set train.warmup_steps=1 --set learning_rate=3e+29")
    assert "--name" not in again
    assert "\nerror: the loss or its gradient is not finite" in err
    code, out, _ = workbench("list")
    assert out.split("\n")[1].split()[0] == "diverged"
    assert rows(tmp_path / "home", "select level, text from alerts")[0][0] == "error"
    assert rows(tmp_path / "home", "select count(*) from metrics where value is null") >= [(1,)]


@pytest.mark.parametrize(
    ("goal", "steps"),
    [(["--epochs", "0.5"], {20}), (["--minutes", "0.01"], set(range(1, 5000)))],
    ids=["epochs", "minutes"],
)
def test_other_goals(workbench, tmp_path, goal, steps):
    """Half of 1,259 pictures is 20 steps of 32; a hundredth of a minute is some."""
    assert workbench(*RUN, *goal, "--set", "preview.every_steps=0")[0] == 0
    ((step, status),) = rows(tmp_path / "home", "select step, status from runs")
    assert (step in steps, status) == (True, "completed")


def pictures(folder, *, channels, count=8, classes=("cat", "dog"), side=12):
    """Noise in subfolders, as PNG."""
    random = np.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            shape = (side, side) if channels == 1 else (side, side, 3)
            Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8)).save(folder / name / f"{number}.png")


@pytest.mark.parametrize("channels", [1, 3], ids=["gray", "RGB"])
def test_a_folder_of_pictures(workbench, tmp_path, channels):
    """Subfolders are classes; gray stays gray; blur; a relative path is kept in full; a class by its name."""
    pictures(tmp_path / "pets", channels=channels)
    code, _, err = workbench(*RUN, "--data", "folder:pets", "--blur", "1", "--steps", "3", "--name", "p")
    assert code == 0, err
    assert "10 training pictures" in err
    shown = json.loads(workbench("show", "p", "--json")[1])
    assert (shown["facts"]["picture_channels"], shown["facts"]["picture_size"]) == (channels, 12)
    assert shown["config"]["data"]["dataset"] == f"folder:{tmp_path / 'pets'}"
    assert shown["config"]["data"]["blur"] == 1
    code, out, err = workbench("sample", "p", "--class", "DOG", "--count", "2", "-o", "dogs.png")
    assert (code, out) == (0, "2 pictures, seed 0, written to dogs.png\n")
    assert rows(tmp_path / "home", "select distinct label from images where sample_set = 2") == [(1,)]
    code, _, err = workbench("sample", "p", "--class", "dgo")
    told = "error: unknown class 'dgo'; allowed: cat, dog; did you mean dog?; next: workbench sample p --class dog\n"
    assert (code, err) == (2, told)


def test_a_printed_config_makes_the_same_run(workbench, tmp_path):
    """--print-config, then --config: every setting comes back, and so do the numbers."""
    code, text, err = workbench(*RUN, "--seed", "3", "--print-config")
    assert (code, err) == (0, "")
    (tmp_path / "c.toml").write_text(text)
    assert workbench("run", "--config", "c.toml", "--print-config")[1] == text
    assert tomllib.loads(text)["train"]["steps"] == 12
    assert not (tmp_path / "home").exists()
    assert workbench("run", "--config", "c.toml", "--steps", "3")[0] == 0
    one = rows(tmp_path / "home")
    assert workbench(*RUN, "--seed", "3", "--steps", "3", "--home", "other")[0] == 0
    assert rows(tmp_path / "other") == one


def test_a_run_that_died_before_its_first_checkpoint(workbench, tmp_path, trained):
    """It goes on from 0, whatever step it had reached, with any goal."""
    folder = tmp_path / "home/runs/first"
    for path in (folder / "checkpoints").iterdir():
        path.unlink()
    log = folder / "attempt-0001.jsonl"
    kept = [line for line in log.read_text().splitlines(keepends=True) if '"event":"finished"' not in line]
    log.write_text("".join(kept))
    (tmp_path / "home/workbench.db").unlink()
    header = json.loads(kept[0]) | {"process_started": "gone"}
    log.write_text(json.dumps(header) + "\n" + "".join(kept[1:]))
    workbench("reindex")
    assert workbench("list")[1].split("\n")[1].split()[0] == "died"
    code, out, err = workbench("resume", "first", "--steps", "8")
    assert code == 0, err
    assert out.startswith("first completed at step 8\n")


def test_a_learning_rate_that_has_fallen(workbench, tmp_path):
    """A raised goal comes after a fall to 0: one line tells so."""
    assert workbench(*RUN, "--steps", "3", "--set", "train.lr_schedule=cosine", "--name", "c")[0] == 0
    code, _, err = workbench("resume", "c", "--steps", "4")
    told = (
        "warning: train.lr_schedule cosine fell towards the former goal, so from here on this run differs from one "
        "that was started with 4 steps"
    )
    assert (code, err.splitlines()[1]) == (0, told)


def test_looking_makes_nothing(workbench, tmp_path):
    """On a fresh machine."""
    assert workbench("list") == (0, "", "no runs yet; next: workbench run\n")
    assert workbench()[1].startswith("no runs yet\n\nnext:\n  workbench run")
    assert workbench("query", "select count(*) as runs from runs")[1] == "runs\n   0\n"
    assert workbench("reindex")[0] == 0
    assert not (tmp_path / "home").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.toml"]
