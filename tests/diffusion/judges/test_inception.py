"""Inception from a file of weights: random ones here, since the real ones are 95 MB and not ours to ship."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

from diffusion.errors import UserError
from diffusion.judges.fidelity import judge_fidelity
from diffusion.judges.inception import Inception, load_inception
from tests.diffusion.judges.sets import held_out, judged

CPU = torch.device("cpu")
MODULE = "torch_fidelity.feature_extractor_inceptionv3"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weights with the names and shapes of the real ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{MODULE}.load_state_dict_from_url", lambda *_, **__: {})
        patch.setattr(FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None)
        torch.manual_seed(0)
        tensors = FeatureExtractorInceptionV3("made here", ["2048"]).state_dict()
    path = tmp_path_factory.mktemp("inception") / "weights.safetensors"
    save_file(tensors, path)
    return path


def test_features_are_torch_fidelitys(weights, tmp_path):
    """Of gray pictures, shown in all three colours; in the order of the pictures."""
    torch.save(load_file(weights), tmp_path / "weights.pth")
    theirs = FeatureExtractorInceptionV3("x", ["2048"], feature_extractor_weights_path=str(tmp_path / "weights.pth"))
    pixels = held_out().pictures[:2]
    inception = load_inception(str(weights), CPU)
    expected = theirs(pixels.expand(-1, 3, -1, -1))[0]
    torch.testing.assert_close(inception.encode(pixels), expected)
    assert load_inception(str(tmp_path / "weights.pth"), CPU).fingerprint != inception.fingerprint  # of the file


def test_its_figures_stand_beside_the_others(weights, tmp_path, monkeypatch):
    """In the same table, by its name."""
    monkeypatch.setattr(Inception, "encode", lambda _, pixels: pixels.flatten(1).float())  # the real one takes minutes
    changes = {"judges.inception": str(weights), "judges.classifier": "off"}
    events = list(judge_fidelity(judged(held_out(), tmp_path, **changes)))
    assert {one.judge for one in events if getattr(one, "name", "") == "fd"} == {"inception"}


def test_a_file_that_is_not_there_is_named(tmp_path):
    """Not downloaded."""
    with pytest.raises(UserError, match=r"names .*none\.pth, which is not there"):
        load_inception(str(tmp_path / "none.pth"), CPU)


def test_weights_of_another_network_are_told(tmp_path):
    """With the first of the keys that are missing."""
    save_file({"a": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(UserError, match="do not fit Inception: Missing key"):
        load_inception(str(tmp_path / "w.safetensors"), CPU)


def test_a_file_with_code_in_it_is_not_opened(tmp_path):
    """A pickle of more than tensors could do anything."""
    torch.save({"a": Code()}, tmp_path / "w.pth")
    with pytest.raises(UserError, match="holds more than tensors"):
        load_inception(str(tmp_path / "w.pth"), CPU)


class Code:
    """What a weights file has no need of."""


@pytest.mark.parametrize("content", [b"", b"not weights at all"])
def test_a_damaged_file_is_told(tmp_path, content):
    """Not a traceback of the reader."""
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(UserError, match=r"w\.pth (cannot be read|holds more)"):
        load_inception(str(tmp_path / "w.pth"), CPU)


def test_a_list_of_numbers_is_no_weights(tmp_path):
    """Tensors by name are wanted."""
    torch.save([1, 2], tmp_path / "w.pth")
    with pytest.raises(UserError, match="holds no weights by name"):
        load_inception(str(tmp_path / "w.pth"), CPU)
