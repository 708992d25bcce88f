"""From a data set's name to its pictures: found on disk, downloaded, or read from folders of images."""

import contextlib
import csv
import gzip
import hashlib
import importlib.util
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from diffusion.config import DataConfig, RunConfig, check_size
from diffusion.data.catalog import FOLDER_PREFIX, DatasetInfo, dataset_info
from diffusion.data.folders import read_folder
from diffusion.data.pictures import Pictures, Split, checksum, stratified_split, transformed
from diffusion.errors import UserError

# torchvision checks the packed files that it downloads, never the unpacked ones that it reads, so a damaged file would
# train without a word. MD5 of the unpacked files, in torchvision's folder layout.
MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
# Bytes of Fashion-MNIST's unpacked files, 16 or 8 of header and then one a pixel or label.
FASHION_MNIST_BYTES = {
    "train-images-idx3-ubyte": 16 + 60_000 * 28 * 28,
    "train-labels-idx1-ubyte": 8 + 60_000,
    "t10k-images-idx3-ubyte": 16 + 10_000 * 28 * 28,
    "t10k-labels-idx1-ubyte": 8 + 10_000,
}
TEST_FRACTION, VAL_FRACTION = 0.2, 0.1  # of digits and of folders, which come without a split of their own


def load(config: RunConfig, folder: Path | None = None) -> Pictures:
    """The run's pictures, split, resized and blurred as config.data says, on the CPU.

    folder: where data sets are kept, unless config.data.folder names one. Raises UserError when the data are absent,
    damaged, unreadable or do not fit the network.
    """
    data = config.data
    info = dataset_info(data.dataset)
    root = Path(data.folder).expanduser() if data.folder else folder
    if info.kind == "digits":
        pictures = _digits(info)
    elif info.kind == "folder":
        pictures = _folder(info, data)
    else:
        if root is None:
            raise UserError(
                f"no folder is set to keep {info.name} in", next_command=f"--data-dir FOLDER --data {info.name}"
            )
        pictures = _torchvision(info, root)
    pictures = transformed(pictures, data, info)
    check_size(config, pictures.size)
    return pictures


def _digits(info: DatasetInfo) -> Pictures:
    """Scikit-learn's copy of the UCI optical digits, 8 x 8, 17 grey levels; read without importing scikit-learn (1 s)."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("the digits data come with scikit-learn, which is not installed", next_command="pip install .")
    path = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    with gzip.open(path, "rt", encoding="ascii") as lines:
        table = np.array([row for row in csv.reader(lines)], dtype=np.float32)
    pixels = torch.from_numpy(table[:, :64] * (255 / 16)).round().to(torch.uint8).reshape(-1, 1, 8, 8)
    return _split_here(pixels, torch.from_numpy(table[:, 64]).long(), info)


def _split_here(pixels: Tensor, labels: Tensor, info: DatasetInfo, skipped: tuple[str, ...] = ()) -> Pictures:
    test, val, train = (
        Split(pixels[rows], labels[rows]) for rows in stratified_split(labels, (TEST_FRACTION, VAL_FRACTION))
    )
    return Pictures(train, val, test, info.class_names, checksum(pixels, labels), info.flip, skipped)


def _folder(info: DatasetInfo, data: DataConfig) -> Pictures:
    path = Path(info.name.removeprefix(FOLDER_PREFIX)).expanduser()
    pixels, labels, class_names, skipped = read_folder(path, data.image_size, data.channels)
    named = DatasetInfo(info.name, "folder", pixels.shape[-1], pixels.shape[1], class_names, info.flip)
    return _split_here(pixels, labels, named, skipped)


def _torchvision(info: DatasetInfo, root: Path) -> Pictures:
    """The official test split; a tenth (MNIST: a twelfth) of the official training split becomes validation."""
    from torchvision import datasets  # 2 s, and only these data sets need it

    kinds = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST, "cifar10": datasets.CIFAR10}
    kind = kinds[info.name]
    _check_files(info, root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with contextlib.redirect_stdout(sys.stderr):  # torchvision prints there, and stdout is for data
            parts = [kind(str(root), train=train, download=True) for train in (True, False)]
    except (OSError, RuntimeError, EOFError) as error:
        raise _absent(info, root, error) from error
    (train_pixels, train_labels), (test_pixels, test_labels) = (_tensors(part) for part in parts)
    val, train = stratified_split(train_labels, (5_000 / len(train_labels),))
    return Pictures(
        Split(train_pixels[train], train_labels[train]),
        Split(train_pixels[val], train_labels[val]),
        Split(test_pixels, test_labels),
        info.class_names,
        checksum(train_pixels, train_labels, test_pixels, test_labels),
        info.flip,
    )


def _tensors(part: object) -> tuple[Tensor, Tensor]:
    pixels, labels = torch.as_tensor(part.data), torch.as_tensor(part.targets).long()  # type: ignore[attr-defined]
    pixels = pixels[:, None] if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2)
    return pixels.contiguous(), labels


def _raw_folder(info: DatasetInfo, root: Path) -> Path:
    names = {"mnist": "MNIST/raw", "fashion-mnist": "FashionMNIST/raw", "cifar10": "cifar-10-batches-py"}
    return root / names[info.name]


def _check_files(info: DatasetInfo, root: Path) -> None:
    """Raise UserError for a file that is there but damaged."""
    raw = _raw_folder(info, root)
    if info.name == "fashion-mnist":
        for name, size in FASHION_MNIST_BYTES.items():
            if (raw / name).is_file() and (found := (raw / name).stat().st_size) != size:
                raise _damaged(info, raw / name, f"it has {found:,} bytes instead of {size:,}")
        return
    known = MNIST_MD5
    if info.name == "cifar10":
        from torchvision.datasets import CIFAR10

        known = {**dict(CIFAR10.train_list), **dict(CIFAR10.test_list), CIFAR10.meta["filename"]: CIFAR10.meta["md5"]}
    for name, md5 in known.items():
        if (raw / name).is_file() and (sum_found := _md5(raw / name)) != md5:
            raise _damaged(info, raw / name, f"its MD5 is {sum_found} instead of {md5}")


def _damaged(info: DatasetInfo, path: Path, how: str) -> UserError:
    return UserError(
        f"{path} is damaged: {how}",
        next_command=f"rm '{path}', then the same command again, which fetches it ({info.download_mb} MB)",
    )


def _md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _absent(info: DatasetInfo, root: Path, error: BaseException) -> UserError:
    raw = _raw_folder(info, root)
    files = "data_batch_1 to data_batch_5, test_batch, batches.meta" if info.name == "cifar10" else ", ".join(MNIST_MD5)
    return UserError(
        f"{info.name} is not in {raw} and could not be downloaded ({info.download_mb} MB): {error}",
        next_command=f"on a machine with a connection run 'workbench run --data {info.name} --steps 1 --data-dir FOLDER', "
        f"then copy FOLDER/{raw.relative_to(root)} ({files}) to {raw}",
    )
