"""Prompt templates."""

import pytest

from diffusion.data.catalog import DATASETS
from diffusion.errors import UserError
from diffusion.judges.prompts import TEMPLATES, filled, prompt_set_name, templates_for


def test_cifar10_has_openais_eighteen():
    """Nine ways to say it, each with "a" and with "the", none twice."""
    found = templates_for("cifar10")
    assert len(found) == len(set(found)) == 18
    assert found[:2] == ("a photo of a {}.", "a blurry photo of a {}.")
    assert found[-1] == "a photo of the big {}."
    assert sum(" a {}" in one or " a small" in one or " a big" in one for one in found) == 9


@pytest.mark.parametrize("dataset", [*DATASETS, "folder:/photos"])
def test_every_template_has_one_place(dataset):
    """Each takes the class's name exactly once."""
    found = templates_for(dataset)
    assert found
    assert all(template.count("{}") == 1 for template in found)
    assert set(TEMPLATES) == set(DATASETS)


def test_templates_come_from_a_file(tmp_path):
    """One a line; blank lines do not count; other braces stay."""
    file = tmp_path / "templates.txt"
    file.write_text("a drawing of {}\n\n  {} as {shown} here\n")
    found = templates_for("digits", str(file))
    assert found == ("a drawing of {}", "{} as {shown} here")
    assert filled(found[1], "7") == "7 as {shown} here"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a drawing\n", "a template in .* is 'a drawing'; allowed: lines with {} once"),
        ("{} and {}\n", "is '{} and {}'"),
        ("\n \n", "has no template"),
        (None, "cannot be read: No such file"),
    ],
    ids=["no place", "two places", "empty", "absent"],
)
def test_a_file_that_cannot_be_used(tmp_path, text, told):
    """It is told with the line that is wrong."""
    file = tmp_path / "templates.txt"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UserError, match=told):
        templates_for("digits", str(file))


def test_a_prompt_set_is_named_by_all_that_it_asks():
    """Another template or another class name is another set."""
    names = {
        prompt_set_name(("a {}",), ("cat", "dog")),
        prompt_set_name(("the {}",), ("cat", "dog")),
        prompt_set_name(("a {}",), ("cat", "cow")),
        prompt_set_name(("a {}", "the {}"), ("cat", "dog")),
    }
    assert len(names) == 4
    assert prompt_set_name(("a {}",), ("cat",)).startswith("1 template ")
