"""What is on the disk already: data sets, and weights for the CLIP judge. Looks at names and sizes only; no torch."""

import importlib.util
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from diffusion.data.catalog import DATASETS, DatasetInfo

State = Literal["whole", "packed", "missing", "damaged", "unreadable"]

_IDX_BYTES = {  # MNIST's and Fashion-MNIST's alike: 16 or 8 of header and then one a pixel or label
    "train-images-idx3-ubyte": 16 + 60_000 * 28 * 28,
    "train-labels-idx1-ubyte": 8 + 60_000,
    "t10k-images-idx3-ubyte": 16 + 10_000 * 28 * 28,
    "t10k-labels-idx1-ubyte": 8 + 10_000,
}
_CIFAR10_BYTES = {
    "data_batch_1": 31_035_704,
    "data_batch_2": 31_035_320,
    "data_batch_3": 31_035_999,
    "data_batch_4": 31_035_696,
    "data_batch_5": 31_035_623,
    "test_batch": 31_035_526,
    "batches.meta": 158,
}
FILES: dict[str, tuple[Path, Mapping[str, int]]] = {  # folder below the data folder, and the bytes of each file in it
    "mnist": (Path("MNIST/raw"), _IDX_BYTES),
    "fashion-mnist": (Path("FashionMNIST/raw"), _IDX_BYTES),
    "cifar10": (Path("cifar-10-batches-py"), _CIFAR10_BYTES),
}
CIFAR10_PACKED = Path("cifar-10-python.tar.gz")
ABANDONED_S = 3600.0  # a download that gets no answer for half a minute ends by itself
WEIGHTS = (".safetensors", ".bin", ".pt", ".pth")


@dataclass(frozen=True)
class FoundData:
    """A data set of the catalog on this disk. state packed: the archives are there, a run unpacks them."""

    name: str
    state: State
    folder: Path
    problem: str = ""  # which files are missing or damaged
    download_mb: int = 0


@dataclass(frozen=True)
class FoundWeights:
    """A file of CLIP weights: the model's name as its folder or file has it, and its size."""

    name: str
    path: Path
    bytes: int


def found_data(root: Path) -> list[FoundData]:
    """Each data set of the catalog as it is below root. Their checksums are looked at only when a run reads them."""
    return [_digits(info) if info.kind == "digits" else _files(info, root) for info in DATASETS.values()]


def _digits(info: DatasetInfo) -> FoundData:
    """They come with scikit-learn, which is looked for without importing it."""
    spec = importlib.util.find_spec("sklearn")
    places = spec.submodule_search_locations if spec is not None else None
    folder = Path(places[0] if places else "sklearn") / "datasets" / "data"
    if os.path.isfile(folder / "digits.csv.gz"):  # noqa: PTH113 no error for a folder that may not be entered
        return FoundData(info.name, "whole", folder)
    return FoundData(info.name, "missing", folder, "digits.csv.gz, which comes with scikit-learn")


def _files(info: DatasetInfo, root: Path) -> FoundData:
    below, sizes = FILES[info.name]
    folder = root / below
    missing, damaged = [], []
    try:
        for name, size in sizes.items():
            found = _size(folder / name)
            if found is None:
                missing.append(name)
            elif found != size:
                damaged.append(f"{name} has {found:,} bytes instead of {size:,}")
        packed = bool(missing) and all(_size(_packed(info, root, name)) for name in missing)
    except OSError as error:
        return FoundData(info.name, "unreadable", folder, error.strerror or str(error), info.download_mb)
    if damaged:
        return FoundData(info.name, "damaged", folder, "; ".join(damaged), info.download_mb)
    if missing:
        state: State = "packed" if packed else "missing"
        some = f"{len(missing)} of {len(sizes)} files: {', '.join(missing)}" if len(missing) < len(sizes) else ""
        return FoundData(info.name, state, folder, some, info.download_mb)
    return FoundData(info.name, "whole", folder)


def _packed(info: DatasetInfo, root: Path, name: str) -> Path:
    return root / CIFAR10_PACKED if info.name == "cifar10" else root / FILES[info.name][0] / f"{name}.gz"


def _size(path: Path) -> int | None:
    """Bytes of a file; None where there is none. Raises OSError where that cannot be told."""
    try:
        return path.stat().st_size if path.is_file() else None
    except (FileNotFoundError, NotADirectoryError):
        return None


def abandoned_downloads(root: Path) -> list[Path]:
    """Folders of downloads that were killed: nothing has been written into them for an hour."""
    return [folder for folder in sorted(root.glob(".download-*")) if time.time() - _newest(folder) > ABANDONED_S]


def _newest(folder: Path) -> float:
    try:
        return max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
    except FileNotFoundError:  # moved into its place just now
        return time.time()


def weight_folders(environ: Mapping[str, str]) -> tuple[Path, Path]:
    """Where CLIP weights are kept: the hub's cache (HF_HUB_CACHE, else HF_HOME), and open_clip's for plain urls."""
    home = Path.home()
    cache = Path(environ.get("XDG_CACHE_HOME") or home / ".cache")
    hub_home = environ.get("HF_HOME") or cache / "huggingface"
    hub = environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE") or Path(hub_home) / "hub"
    return Path(hub).expanduser(), home / ".cache" / "clip"  # open_clip asks no variable for its own


def found_weights(folders: tuple[Path, Path]) -> list[FoundWeights]:
    """The CLIP weights in the two folders, by name. Raises OSError for a folder that may not be read."""
    hub, plain = folders
    found = [*_hub_weights(hub), *_weights_in(plain, "")] if plain.is_dir() else list(_hub_weights(hub))
    return sorted(found, key=lambda one: (one.name, str(one.path)))


def _hub_weights(hub: Path) -> Iterator[FoundWeights]:
    for repository in hub.glob("models--*"):
        name = repository.name.removeprefix("models--").replace("--", "/")
        for snapshot in repository.glob("snapshots/*"):
            for one in _weights_in(snapshot, name):
                if "clip" in name.casefold() or one.path.name.startswith("open_clip_"):
                    yield one


def _weights_in(folder: Path, name: str) -> Iterator[FoundWeights]:
    """Files of weights; a link to a blob that was never finished is none."""
    for path in folder.iterdir():
        if path.suffix in WEIGHTS and path.is_file():
            yield FoundWeights(name or path.stem, path, path.stat().st_size)
