"""Names and ids."""

import pytest

from diffusion.config import RunConfig, with_settings
from diffusion.errors import UserError
from runs.names import ADJECTIVES, ANIMALS, checked_name, made_name, new_id, slug


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        pytest.param({}, "digits", id="as the preset"),
        pytest.param({"schedule": "linear", "blur": 1}, "linear-blur1", id="schedule and blur"),
        pytest.param({"data.dataset": "folder:/a/My pictures/"}, "My-pictures", id="folder"),
        pytest.param({"network.skip_connections": False}, "noskipconnections", id="switch"),
        pytest.param({"train.learning_rate": 3e-4}, "lr0.0003", id="number"),
        pytest.param({"train.learning_rate": 3e30}, "lr3e30", id="large number"),
        pytest.param({"network.multipliers": (1, 2)}, "multipliers1x2", id="numbers"),
        pytest.param({"train.steps": 5, "device": "cpu"}, "digits", id="what says little"),
        pytest.param({"seed": 1, "blur": 2, "sampler": "ddim", "guidance": 3}, "seed1-blur2-ddim", id="at most three"),
    ],
)
def test_names_tell_what_is_special(changes, start):
    """What differs from the preset, an adjective, an animal."""
    name = made_name(with_settings(RunConfig(), changes), "digits", RunConfig())
    *head, adjective, animal = name.split("-")
    assert ("-".join(head), adjective in ADJECTIVES.split(), animal in ANIMALS.split()) == (start, True, True)
    assert checked_name(name) == name


def test_ids_sort_by_time():
    """And differ within a second."""
    assert new_id(1_772_375_000) < new_id(1_772_375_001) < new_id(1_900_000_000)
    assert len({new_id(1_772_375_000) for _ in range(300)}) == 300  # 32**6 of a second: by chance once in 24,000 times
    assert new_id(1_772_375_000).startswith("260301-142320-")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("  ", "  ", id="blank"),
        pytest.param("a/b", "a/b", id="slash"),
        pytest.param("..", "..", id="parent"),
        pytest.param("-x", "-x", id="option"),
        pytest.param("a\x1b[2J", "a\x1b[2J", id="escape"),
        pytest.param("a\nb", "a\nb", id="line break"),
        pytest.param("a\u202eb", "a\u202eb", id="right to left"),
        pytest.param("n" * 101, "n" * 20 + "...", id="long"),
        pytest.param("\U0001f9a6" * 90, "\U0001f9a6" * 90, id="nothing for a folder's name"),
    ],
)
def test_names_that_cannot_be_used(name, shown):
    """What is allowed, in one sentence."""
    with pytest.raises(UserError) as caught:
        checked_name(name)
    assert str(caught.value) == (
        f"--name is '{shown}'; allowed: 1 to 100 characters, a letter or digit among them, "
        "no slash, no control character, no dash first"
    )


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("../../etc", "etc"),
        ("été 2", "été-2"),
        (".hidden", "hidden"),
        ("a  b", "a-b"),
        ("\0", ""),
        ("x" * 300, "x" * 100),
    ],
)
def test_folders_stay_inside(name, folder):
    """Whatever a name is, its folder's name is one plain word."""
    assert slug(name) == folder
