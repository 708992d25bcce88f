"""`workbench doctor`: the page, its exit code, and that it changes nothing."""

import json
import os
import subprocess
import sys

import pytest

from runs.checkup import Finding
from tests.workbench.conftest import RUN, tree
from workbench import doctor
from workbench.doctor import Section, page_lines, summary
from workbench.terminal.screen import Screen

CPU = {"name": "cpu", "title": "CPU, 2 threads", "memory_gb": 8.0, "free_gb": 4.0, "auto_dtype": "float32"}
TORCH = {"torch": "2.9", "cuda": "13.0", "threads": 2, "devices": [CPU]}
SPEEDS = {"matmul_gflops": 1234.4, "convolution_gflops": 99.0}
GOOD = [
    {"driver": ""},
    TORCH,
    {"device": "cpu", "dtype": "float32", "works": True, "error": "", **SPEEDS},
    {"device": "cpu", "compile": True, "works": True, "error": "", "seconds": 5.94},
]
SECTIONS = ["program", "settings", "terminal", "home", "store", "leftovers", "data", "judges", "devices"]


@pytest.fixture
def trials(monkeypatch):
    """What the probe finds, without its process."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    found = list(GOOD)
    monkeypatch.setattr(doctor, "trial_lines", lambda full: iter(found))
    return found


@pytest.fixture(autouse=True)
def _no_weights(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HOME", str(tmp_path / "person"))


def findings(workbench, *words):
    """The findings and the exit code, by --json."""
    code, out, err = workbench("doctor", "--json", *words)
    assert err == ""
    return code, json.loads(out)["findings"]


def test_the_page_of_a_new_machine(workbench, trials, tmp_path):
    """All sections, nothing to mend, nothing made: not even the home."""
    before = tree(tmp_path)
    code, out, err = workbench("doctor")
    assert (code, err) == (0, "")
    assert out.startswith("program\n")
    assert [line for line in out.splitlines() if line and not line.startswith(" ")] == [*SECTIONS, "all is well"]
    assert f"{tmp_path / 'home'}, not made yet" in out
    assert "mnist         missing: workbench run --data mnist fetches it, 12 MB" in out
    assert "float32        works: matrix products 1,234 GFLOP/s, convolutions 99 GFLOP/s" in out
    assert "torch.compile  works, 5.9 s at first" in out
    assert f"CLIP  no weights in {tmp_path / 'hub'}" in out
    assert tree(tmp_path) == before


def test_json(workbench, trials, tmp_path):
    """The same as one object."""
    code, out, _ = workbench("doctor", "--json", "--data-dir", "sets")
    found = json.loads(out)
    assert code == 0
    assert list(found) == [*SECTIONS, "findings"]
    assert found["home"]["path"] == str(tmp_path / "home")
    assert found["store"]["version"] is None
    assert found["data"]["folder"] == str(tmp_path / "sets")
    assert found["devices"]["devices"] == [CPU]
    assert [trial["works"] for trial in found["devices"]["trials"]] == [True, True]
    assert found["findings"] == []


def test_a_home_with_a_run(workbench, trials, tmp_path):
    """Its store is checked; nothing of it changes."""
    assert workbench(*RUN)[0] == 0
    before = tree(tmp_path)
    code, out, _ = workbench("doctor", "--full")
    assert code == 0
    assert "1 run, integrity_check ok" in out
    assert tree(tmp_path) == before


def test_leftovers_are_nothing_broken(workbench, trials, tmp_path):
    """Exit code 0, each with the command that clears it away."""
    (tmp_path / "home" / "runs" / "odd").mkdir(parents=True, mode=0o700)
    (tmp_path / "home").chmod(0o700)
    code, out, _ = workbench("doctor")
    assert code == 0
    assert f"- {tmp_path / 'home' / 'runs' / 'odd'}: no run: " in out
    assert out.endswith("\nnothing is broken, 1 to tidy up when you like (marked -)\n")


@pytest.mark.parametrize("what", ["damaged", "newer", "a folder"])
def test_a_store_that_cannot_be_used(workbench, trials, tmp_path, what):
    """Exit code 1, one finding, no traceback; the rest of the page comes all the same."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    database = home / "workbench.db"
    if what == "damaged":
        database.write_bytes(b"spoiled" * 100)
    elif what == "newer":
        code = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('pragma user_version = 99')"
        subprocess.run([sys.executable, "-c", code, str(database)], check=True)
    else:
        database.mkdir()
    code, found = findings(workbench)
    assert code == 1
    assert [(one["section"], one["path"], one["broken"]) for one in found] == [("store", str(database), True)]
    assert found[0]["mend"]
    code, out, err = workbench("doctor")
    assert (code, err) == (1, "")
    assert out.endswith("\n1 thing to mend (marked !)\n")


