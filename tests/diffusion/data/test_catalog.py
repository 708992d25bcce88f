"""What is known of a data set before it is read."""

import pytest

from diffusion.data.catalog import DATASETS, dataset_info
from diffusion.errors import UserError


@pytest.mark.parametrize(
    ("name", "size", "channels", "flip"),
    [("digits", 8, 1, False), ("mnist", 28, 1, False), ("fashion-mnist", 28, 1, True), ("cifar10", 32, 3, True)],
)
def test_facts(name, size, channels, flip):
    """A mirrored digit is no digit; a mirrored shirt is a shirt."""
    info = dataset_info(name)
    assert (info.size, info.channels, info.flip, len(info.class_names)) == (size, channels, flip, 10)


def test_every_entry_stands_under_its_name_with_classes_that_differ():
    """Class names are keys in tables and on the command line."""
    for name, info in DATASETS.items():
        assert info.name == name
        assert len(set(info.class_names)) == len(info.class_names)


def test_a_folder_tells_its_classes_only_when_read():
    """Its size is 0 until then."""
    info = dataset_info("folder:/pictures/of cats")
    assert (info.kind, info.size, info.class_names, info.flip) == ("folder", 0, (), False)


@pytest.mark.parametrize(
    ("name", "near"),
    [("mnits", "mnist"), ("CIFAR10", "cifar10"), ("fashion_mnist", "fashion-mnist"), ("folder:", "folder:PATH")],
)
def test_an_unknown_name_is_refused(name, near):
    """With all names and the nearest one."""
    with pytest.raises(UserError) as caught:
        dataset_info(name)
    assert str(caught.value) == (
        f"unknown data set '{name}'; allowed: digits, mnist, fashion-mnist, cifar10, folder:PATH; "
        f"did you mean {near}?; next: workbench run --data digits"
    )
