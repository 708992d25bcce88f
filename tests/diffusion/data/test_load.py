"""Every data set against the library that defines it; absent and damaged data are told with what to do."""

import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import datasets

from diffusion.config import RunConfig, with_settings
from diffusion.data.load import load, loading
from diffusion.data.pictures import checksum
from diffusion.errors import UserError
from tests.diffusion.data.torchvision_files import TEST, TRAIN, cifar10, idx_files, md5, mnist, put

SHARED = Path(__file__).parents[4] / "shared" / "data"


def config(dataset="digits", **changes):
    return with_settings(RunConfig(), {"data.dataset": dataset, **changes})


def told(*arguments):
    with pytest.raises(UserError) as caught:
        load(*arguments)
    return str(caught.value)


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    def refuse(*arguments, **options):
        raise urllib.error.URLError(OSError(-2, "Name or service not known"))

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


def parts(pictures):
    return [pictures.train, pictures.val, pictures.test]


def sorted_rows(splits):
    """Pictures with their labels as text, in an order of their own: splits shuffle, and nothing may be lost."""
    return sorted(
        bytes(picture.flatten().tolist()) + bytes([label])
        for split in splits
        for picture, label in zip(split.pictures, split.labels.tolist(), strict=True)
    )


def test_digits_are_those_of_scikit_learn():
    """All 1,797, with their 17 gray levels spread over 0 to 255."""
    from sklearn.datasets import load_digits

    reference = load_digits()
    found = load(config())
    expected = np.round(reference.images * (255 / 16)).astype(np.uint8)
    rows = sorted(
        bytes(image.ravel()) + bytes([label]) for image, label in zip(expected, reference.target, strict=True)
    )
    assert sorted_rows(parts(found)) == rows
    assert (found.size, found.channels, found.flip, found.class_names) == (8, 1, False, tuple("0123456789"))


def test_the_split_of_digits_is_pinned():
    """Test pictures stay out of training for ever: 20 % test, 10 % validation of each class."""
    found = load(config())
    assert found.checksum == "0b7e9c3202d7bcd2"
    assert [(len(part), checksum(part.pictures, part.labels)) for part in parts(found)] == [
        (1259, "ed5e14b08c010c4d"),
        (179, "70bdaafba7a0174b"),
        (359, "54999d7f4bc5286f"),
    ]


