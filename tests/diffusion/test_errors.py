"""One sentence with the problem, what is allowed, the nearest match and the next command."""

import pytest

from diffusion.errors import UserError, nearest_name, unknown_name


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({}, "blur is -1"),
        ({"allowed": "0 or more"}, "blur is -1; allowed: 0 or more"),
        ({"nearest": "1"}, "blur is -1; did you mean 1?"),
        (
            {"allowed": "0 or more", "nearest": "1", "next_command": "--blur 1"},
            "blur is -1; allowed: 0 or more; did you mean 1?; next: --blur 1",
        ),
    ],
    ids=["alone", "allowed", "nearest", "all"],
)
def test_the_parts_make_one_sentence(parts, sentence):
    """In this order, and each can be asked for."""
    error = UserError("blur is -1", **parts)
    assert str(error) == sentence
    assert isinstance(error, ValueError)
    assert (error.problem, error.allowed) == ("blur is -1", parts.get("allowed", ""))
    assert error.told == sentence.partition("; next:")[0]


@pytest.mark.parametrize(
    ("value", "nearest"),
    [("hein", "heun"), ("DDIM", "ddim"), ("ddpm ", "ddpm"), ("zzz", ""), ("", "")],
)
def test_the_nearest_name(value, nearest):
    """Whatever the case; none where none is close."""
    assert nearest_name(value, iter(["ddpm", "ddim", "heun"])) == nearest


def test_an_unknown_name_lists_the_known_ones():
    """From any iterable, which is read once."""
    error = unknown_name("sampler", "hein", iter(["ddim", "heun"]), "--sampler heun")
    assert str(error) == "unknown sampler 'hein'; allowed: ddim, heun; did you mean heun?; next: --sampler heun"
