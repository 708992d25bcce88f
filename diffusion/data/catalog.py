"""What is known of each data set before it is read: names, shapes, classes, files. No torch here."""

from dataclasses import dataclass
from typing import Literal

from diffusion.errors import unknown_name

Kind = Literal["digits", "torchvision", "folder"]


@dataclass(frozen=True)
class DatasetInfo:
    """A data set's facts. size is the side of its square pictures in pixels, 0 when the pictures decide."""

    name: str
    kind: Kind
    size: int
    channels: int
    class_names: tuple[str, ...]
    flip: bool  # True where a mirrored picture is still a picture of its class
    download_mb: int = 0
    std: float = 0.0  # of the training pictures in [-1, 1], measured; 0 where it is not known


DIGIT_NAMES = tuple(str(digit) for digit in range(10))

DATASETS = {
    info.name: info
    for info in (
        DatasetInfo("digits", "digits", 8, 1, DIGIT_NAMES, flip=False, std=0.752),
        DatasetInfo("mnist", "torchvision", 28, 1, DIGIT_NAMES, flip=False, download_mb=12, std=0.612),
        DatasetInfo(
            "fashion-mnist",
            "torchvision",
            28,
            1,
            ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
            flip=True,
            download_mb=31,
            std=0.706,
        ),
        DatasetInfo(
            "cifar10",
            "torchvision",
            32,
            3,
            ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
            flip=True,
            download_mb=170,
            std=0.504,
        ),
    )
}

FOLDER_PREFIX = "folder:"


def dataset_info(name: str) -> DatasetInfo:
    """The facts of a data set by its name; a folder's classes and size are known only once it is read.

    Raises UserError for a name that is neither in the catalog nor "folder:PATH".
    """
    if name.startswith(FOLDER_PREFIX) and len(name) > len(FOLDER_PREFIX):
        return DatasetInfo(name, "folder", 0, 3, (), flip=False)
    if name not in DATASETS:
        raise unknown_name("data set", name, [*DATASETS, "folder:PATH"], "workbench run --data digits")
    return DATASETS[name]