def test_a_file_in_place_of_the_home(workbench, trials, tmp_path):
    """Told like the rest; the devices are tried all the same."""
    (tmp_path / "home").touch()
    code, found = findings(workbench)
    assert (code, [one["section"] for one in found]) == (1, ["home"])
    assert "is a file" in found[0]["what"]
    assert "matrix products" in workbench("doctor")[1]


def test_settings_that_cannot_be_read(workbench, trials, tmp_path):
    """A finding, and the defaults from there on."""
    path = tmp_path / "config" / "workbench" / "settings.toml"
    path.parent.mkdir(parents=True)
    path.write_text("images = 'sixe'")
    code, found = findings(workbench)
    assert (code, [one["section"] for one in found]) == (1, ["settings"])
    assert "allowed: " in found[0]["what"]


def test_settings_name_home_and_data(workbench, trials, tmp_path, monkeypatch):
    """As for every other command: the command line, the environment, the settings, in this order."""
    path = tmp_path / "config" / "workbench" / "settings.toml"
    path.parent.mkdir(parents=True)
    path.write_text("home = '/mine'\ndata = '/sets'")
    assert json.loads(workbench("doctor", "--json")[1])["home"]["path"] == str(tmp_path / "home")
    monkeypatch.delenv("WORKBENCH_HOME")
    found = json.loads(workbench("doctor", "--json")[1])
    assert (found["home"]["path"], found["data"]["folder"]) == ("/mine", "/sets")
    assert json.loads(workbench("doctor", "--json", "--home", "/other")[1])["home"]["path"] == "/other"


def test_data_that_are_damaged(workbench, trials, tmp_path):
    """A file of the wrong size would end a run later."""
    raw = tmp_path / "sets" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").touch()
    code, found = findings(workbench, "--data-dir", "sets")
    assert code == 1
    assert [(one["section"], one["path"]) for one in found] == [("data", str(raw))]
    assert found[0]["mend"] == f"rm -r {raw}, and the next run fetches it (12 MB)"


def test_downloads_that_were_killed(workbench, trials, tmp_path):
    """Are told, with the command that removes them."""
    part = tmp_path / "sets" / ".download-x"
    part.mkdir(parents=True)
    os.utime(part, (1, 1))
    code, found = findings(workbench, "--data-dir", "sets")
    assert (code, [(one["section"], one["path"], one["broken"]) for one in found]) == (0, [("data", str(part), False)])
    subprocess.run(found[0]["mend"], shell=True, check=True)
    assert findings(workbench, "--data-dir", "sets") == (0, [])


def test_weights(workbench, trials, tmp_path):
    """By their model and size."""
    place = tmp_path / "hub" / "models--laion--CLIP" / "snapshots" / "a"
    place.mkdir(parents=True)
    (place / "open_clip_model.safetensors").write_bytes(b"x" * 2000)
    out = workbench("doctor")[1]
    assert f"CLIP  laion/CLIP, 2 kB: {place / 'open_clip_model.safetensors'}" in out