def test_digits_need_no_scikit_learn_import():
    """Which takes a second of the thirty that a first run may take."""
    code = (
        "import sys; from diffusion.config import RunConfig; from diffusion.data.load import load; load(RunConfig());"
        "sys.exit(any(name in sys.modules for name in ('sklearn', 'scipy', 'torchvision')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("changes", [{"data.blur": 1.0}, {"data.image_size": 16}, {"data.channels": 3}], ids=str)
def test_the_checksum_is_that_of_the_data_whatever_is_done_with_them(changes):
    """Two runs that differ in blur saw the same data."""
    assert load(config(**changes)).checksum == load(config()).checksum


@pytest.mark.parametrize(
    ("dataset", "kind", "flip"),
    [("mnist", datasets.MNIST, False), ("fashion-mnist", datasets.FashionMNIST, True)],
    ids=["mnist", "fashion-mnist"],
)
def test_mnist_and_fashion_mnist_are_read_from_their_files(dataset, kind, flip, monkeypatch, tmp_path):
    """The official test split is the test split; a tenth of the rest, of each class, is validation."""
    files, _, arrays = mnist(monkeypatch, kind)
    put(files, tmp_path / kind.__name__ / "raw")
    found = load(config(dataset), tmp_path)
    assert np.array_equal(found.test.pictures[:, 0], arrays["t10k"][0])
    assert np.array_equal(found.test.labels, arrays["t10k"][1])
    pixels, labels = arrays["train"]
    rows = sorted(bytes(image.ravel()) + bytes([label]) for image, label in zip(pixels, labels, strict=True))
    assert sorted_rows([found.train, found.val]) == rows
    assert found.val.labels.bincount().tolist() == [1] * 10
    assert (found.size, found.channels, found.flip) == (28, 1, flip)


def test_cifar10_is_read_from_its_files(monkeypatch, tmp_path):
    """Red plane first, row by row."""
    files, _, arrays = cifar10(monkeypatch)
    put(files, tmp_path / "cifar-10-batches-py")
    found = load(config("cifar10", **{"data.folder": str(tmp_path)}))
    assert np.array_equal(found.test.pictures.reshape(TEST, -1), arrays["test_batch"][0])
    assert found.test.labels.tolist() == arrays["test_batch"][1]
    assert len(found.train) + len(found.val) == TRAIN
    assert (found.size, found.channels, found.flip) == (32, 3, True)


def test_a_data_set_of_torchvision_reads_like_torchvision(monkeypatch, tmp_path):
    """Through its own __getitem__."""
    files, _, _ = cifar10(monkeypatch)
    put(files, tmp_path / "cifar-10-batches-py")
    found = load(config("cifar10"), tmp_path)
    for number, (picture, label) in enumerate(datasets.CIFAR10(str(tmp_path), train=False)):
        assert np.array_equal(found.test.pictures[number].permute(1, 2, 0), np.asarray(picture))
        assert found.test.labels[number] == label


@pytest.mark.skipif(not (SHARED / "MNIST" / "raw").is_dir(), reason="no MNIST in ../shared/data")
def test_the_real_mnist():
    """From the packed files that lie in the folder; all of it is there."""
    with tempfile.TemporaryDirectory() as folder:  # pytest would keep the 55 MB
        raw = Path(folder) / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for packed in (SHARED / "MNIST" / "raw").iterdir():
            (raw / packed.name).symlink_to(packed)
        found = load(config("mnist"), Path(folder))
    assert [len(part) for part in parts(found)] == [54_999, 5_001, 10_000]  # a twelfth of each class, rounded
    assert found.checksum == "1e35582d42a90940"
    assert found.test.labels[:8].tolist() == [7, 2, 1, 0, 4, 1, 4, 9]
    assert float(found.train.pictures.float().mean() / 255) == pytest.approx(0.1307, abs=2e-4)


@pytest.mark.skipif(not (SHARED / "cifar-10-batches-py").is_dir(), reason="no CIFAR-10 in ../shared/data")
def test_the_real_cifar10():
    """From a folder that may only be read."""
    found = load(config("cifar10"), SHARED)
    assert [len(part) for part in parts(found)] == [45_000, 5_000, 10_000]
    assert found.checksum == "9048fcbac9c08a64"
    assert [found.class_names[label] for label in found.test.labels[:4]] == ["cat", "ship", "ship", "airplane"]
    mean = found.train.pictures.double().mean((0, 2, 3)) / 255
    torch.testing.assert_close(mean, torch.tensor([0.4914, 0.4822, 0.4465], dtype=torch.float64), rtol=0, atol=1e-3)


def test_a_folder_becomes_a_data_set(tmp_path):
    """Split as digits are; its size, channels and classes are those of its pictures."""
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(20):
            Image.new("RGB", (40, 24), (number, 0, 9)).save(tmp_path / name / f"{number}.png")
    (tmp_path / "dog" / "broken.png").write_text("")
    found = load(config(f"folder:{tmp_path}"))
    assert [len(part) for part in parts(found)] == [28, 4, 8]
    assert (found.size, found.channels, found.class_names) == (24, 3, ("cat", "dog"))
    assert found.skipped == ("dog/broken.png: not a picture",)


def test_a_folder_takes_a_size_that_the_network_can_halve(tmp_path):
    """28 pixels suit three levels; with a patch of 2 they become 24."""
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(4):
            Image.new("L", (28, 28)).save(tmp_path / name / f"{number}.png")
    assert load(config(f"folder:{tmp_path}")).size == 28
    assert load(config(f"folder:{tmp_path}", **{"network.patch": 2})).size == 24
    assert told(config(f"folder:{tmp_path}", **{"network.attention": 5})) == (
        "network.attention names side 5, which does not occur at 28 pixels; allowed: 28, 14, 7; "
        "next: --set network.attention=7"
    )


FILES = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte"
S3, LECUN = "https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"


def copied(name, raw, root):
    return (
        f"; next: on a machine with a connection run 'workbench run --data {name} --steps 1 --data-dir FOLDER', "
        f"then copy FOLDER/{raw} to {root}/{raw}"
    )


def test_absent_and_offline(tmp_path):
    """Which files, which folder, what to do; nothing half-made is left."""
    root = tmp_path / "sets"
    no = "says Name or service not known"
    first = "train-images-idx3-ubyte.gz"
    assert told(config("mnist"), root) == (
        f"mnist needs {FILES} in {root}/MNIST/raw, which could not be downloaded (12 MB): {S3}{first} {no}, "
        f"{LECUN}{first} {no}" + copied("mnist", "MNIST/raw", root)
    )
    assert told(config("cifar10"), root) == (
        "cifar10 needs data_batch_1, data_batch_2, data_batch_3, data_batch_4, data_batch_5, test_batch, batches.meta "
        f"in {root}/cifar-10-batches-py, which could not be downloaded (170 MB): "
        f"https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz {no}" + copied("cifar10", "cifar-10-batches-py", root)
    )
    assert list(root.iterdir()) == []


def test_only_the_files_that_are_missing_are_asked_for(monkeypatch, tmp_path):
    """Three of the four are there."""
    files, _, _ = mnist(monkeypatch, datasets.FashionMNIST)
    monkeypatch.setattr(datasets.FashionMNIST, "mirrors", ["http://there/"])
    del files["t10k-labels-idx1-ubyte"]
    raw = tmp_path / "FashionMNIST" / "raw"
    put(files, raw)
    assert told(config("fashion-mnist"), tmp_path) == (
        f"fashion-mnist needs t10k-labels-idx1-ubyte in {raw}, which could not be downloaded (31 MB): "
        "http://there/t10k-labels-idx1-ubyte.gz says Name or service not known"
        + copied("fashion-mnist", "FashionMNIST/raw", tmp_path)
    )
    assert sorted(path.name for path in raw.iterdir()) == sorted(files)


def test_no_folder_at_all():
    """The library has no default; the command line has."""
    assert told(config("mnist")) == "no folder is set to keep mnist in; next: --data-dir FOLDER --data mnist"


def test_a_data_folder_that_cannot_be_written(tmp_path):
    """Told before anything is downloaded."""
    (tmp_path / "file").write_text("")
    root = tmp_path / "file" / "sets"
    assert told(config("mnist"), root) == (
        f"mnist could not be put into {root}: Not a directory; next: --data-dir FOLDER"
    )


def again(path, megabytes):
    return f"; next: rm -r '{path}', then the same command again, which fetches it ({megabytes} MB)"


def test_a_damaged_file_is_refused(monkeypatch, tmp_path):
    """One flipped bit, in each of the data sets that have checksums."""
    for dataset, raw, files, name, size in (
        ("mnist", "MNIST/raw", mnist(monkeypatch)[0], "train-labels-idx1-ubyte", 12),
        ("cifar10", "cifar-10-batches-py", cifar10(monkeypatch)[0], "data_batch_3", 170),
    ):
        good = files[name]
        files[name] = good[:-3] + bytes([good[-3] ^ 1]) + good[-2:]
        put(files, tmp_path / raw)
        path = tmp_path / raw / name
        assert told(config(dataset), tmp_path) == (
            f"{path} is damaged: its MD5 is {md5(files[name])} instead of {md5(good)}" + again(path, size)
        )


def test_a_damaged_fashion_mnist_is_refused(monkeypatch, tmp_path):
    """Cut short, with a label that is no class, with a header that says something else."""
    files, _ = idx_files()
    mnist(monkeypatch, datasets.FashionMNIST)
    raw, name = tmp_path / "FashionMNIST" / "raw", "train-labels-idx1-ubyte"
    good = files[name]
    put(files | {name: good[:-1]}, raw)
    path = raw / name
    assert told(config("fashion-mnist"), tmp_path) == (
        f"{path} is damaged: it has 67 bytes instead of 68" + again(path, 31)
    )
    put(files | {name: good[:-1] + b"\x0a"}, raw)
    assert told(config("fashion-mnist"), tmp_path) == f"{raw} is damaged: it has labels above 9" + again(raw, 31)
    put(files | {name: b"\xff" * 8 + good[8:]}, raw)
    assert told(config("fashion-mnist"), tmp_path).startswith(f"{raw} is damaged: it cannot be read (")


def test_a_size_that_the_network_cannot_halve_is_refused_once_it_is_known():
    """Digits of 8 pixels have room for three halvings."""
    assert told(config(**{"network.multipliers": "1,1,1,1,1"})) == (
        "pictures of 8 pixels do not fit network.patch 1 and the 5 levels of network.multipliers; "
        "allowed: sides that 16 divides; next: --set data.image_size=16"
    )


def test_loading_of_what_is_there_has_nothing_to_tell():
    """load is loading without the words."""
    assert list(loading(config())) == []
