"""Judges that are kept: whole or absent, and for their own pictures only."""

import dataclasses
import json
import threading

import pytest
import torch

from diffusion.errors import UserError
from diffusion.judges.kept import check_data, data_name, file_digest, kept_judges, read_judge, sized_name, write_judge
from diffusion.judges.turns import reading
from tests.diffusion.judges.sets import digits


def keep(judges, name="one", text="weights", **about):
    """A judge of one file."""
    return write_judge(judges, name, {"kind": "clip"} | about, lambda folder: (folder / "w").write_text(text))


def test_what_is_kept_comes_back(tmp_path):
    """By name, and in the list; a newer one takes its place."""
    folder = keep(tmp_path / "judges", accuracy=0.9)
    keep(tmp_path / "judges", "two")
    assert (folder / "w").read_text() == "weights"
    assert read_judge(tmp_path / "judges", "one") == {"format": 1, "name": "one", "kind": "clip", "accuracy": 0.9}
    assert [one["name"] for one in kept_judges(tmp_path / "judges")] == ["one", "two"]
    keep(tmp_path / "judges", text="newer", accuracy=0.95)
    assert (folder / "w").read_text() == "newer"
    assert read_judge(tmp_path / "judges", "one")["accuracy"] == 0.95


def test_a_failed_write_leaves_what_was_there(tmp_path):
    """No half of a judge is ever found."""
    folder = keep(tmp_path)

    def full(part):
        (part / "w").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_judge(tmp_path, "one", {}, full)
    with pytest.raises(OSError, match="No space"):
        write_judge(tmp_path, "two", {}, full)
    assert (folder / "w").read_text() == "weights"
    assert {path.name for path in tmp_path.iterdir()} == {"one", ".one.lock"}


def test_who_reads_never_meets_one_that_is_being_replaced(tmp_path):
    """Neither none, nor what is said of one beside the weights of another."""
    keep(tmp_path, text="0", version=0)

    def replace():
        for version in range(1, 40):
            keep(tmp_path, text=str(version), version=version)

    writer = threading.Thread(target=replace)
    writer.start()
    seen = set()
    while writer.is_alive():
        with reading(tmp_path, "one"):
            version = read_judge(tmp_path, "one")["version"]
            assert (tmp_path / "one" / "w").read_text() == str(version)
        seen.add(version)
    writer.join()
    assert len(seen) > 1
    assert {path.name for path in tmp_path.iterdir()} == {"one", ".one.lock"}


def test_none_and_damaged(tmp_path):
    """None is none; what cannot be read is told with what removes it."""
    assert kept_judges(tmp_path / "judges") == []
    assert read_judge(tmp_path, "one") is None
    folder = keep(tmp_path)
    for text in ("{", "[]"):
        (folder / "judge.json").write_text(text)
        with pytest.raises(UserError, match="the judge one cannot be read"):
            read_judge(tmp_path, "one")
        with pytest.raises(UserError, match=r"next: another folder$"):
            read_judge(tmp_path, "one", mend="another folder")


def test_features_are_no_judge(tmp_path):
    """The folder of features beside the judges has no judge.json."""
    keep(tmp_path)
    (tmp_path / "features").mkdir()
    assert [one["name"] for one in kept_judges(tmp_path)] == ["one"]


def test_a_judge_is_for_its_own_pictures():
    """The checksum decides."""
    about = {"name": "one", "dataset": "digits", "data_checksum": digits().checksum}
    check_data(about, "digits", digits())
    with pytest.raises(UserError, match="workbench judge train --dataset digits"):
        check_data(about | {"data_checksum": "other"}, "digits", digits())


def test_names():
    """A folder by its own name and its pictures' checksum; a shape only where it is not the data set's own."""
    pictures = digits()
    assert data_name("mnist", pictures) == "mnist"
    assert data_name("folder:/home/me/My Photos!", pictures) == f"my-photos-{pictures.checksum[:8]}"
    assert sized_name("digits", pictures) == "digits"
    small = dataclasses.replace(pictures, train=dataclasses.replace(pictures.train, pictures=torch.zeros(1, 1, 4, 4)))
    assert sized_name("digits", small) == "digits-4x4x1"


def test_a_fingerprint_stands_for_the_file_and_its_settings(tmp_path):
    """Other bytes or another setting, another fingerprint."""
    path = tmp_path / "w"
    path.write_text(json.dumps([1]))
    first = file_digest(path, {"size": 8})
    assert file_digest(path, {"size": 8}) == first
    assert file_digest(path, {"size": 16}) != first
    path.write_text(json.dumps([2]))
    assert file_digest(path, {"size": 8}) != first
