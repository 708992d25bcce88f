"""From a data set's name to its pictures: found on disk, downloaded, or read from folders of images."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from diffusion.checks import check_size, side_factor
from diffusion.config import RunConfig
from diffusion.data.catalog import FOLDER_PREFIX, DatasetInfo, dataset_info
from diffusion.data.digits import read_digits
from diffusion.data.fetch import NotFetchedError, archives, fetch, md5_of
from diffusion.data.folders import read_folder
from diffusion.data.pictures import Pictures, Split, checksum, stratified_split, transformed
from diffusion.errors import UserError
from diffusion.events import Progress

Loading = Generator[Progress, None, Pictures]

# MD5 of MNIST's unpacked files: torchvision checks only the packed ones, so a damaged file would train without a word.
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
VAL_IMAGES = 5_000  # of the training pictures of the others, at most a tenth of them


def load(config: RunConfig, folder: Path | None = None) -> Pictures:
    """The run's pictures, split, resized and blurred as config.data says, on the CPU.

    folder: where data sets are kept, unless config.data.folder names one. Raises UserError when the data are absent,
    damaged, unreadable or do not fit the network.
    """
    work = loading(config, folder)
    while True:
        try:
            next(work)
        except StopIteration as end:
            pictures: Pictures = end.value
            return pictures


def loading(config: RunConfig, folder: Path | None = None) -> Loading:
    """What load does, telling of long work as it goes on: bytes of a download, or files of a folder."""
    data = config.data
    info = dataset_info(data.dataset)
    root = Path(data.folder).expanduser() if data.folder else folder
    if info.kind == "digits":
        pictures = _digits(info)
    elif info.kind == "folder":
        pictures = yield from _folder(info, config)
    else:
        if root is None:
            raise UserError(
                f"no folder is set to keep {info.name} in", next_command=f"--data-dir FOLDER --data {info.name}"
            )
        pictures = yield from _torchvision(info, root)
    pictures = transformed(pictures, data, info)
    check_size(config, pictures.size)
    return pictures


def _digits(info: DatasetInfo) -> Pictures:
    pixels, labels = read_digits()
    return _split_here(torch.from_numpy(pixels)[:, None], torch.from_numpy(labels), info)


def _split_here(pixels: Tensor, labels: Tensor, info: DatasetInfo, skipped: tuple[str, ...] = ()) -> Pictures:
    test, val, train = (
        Split(pixels[rows], labels[rows]) for rows in stratified_split(labels, (TEST_FRACTION, VAL_FRACTION))
    )
    return Pictures(train, val, test, info.class_names, checksum(pixels, labels), info.flip, skipped)


def _folder(info: DatasetInfo, config: RunConfig) -> Loading:
    path = Path(info.name.removeprefix(FOLDER_PREFIX)).expanduser()
    data = config.data
    read = yield from read_folder(path, data.image_size, data.channels, multiple=side_factor(config.network))
    size, channels = read.pixels.shape[-1], read.pixels.shape[1]
    named = DatasetInfo(info.name, "folder", size, channels, read.class_names, info.flip)
    return _split_here(read.pixels, read.labels, named, read.skipped)


def _torchvision(info: DatasetInfo, root: Path) -> Loading:
    """The official test split; a tenth (MNIST: a twelfth) of the official training split becomes validation."""
    from torchvision import datasets  # 2 s, and only these data sets need it

    kind = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST, "cifar10": datasets.CIFAR10}[info.name]
    _check_files(info, kind, root)
    yield from _fetched(info, kind, root)
    try:
        parts = [kind(str(root), train=train, download=False) for train in (True, False)]
    except (OSError, RuntimeError, ValueError, LookupError, AssertionError) as error:
        raise _damaged(info, root / _raw(kind), f"it cannot be read ({type(error).__name__}: {error})") from error
    (train_pixels, train_labels), (test_pixels, test_labels) = (_tensors(part) for part in parts)
    if int(max(train_labels.max(), test_labels.max())) >= len(info.class_names):
        raise _damaged(info, root / _raw(kind), f"it has labels above {len(info.class_names) - 1}")
    val, train = stratified_split(train_labels, (min(0.1, VAL_IMAGES / len(train_labels)),))
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


def _raw(kind: Any) -> Path:
    """Where torchvision keeps the unpacked files, below the data folder."""
    return archives(kind)[0].holds[0].parent


def _check_files(info: DatasetInfo, kind: Any, root: Path) -> None:
    """Raise UserError for a file that is there but damaged."""
    raw = root / _raw(kind)
    if info.name == "fashion-mnist":
        for name, size in FASHION_MNIST_BYTES.items():
            if (raw / name).is_file() and (found := (raw / name).stat().st_size) != size:
                raise _damaged(info, raw / name, f"it has {found:,} bytes instead of {size:,}")
        return
    known = MNIST_MD5
    if info.name == "cifar10":
        known = {**dict(kind.train_list), **dict(kind.test_list), kind.meta["filename"]: kind.meta["md5"]}
    for name, md5 in known.items():
        if (raw / name).is_file() and (sum_found := md5_of(raw / name)) != md5:
            raise _damaged(info, raw / name, f"its MD5 is {sum_found} instead of {md5}")


def _damaged(info: DatasetInfo, path: Path, how: str) -> UserError:
    return UserError(
        f"{path} is damaged: {how}",
        next_command=f"rm -r '{path}', then the same command again, which fetches it ({info.download_mb} MB)",
    )


def _fetched(info: DatasetInfo, kind: Any, root: Path) -> Generator[Progress, None, None]:
    """Download what is missing. Raises UserError when that cannot be done."""
    missing = [archive for archive in archives(kind) if not all((root / file).is_file() for file in archive.holds)]
    if not missing:
        return
    raw = root / _raw(kind)
    try:
        yield from fetch(missing, root, info.download_mb * 1_000_000)
    except NotFetchedError as error:
        files = [file.name for archive in missing for file in archive.holds if not (root / file).is_file()]
        raise UserError(
            f"{info.name} needs {', '.join(files)} in {raw}, which could not be downloaded ({info.download_mb} MB): "
            f"{error}",
            next_command=f"on a machine with a connection run 'workbench run --data {info.name} --steps 1 --data-dir "
            f"FOLDER', then copy FOLDER/{_raw(kind)} to {raw}",
        ) from error
    except OSError as error:
        raise UserError(
            f"{info.name} could not be put into {root}: {error.strerror or error}", next_command="--data-dir FOLDER"
        ) from error
