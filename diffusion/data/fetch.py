"""Data sets from the internet, with urls and checksums as torchvision lists them.

A file is downloaded, checked and unpacked in a folder of its own and then moved into place: it is there whole or not at
all, after Ctrl-C, a lost connection or a full disk, and when two runs fetch the same one.
"""

import gzip
import hashlib
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any

from diffusion.events import Progress

TIMEOUT_S = 30.0  # without an answer: a cluster's nodes may swallow what they send instead of refusing it
BLOCK_BYTES = 1 << 18


class NotFetchedError(Exception):
    """No address gave the file; says why for each of them."""


@dataclass(frozen=True)
class Archive:
    """One packed file. path: where it may lie already; holds: what is in it; both below the data folder."""

    urls: tuple[str, ...]
    md5: str
    path: Path
    holds: tuple[Path, ...]


def archives(kind: Any) -> list[Archive]:
    """The packed files of torchvision's data set class MNIST, FashionMNIST or CIFAR10."""
    if hasattr(kind, "tgz_md5"):
        names = [name for name, _ in (*kind.train_list, *kind.test_list)] + [kind.meta["filename"]]
        holds = tuple(Path(kind.base_folder) / name for name in names)
        return [Archive((kind.url,), kind.tgz_md5, Path(kind.filename), holds)]
    raw = Path(kind.__name__) / "raw"
    return [
        Archive(tuple(mirror + name for mirror in kind.mirrors), md5, raw / name, (raw / name.removesuffix(".gz"),))
        for name, md5 in kind.resources
    ]


def fetch(missing: list[Archive], root: Path, total_bytes: int) -> Generator[Progress, None, None]:
    """Put what the archives hold below root, from packed files that lie there already, else from the internet.

    total_bytes: about how much there is to fetch. Raises NotFetchedError, or OSError when root cannot be written.
    """
    root.mkdir(parents=True, exist_ok=True)
    done = 0
    with tempfile.TemporaryDirectory(prefix=".download-", dir=root) as name:
        for archive in missing:
            packed = root / archive.path
            if not packed.is_file() or md5_of(packed) != archive.md5:
                packed = Path(name) / "packed"
                done = yield from _download(archive, packed, done, total_bytes)
            _unpack(packed, archive, Path(name))
            for file in archive.holds:
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (Path(name) / file).replace(root / file)


def md5_of(path: Path) -> str:
    """MD5 of a file, 32 hexadecimal digits."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _download(archive: Archive, to: Path, done: int, total: int) -> Generator[Progress, None, int]:
    """Fetch from the first address that gives the right file; returns the bytes done so far."""
    reasons = []
    for url in archive.urls:
        digest, start = hashlib.md5(usedforsecurity=False), done
        try:
            with to.open("wb") as file:
                for block in _blocks(url):
                    file.write(block)
                    digest.update(block)
                    done += len(block)
                    yield Progress("data", done, max(total, done))
        except NotFetchedError as error:
            reasons.append(f"{url} says {error}")
        else:
            if digest.hexdigest() == archive.md5:
                return done
            reasons.append(f"{url} gave another file (MD5 {digest.hexdigest()} instead of {archive.md5})")
        done = start
    raise NotFetchedError(", ".join(reasons))


def _blocks(url: str) -> Iterator[bytes]:
    request = urllib.request.Request(url, headers={"User-Agent": "diffusion-workbench"})  # noqa: S310 torchvision's urls
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            while block := answer.read(BLOCK_BYTES):
                yield block
    except urllib.error.HTTPError as error:
        raise NotFetchedError(str(error)) from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise NotFetchedError(f"{getattr(reason, 'strerror', None) or reason}") from error


def _unpack(packed: Path, archive: Archive, to: Path) -> None:
    if archive.path.name.endswith(".tar.gz"):
        with tarfile.open(packed, "r:gz") as tar:
            for name in archive.holds:
                source = tar.extractfile(name.as_posix())
                assert source is not None, "the checked archive holds plain files"
                _copy(source, to / name)
    else:
        with gzip.open(packed) as plain:
            _copy(plain, to / archive.holds[0])


def _copy(source: IO[bytes] | gzip.GzipFile, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
