"""One file, whole or absent, without code in it."""

import errno

import pytest
import torch
from safetensors.torch import save_file

from diffusion import checkpoints
from diffusion.checkpoints import State, put_weights, read_checkpoint, read_state, write_checkpoint
from diffusion.config import RunConfig
from diffusion.errors import UserError

STATE = State(RunConfig(seed=7), 30, 1.5, ("a", "b"), 8, 1, "0123", ("preview", "sample"))
TENSORS = {"network.w": torch.arange(6.0).reshape(2, 3), "ema.w": torch.ones(2, 3)}


def test_what_is_written_is_read(tmp_path):
    """State and every tensor, also one with its channels last."""
    tensors = TENSORS | {"network.c": torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last)}
    write_checkpoint(tmp_path / "c", STATE, tensors)
    state, read = read_checkpoint(tmp_path / "c")
    assert state == STATE
    assert read_state(tmp_path / "c") == STATE
    assert all(torch.equal(read[name], tensor) for name, tensor in tensors.items())
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    """The former checkpoint, and no half of a new one."""
    write_checkpoint(tmp_path / "c", STATE, TENSORS)

    def full(fd):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_checkpoint(tmp_path / "c", STATE, TENSORS)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    assert read_state(tmp_path / "c") == STATE


@pytest.mark.parametrize("length", [0, 5, 200, -1])
def test_a_file_cut_short_is_told(tmp_path, length):
    """Wherever the cut is."""
    write_checkpoint(tmp_path / "c", STATE, TENSORS)
    (tmp_path / "c").write_bytes((tmp_path / "c").read_bytes()[:length])
    with pytest.raises(UserError, match="cannot be read"):
        read_checkpoint(tmp_path / "c")


def test_other_bytes_in_a_tensor_are_told(tmp_path):
    """A file of the right length with a damaged middle."""
    write_checkpoint(tmp_path / "c", STATE, TENSORS)
    data = bytearray((tmp_path / "c").read_bytes())
    data[-5] ^= 255
    (tmp_path / "c").write_bytes(data)
    with pytest.raises(UserError, match="is damaged; next: remove it"):
        read_checkpoint(tmp_path / "c")


def test_other_files_are_no_checkpoints(tmp_path):
    """Weights of something else, a newer format, nothing at all."""
    save_file(TENSORS, tmp_path / "weights")
    with pytest.raises(UserError, match="is no checkpoint of this program"):
        read_state(tmp_path / "weights")
    with pytest.raises(UserError, match="cannot be read"):
        read_state(tmp_path / "absent")


def test_a_newer_format_is_told(tmp_path, monkeypatch):
    """With what to do."""
    monkeypatch.setattr(checkpoints, "FORMAT", 9)
    write_checkpoint(tmp_path / "c", STATE, TENSORS)
    monkeypatch.undo()
    with pytest.raises(UserError, match="has format 9; allowed: up to 1; next: pip install --upgrade"):
        read_state(tmp_path / "c")


@pytest.mark.parametrize(
    "weights",
    [
        {},
        {"weight": torch.ones(3, 2), "bias": torch.ones(9)},
        {"weight": torch.ones(3, 2), "bias": torch.ones(3), "x": torch.ones(1)},
    ],
    ids=["missing", "shape", "too many"],
)
def test_weights_of_another_network_are_refused(tmp_path, weights):
    """And none is put."""
    layer = torch.nn.Linear(2, 3)
    before = layer.weight.clone()
    with pytest.raises(UserError, match="is of another network"):
        put_weights(layer, weights, tmp_path / "c")
    assert torch.equal(layer.weight, before)
