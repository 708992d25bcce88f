"""Data sets and weights on the disk, looked for without torch."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from diffusion.data.catalog import DATASETS
from diffusion.data.fetch import archives
from diffusion.data.load import FASHION_MNIST_BYTES
from diffusion.found import FILES, FoundWeights, _packed, abandoned_downloads, found_data, found_weights, weight_folders


def fill(root, name, skip=()):
    folder, sizes = FILES[name]
    (root / folder).mkdir(parents=True)
    for file, size in sizes.items():
        if file not in skip:
            (root / folder / file).touch()
            os.truncate(root / folder / file, size)  # holes: the sizes without the bytes


def states(root):
    return {one.name: one.state for one in found_data(root)}


def test_the_files_are_those_that_a_run_fetches():
    """As torchvision's classes name them, packed and unpacked; sizes as the loader has them."""
    from torchvision import datasets

    kinds = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST, "cifar10": datasets.CIFAR10}
    assert set(FILES) == set(kinds) == {info.name for info in DATASETS.values() if info.kind == "torchvision"}
    for name, kind in kinds.items():
        folder, sizes = FILES[name]
        fetched = {file: archive.path for archive in archives(kind) for file in archive.holds}
        assert {folder / file: _packed(DATASETS[name], Path(), file) for file in sizes} == fetched
    assert FILES["fashion-mnist"][1] == FASHION_MNIST_BYTES


def test_nothing_is_there(tmp_path):
    """Digits come with scikit-learn; nothing is made."""
    found = {one.name: one for one in found_data(tmp_path / "none")}
    assert {name: one.state for name, one in found.items()} == {
        "digits": "whole",
        "mnist": "missing",
        "fashion-mnist": "missing",
        "cifar10": "missing",
    }
    assert (found["mnist"].problem, found["mnist"].download_mb) == ("", 12)
    assert list(tmp_path.iterdir()) == []


def test_no_digits(tmp_path, monkeypatch):
    """Where scikit-learn is not installed."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert states(tmp_path)["digits"] == "missing"


def test_whole(tmp_path):
    """All files with their sizes."""
    for name in FILES:
        fill(tmp_path, name)
    assert set(states(tmp_path).values()) == {"whole"}


def test_a_file_is_missing(tmp_path):
    """It is named."""
    fill(tmp_path, "mnist", skip=("t10k-labels-idx1-ubyte",))
    (found,) = [one for one in found_data(tmp_path) if one.name == "mnist"]
    assert (found.state, found.problem) == ("missing", "1 of 4 files: t10k-labels-idx1-ubyte")


def test_a_file_is_cut_short(tmp_path):
    """With the bytes it has and should have."""
    fill(tmp_path, "cifar10")
    path = tmp_path / FILES["cifar10"][0] / "data_batch_3"
    os.truncate(path, 1000)
    (found,) = [one for one in found_data(tmp_path) if one.name == "cifar10"]
    assert (found.state, found.problem) == ("damaged", "data_batch_3 has 1,000 bytes instead of 31,035,999")


@pytest.mark.parametrize("name", FILES)
def test_packed(tmp_path, name):
    """The archives of what is missing are there."""
    folder, sizes = FILES[name]
    (tmp_path / folder).mkdir(parents=True)
    for file in sizes:
        _packed(DATASETS[name], tmp_path, file).write_bytes(b"x")
    assert states(tmp_path)[name] == "packed"
    _packed(DATASETS[name], tmp_path, next(iter(sizes))).unlink()
    assert states(tmp_path)[name] == "missing"


def test_a_file_in_place_of_the_folder(tmp_path):
    """Is no data."""
    (tmp_path / "MNIST").touch()
    assert states(tmp_path)["mnist"] == "missing"


def test_a_folder_that_may_not_be_read(tmp_path, monkeypatch):
    """Is told as such, not as missing."""

    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", forbidden)
    (found,) = [one for one in found_data(tmp_path) if one.name == "mnist"]
    assert (found.state, found.problem) == ("unreadable", "Permission denied")


def test_downloads_that_were_killed(tmp_path):
    """Those in which nothing has been written for an hour, whatever the folder's own time."""
    assert abandoned_downloads(tmp_path / "none") == []
    for name, age in ((".download-old", 4000), (".download-new", 4000), ("MNIST", 4000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "packed").touch()
        for path in (tmp_path / name / "packed", tmp_path / name):
            os.utime(path, (time.time() - age, time.time() - age))
    assert len(abandoned_downloads(tmp_path)) == 2
    (tmp_path / ".download-new" / "packed").write_bytes(b"x")
    assert abandoned_downloads(tmp_path) == [tmp_path / ".download-old"]


@pytest.mark.parametrize(
    ("environ", "hub"),
    [
        pytest.param({"HF_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a", id="HF_HUB_CACHE"),
        pytest.param({"HUGGINGFACE_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a", id="its former name"),
        pytest.param({"HF_HOME": "/b", "XDG_CACHE_HOME": "/c"}, "/b/hub", id="HF_HOME"),
        pytest.param({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/hub", id="XDG_CACHE_HOME"),
        pytest.param({}, "{home}/.cache/huggingface/hub", id="nothing set"),
    ],
)
def test_where_weights_are_looked_for(environ, hub):
    """As huggingface_hub and open_clip do themselves."""
    home = Path.home()
    assert weight_folders(environ) == (Path(hub.format(home=home)), home / ".cache" / "clip")


@pytest.mark.parametrize("variable", ["HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"])
def test_the_hub_agrees(variable):
    """huggingface_hub itself, in a fresh interpreter."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "XDG_", "HUGGING"))}
    environ[variable] = "/x"
    code = "from huggingface_hub.constants import HF_HUB_CACHE; print(HF_HUB_CACHE)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)
    assert Path(done.stdout.strip()) == weight_folders(environ)[0]


def test_weights(tmp_path):
    """CLIP's of the hub by their model, those of plain urls by their file; none of other models, none half there."""
    hub, plain = tmp_path / "hub", tmp_path / "clip"

    def put(path, size):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
        return path

    first = put(hub / "models--laion--CLIP-ViT-B-32" / "snapshots" / "abc" / "open_clip_model.safetensors", 5)
    put(first.with_name("open_clip_config.json"), 3)
    first.with_name("open_clip_pytorch_model.bin").symlink_to(tmp_path / "never finished")
    other = put(hub / "models--timm--ViT-B-16-SigLIP" / "snapshots" / "d" / "open_clip_model.safetensors", 7)
    put(hub / "models--gpt2" / "snapshots" / "e" / "model.safetensors", 9)
    third = put(plain / "ViT-B-32.pt", 11)
    assert found_weights((hub, plain)) == [
        FoundWeights("ViT-B-32", third, 11),
        FoundWeights("laion/CLIP-ViT-B-32", first, 5),
        FoundWeights("timm/ViT-B-16-SigLIP", other, 7),
    ]
    assert found_weights((tmp_path / "none", tmp_path / "neither")) == []


def test_torch_is_not_imported():
    """Nor numpy."""
    code = "import sys, diffusion.found; print({'torch', 'numpy', 'open_clip'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
