"""What a run was made with."""

import os
import subprocess

from diffusion.presets import PRESETS
from runs.create import create_run


def test_the_state_of_the_code_is_kept(home, tmp_path):
    """Commit, branch, and what is not committed as a diff in the run's folder."""
    for words in (["init", "-qb", "trunk"], ["commit", "-q", "--allow-empty", "-m", "x"], ["add", "-N", "."]):
        (tmp_path / "code.py").write_text("changed\n")
        author = {
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a",
        }
        subprocess.run(["git", *words], cwd=tmp_path, check=True, env={**os.environ, **author})
    folder = create_run(home, PRESETS["digits"].config, preset="digits", command="", name=None)
    git = folder.description["provenance"]["git"]
    assert (len(git["commit"]), git["branch"], git["uncommitted"]) == (40, "trunk", "code.diff")
    assert "+changed" in (folder.path / "code.diff").read_text()


def test_no_repository_is_no_error(made, monkeypatch):
    """Nor is a machine without git."""
    assert "git" not in made("a").description["provenance"]
    monkeypatch.setenv("PATH", "/nowhere")
    assert "git" not in made("b").description["provenance"]
