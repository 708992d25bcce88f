"""What to type after a divergence."""

import json

import pytest

from runs.advice import after_divergence
from tests.runs.test_folder import safetensors


def typed(folder, command):
    """As if the run had been made by this command."""
    path = folder.path / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "command": command}))
    return folder


@pytest.mark.parametrize(
    ("command", "told"),
    [
        pytest.param(
            "workbench run --name first --steps 9", "workbench run --steps 9 --set learning_rate=0.001", id="run"
        ),
        pytest.param("workbench run --name=first", "workbench run --set learning_rate=0.001", id="name with a sign"),
        pytest.param("workbench fork other", "workbench run --set learning_rate=0.001", id="fork"),
        pytest.param("rm -r '", "workbench run --set learning_rate=0.001", id="no command line"),
    ],
)
def test_afresh(made, command, told):
    """Without a checkpoint: the same command, a third of the learning rate, no name that is taken."""
    assert after_divergence(typed(made(train__learning_rate=0.003), command)) == told


def test_on_or_afresh(made):
    """With a checkpoint there is a choice: it may hold weights that are about to diverge."""
    folder = typed(made(train__learning_rate=300), "workbench run --set train.learning_rate=300")
    folder.checkpoint(3).parent.mkdir()
    folder.checkpoint(3).write_bytes(safetensors())
    assert after_divergence(folder) == (
        "workbench fork first --set learning_rate=100, or afresh: "
        "workbench run --set train.learning_rate=300 --set learning_rate=100"
    )
