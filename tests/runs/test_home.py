"""Where runs are kept."""

import os
import stat
from pathlib import Path

import pytest

from diffusion.errors import UserError
from runs.home import Home, file_system


def test_which_home(monkeypatch, tmp_path):
    """What is named, else WORKBENCH_HOME, else the person's data folder."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "b"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Home.find(str(tmp_path / "a")).root == tmp_path / "a"
    assert Home.find(None).root == tmp_path / "b"
    monkeypatch.delenv("WORKBENCH_HOME")
    assert Home.find(None).root.name == "workbench"
    monkeypatch.chdir(tmp_path)
    assert Home.find("c").root == tmp_path / "c"


def test_where_data_sets_are(monkeypatch, tmp_path):
    """WORKBENCH_DATA, else in the home."""
    monkeypatch.delenv("WORKBENCH_DATA", raising=False)
    assert Home(tmp_path).data == tmp_path / "data"
    monkeypatch.setenv("WORKBENCH_DATA", "/d")
    assert Home(tmp_path).data == Path("/d")


def test_a_home_is_its_owners_alone(home):
    """0700, and made only when asked."""
    assert not home.root.exists()
    home.make()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (home.root, home.runs)] == [0o700, 0o700]


def test_files_of_a_home_are_its_owners_alone(home, recorded):
    """0600 for files, 0700 for folders, database included."""
    from runs.ingest import catch_up

    catch_up(home)
    for folder, _, files in os.walk(home.root):
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
        for name in files:
            assert stat.S_IMODE((Path(folder) / name).stat().st_mode) == 0o600, name


@pytest.mark.parametrize("place", ["home", "home/runs"])
def test_a_file_in_place_of_the_home(home, tmp_path, place):
    """Said before anything is done."""
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.touch()
    with pytest.raises(UserError) as caught:
        Home.find(str(home.root))
    told = f"the home {home.root} cannot be used: {path} is a file; next: the same command with --home FOLDER"
    assert str(caught.value) == told


def test_a_home_that_cannot_be_made(tmp_path):
    """One sentence with the folder, the reason and what to type."""
    (tmp_path / "file").touch()
    home = Home(tmp_path / "file" / "home")
    with pytest.raises(UserError) as caught:
        home.make()
    assert str(caught.value) == (
        f"the home {home.root} cannot be written: Not a directory; next: the same command with --home FOLDER"
    )


MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /home rw,relatime shared:2 - nfs4 server:/home rw
31 30 0:41 / /home/me/my\\040disk rw - xfs /dev/b rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param("/srv/x", "ext4", id="root"),
        pytest.param("/home/me/.local/share", "nfs4", id="network"),
        pytest.param("/home/me/my disk/runs", "xfs", id="disk inside the network's"),
        pytest.param("/homes", "ext4", id="name that starts alike"),
    ],
)
def test_file_systems(tmp_path, path, kind):
    """The longest mount point that holds the path."""
    (tmp_path / "mounts").write_text(MOUNTS)
    assert file_system(Path(path), tmp_path / "mounts") == kind


@pytest.mark.parametrize(("kind", "journal"), [("nfs4", "delete"), ("ext4", "wal")])
def test_no_wal_on_a_network_file_system(home, recorded, monkeypatch, kind, journal):
    """The rollback journal serves there; the rows are the same."""
    from runs.ingest import catch_up
    from runs.store import Store

    monkeypatch.setattr("runs.home.file_system", lambda path: kind)
    catch_up(home)
    with Store.read(home) as store:
        assert store.db.execute("pragma journal_mode").fetchone() == (journal,)
        assert store.find("first").step == 20
