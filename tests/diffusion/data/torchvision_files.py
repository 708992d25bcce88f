"""Tiny data sets in torchvision's layout, made on the spot, with torchvision's own tables of checksums to match."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile

import numpy as np
from torchvision import datasets

from diffusion.data import load

TRAIN, TEST = 60, 20


def md5(data):
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def idx_files(seed=0):
    """MNIST's four unpacked files, and the arrays in them."""
    random = np.random.default_rng(seed)
    files, arrays = {}, {}
    for part, count in (("train", TRAIN), ("t10k", TEST)):
        pixels = random.integers(0, 256, (count, 28, 28), np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        files[f"{part}-images-idx3-ubyte"] = struct.pack(">4i", 0x803, count, 28, 28) + pixels.tobytes()
        files[f"{part}-labels-idx1-ubyte"] = struct.pack(">2i", 0x801, count) + labels.tobytes()
        arrays[part] = pixels, labels
    return files, arrays


def mnist(monkeypatch, kind=datasets.MNIST):
    """Files by name, packed files by name, arrays; checksums and sizes are set to those of these files."""
    files, arrays = idx_files()
    packed = {f"{name}.gz": gzip.compress(data) for name, data in files.items()}
    monkeypatch.setattr(kind, "resources", [(name, md5(data)) for name, data in packed.items()])
    if kind is datasets.MNIST:
        monkeypatch.setattr(load, "MNIST_MD5", {name: md5(data) for name, data in files.items()})
    else:
        monkeypatch.setattr(load, "FASHION_MNIST_BYTES", {name: len(data) for name, data in files.items()})
    return files, packed, arrays


def cifar10(monkeypatch):
    """Files by name, the packed file, arrays; checksums are set to those of these files."""
    random = np.random.default_rng(0)
    arrays = {}
    for name, count in [(f"data_batch_{number}", TRAIN // 5) for number in range(1, 6)] + [("test_batch", TEST)]:
        arrays[name] = random.integers(0, 256, (count, 3072), np.uint8), [row % 10 for row in range(count)]
    files = {name: pickle.dumps({"data": data, "labels": labels}) for name, (data, labels) in arrays.items()}
    files["batches.meta"] = pickle.dumps({"label_names": list("abcdefghij")})
    kind = datasets.CIFAR10
    monkeypatch.setattr(kind, "train_list", [[name, md5(files[name])] for name in files if name[:4] == "data"])
    monkeypatch.setattr(kind, "test_list", [["test_batch", md5(files["test_batch"])]])
    monkeypatch.setattr(kind, "meta", kind.meta | {"md5": md5(files["batches.meta"])})
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    monkeypatch.setattr(kind, "tgz_md5", md5(packed.getvalue()))
    return files, packed.getvalue(), arrays


def put(files, folder):
    """Write files by name into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