@pytest.mark.parametrize(
    ("lines", "broken"),
    [
        pytest.param([{"stopped": "it did not end within 120 s", "trying": "import torch"}], 1, id="hang"),
        pytest.param([TORCH, {"stopped": "ended by SIGSEGV", "trying": "float32 on cuda:0"}], 1, id="crash"),
        pytest.param([{"driver": "580.1"}, TORCH], 1, id="a driver and no GPU"),
        pytest.param(
            [TORCH, {"device": "cpu", "dtype": "float16", "works": False, "error": "RuntimeError: none"}],
            0,
            id="no half",
        ),
        pytest.param(
            [TORCH, {"device": "cuda:0", "dtype": "float32", "works": False, "error": "RuntimeError: no kernel"}],
            1,
            id="no float32",
        ),
        pytest.param(
            [TORCH, {"device": "cuda:0", "dtype": "bfloat16", "works": False, "error": "ArithmeticError: wrong"}],
            1,
            id="wrong numbers",
        ),
        pytest.param(
            [TORCH, {"device": "cpu", "compile": True, "works": False, "error": "InductorError: no g++"}],
            0,
            id="no compiler",
        ),
    ],
)
def test_devices(workbench, trials, lines, broken):
    """What keeps runs from training is broken; what another dtype serves for is told alone."""
    trials[:] = lines
    code, found = findings(workbench)
    assert (code, len(found)) == (broken, broken)
    out = workbench("doctor")[1]
    told = [line.get("stopped") or line.get("error") or line.get("driver", "") for line in lines]
    assert all(text in out for text in told)


@pytest.mark.parametrize(("visible", "code"), [(None, 1), ("", 0)])
def test_gpus_that_are_hidden(workbench, trials, monkeypatch, visible, code):
    """By a person's choice are not broken."""
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    trials[:] = [{"driver": "580.1"}, TORCH]
    assert findings(workbench)[0] == code
    assert "  NVIDIA driver 580.1\n" in workbench("doctor")[1]


def test_weights_that_may_not_be_read(workbench, trials, monkeypatch, tmp_path):
    """A finding, and the rest of the page all the same."""

    def forbidden(folders):
        raise PermissionError(13, "Permission denied", str(tmp_path / "hub"))

    monkeypatch.setattr(doctor, "found_weights", forbidden)
    code, found = findings(workbench)
    assert (code, [one["section"] for one in found]) == (1, ["judges"])
    assert found[0]["mend"] == f"chmod -R u+rX {tmp_path / 'hub'}"


def test_many_findings():
    """The page shows ten of a section and says where the rest are; foreign text is shown harmless."""
    found = [Finding(f"odd {number} \x1b[2J", "/x\u202e", "rm it") for number in range(13)]
    lines = page_lines(Section("leftovers", [], found), Screen(80, 24, terminal=False))
    assert lines[:3] == ["leftovers", "  - /x\\u202e: odd 0 \\x1b[2J", "      next: rm it"]
    assert lines[-1] == "  and 3 more: workbench doctor --json"
    assert len(lines) == 1 + 2 * 10 + 1


def test_the_last_line():
    """Counts."""
    broken, loose = Finding("a", "/", "b", True), Finding("a", "/", "b")
    assert summary([]) == "all is well"
    assert summary([broken, broken, loose]) == "2 things to mend (marked !), 1 to tidy up when you like (marked -)"


def test_torch_stays_out_of_this_process():
    """The page imports neither torch nor a database of its own."""
    code = "import sys, workbench.doctor, workbench.commands.doctor; print({'torch', 'open_clip'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_in_truth(workbench, tmp_path):
    """With the probe's own process, started from a folder in which a file would be imported in torch's place."""
    (tmp_path / "torch.py").write_text("raise SystemExit('imported from the working folder')")
    _, out, err = workbench("doctor", "--json")
    found = json.loads(out)
    assert err == ""
    assert [one for one in found["findings"] if "stopped" in one["what"] or "ended" in one["what"]] == []
    works = {trial["dtype"]: trial["works"] for trial in found["devices"]["trials"] if trial["device"] == "cpu"}
    assert works["float32"]
    assert set(works) == {"float32", "bfloat16", "float16"}
    assert not (tmp_path / "home").exists()
