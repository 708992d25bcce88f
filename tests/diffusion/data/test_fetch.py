"""Downloads are whole or not at all, from addresses of the local disk."""

import urllib.request

import pytest
from torchvision import datasets

from diffusion.config import RunConfig, with_settings
from diffusion.data import fetch
from diffusion.data.fetch import NotFetchedError, archives
from diffusion.data.load import load, loading
from diffusion.errors import UserError
from diffusion.events import Progress
from tests.diffusion.data.torchvision_files import cifar10, md5, mnist, put

MNIST = with_settings(RunConfig(), {"data.dataset": "mnist"})
CIFAR10 = with_settings(RunConfig(), {"data.dataset": "cifar10"})


@pytest.fixture
def served(monkeypatch, tmp_path):
    """Tiny packed files at file:// addresses; MNIST's first mirror is down."""
    files, packed, arrays = mnist(monkeypatch)
    put(packed, tmp_path / "server")
    address = (tmp_path / "server").as_uri()
    monkeypatch.setattr(datasets.MNIST, "mirrors", [f"{address}/down/", f"{address}/"])
    cifar_files, tgz, _ = cifar10(monkeypatch)
    put({"cifar-10-python.tar.gz": tgz}, tmp_path / "server")
    monkeypatch.setattr(datasets.CIFAR10, "url", f"{address}/cifar-10-python.tar.gz")
    return tmp_path / "server", files, cifar_files, arrays


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_mnist_is_downloaded_from_the_mirror_that_answers(served, tmp_path):
    """The unpacked files are there, and nothing else."""
    _, files, _, arrays = served
    root = tmp_path / "new" / "sets"
    found = load(MNIST, root)
    assert (found.test.pictures[:, 0].numpy() == arrays["t10k"][0]).all()
    assert names(root) == sorted(f"MNIST/raw/{name}" for name in files)
    assert all((root / "MNIST" / "raw" / name).read_bytes() == data for name, data in files.items())
    assert list(root.iterdir()) == [root / "MNIST"]


def test_cifar10_is_downloaded_and_then_found(served, tmp_path, monkeypatch):
    """The second time nothing is asked for."""
    root = tmp_path / "sets"
    first = load(CIFAR10, root)
    assert names(root) == sorted(f"cifar-10-batches-py/{name}" for name in served[2])
    monkeypatch.setattr(urllib.request, "urlopen", None)
    assert load(CIFAR10, root).checksum == first.checksum


def test_a_download_tells_its_bytes(served, tmp_path, monkeypatch, capfd):
    """As events, and prints nothing: stdout is for data and stderr for the caller's bar."""
    server = served[0]
    monkeypatch.setattr(fetch, "BLOCK_BYTES", 10_000)
    events = list(loading(CIFAR10, tmp_path / "sets"))
    size = (server / "cifar-10-python.tar.gz").stat().st_size
    assert [event.done for event in events] == [*range(10_000, size, 10_000), size]
    assert set(events) == {Progress("data", event.done, 170_000_000) for event in events}
    assert capfd.readouterr() == ("", "")


def test_a_mirror_with_other_files_is_passed_over_and_not_counted(served, tmp_path):
    """The bytes told are those of the files that are kept."""
    put({path.name: b"sorry" for path in served[0].glob("*ubyte.gz")}, served[0] / "down")
    done = [event.done for event in loading(MNIST, tmp_path / "sets")]
    assert done[-1] == sum(path.stat().st_size for path in served[0].glob("*ubyte.gz"))
    assert len(names(tmp_path / "sets")) == 4


@pytest.mark.parametrize("stop_after", [1, 3, 6])
def test_a_download_given_up_leaves_nothing_half_made(served, tmp_path, monkeypatch, stop_after):
    """Ctrl-C between two blocks; the files that were whole stay, and the next run fetches the rest."""
    monkeypatch.setattr(fetch, "BLOCK_BYTES", 10_000)
    root = tmp_path / "sets"
    work = loading(MNIST, root)
    for _ in range(stop_after):
        next(work)
    work.close()
    assert all((root / name).read_bytes() == served[1][name.split("/")[-1]] for name in names(root))
    assert [path.name for path in root.iterdir()] in ([], ["MNIST"])
    load(MNIST, root)
    assert len(names(root)) == 4


def test_packed_files_that_lie_there_are_used(served, tmp_path, monkeypatch):
    """As a person downloads them by hand."""
    server = served[0]
    root = tmp_path / "sets"
    put({path.name: path.read_bytes() for path in server.glob("*ubyte.gz")}, root / "MNIST" / "raw")
    put({"cifar-10-python.tar.gz": (server / "cifar-10-python.tar.gz").read_bytes()}, root)
    monkeypatch.setattr(urllib.request, "urlopen", None)
    assert load(MNIST, root).size == 28
    assert load(CIFAR10, root).size == 32


def test_a_packed_file_that_is_damaged_is_fetched_again(served, tmp_path):
    """It stays where it is: it may be somebody's."""
    root = tmp_path / "sets"
    put({"cifar-10-python.tar.gz": b"half"}, root)
    assert load(CIFAR10, root).size == 32
    assert (root / "cifar-10-python.tar.gz").read_bytes() == b"half"


def test_what_is_not_the_file_is_refused(served, tmp_path):
    """A login page, or a file cut short."""
    server = served[0]
    right = md5((server / "cifar-10-python.tar.gz").read_bytes())
    (server / "cifar-10-python.tar.gz").write_bytes(b"<html>")
    with pytest.raises(UserError) as caught:
        load(CIFAR10, tmp_path / "sets")
    wrong = f"gave another file (MD5 {md5(b'<html>')} instead of {right})"
    assert f"(170 MB): {datasets.CIFAR10.url} {wrong}; next: on a machine" in str(caught.value)
    assert names(tmp_path / "sets") == []


def test_a_full_disk_is_told_as_such(served, tmp_path, monkeypatch):
    """And not as a network that does not answer."""

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetch, "_copy", full)
    with pytest.raises(UserError) as caught:
        load(CIFAR10, tmp_path / "sets")
    assert str(caught.value) == (
        f"cifar10 could not be put into {tmp_path}/sets: No space left on device; next: --data-dir FOLDER"
    )
    assert names(tmp_path / "sets") == []


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (TimeoutError("timed out"), "timed out"),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (fetch.HTTPException("odd answer"), "odd answer"),
        (fetch.urllib.error.HTTPError("u", 404, "Not Found", None, None), "HTTP Error 404: Not Found"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_whatever_the_network_does_is_told(monkeypatch, tmp_path, error, says):
    """In the words of the error, with the address."""

    def fail(request, timeout):
        assert timeout == fetch.TIMEOUT_S
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", fail)
    with pytest.raises(NotFetchedError) as caught:
        list(fetch.fetch(archives(datasets.CIFAR10), tmp_path, 1))
    assert str(caught.value) == f"https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz says {says}"
