"""A setting's text becomes a value of its own type inside its limits, or an error that says what is allowed."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffusion.errors import UserError
from diffusion.fields import default_of, describe, kinds, parse, setting


@dataclasses.dataclass(frozen=True)
class Example:
    """One setting of each kind."""

    whole: int = setting(1, "a count", low=0, high=2**53)
    steps: int = setting(1, "no upper limit", low=1)
    free: float = setting(0.0, "no limits")
    share: float = setting(0.5, "in a range", low=0, high=1)
    level: float = setting(1.0, "with a unit", unit="pixels", low=0.01)
    most: float = setting(1.0, "from above", high=3)
    switch: bool = setting(False, "on or off")
    choice: str = setting("cosine", "one of some", choices=("linear", "cosine"))
    text: str = setting("", "anything")
    sides: tuple[int, ...] = setting((), "a list", low=1, high=64)


FIELDS = {field.name: field for field in dataclasses.fields(Example)}
KINDS = kinds(Example)


def read(name, value):
    return parse(f"a.{name}", value, FIELDS[name], KINDS[name])


@pytest.mark.parametrize(
    ("name", "value", "parsed"),
    [
        ("whole", "12", 12),
        ("whole", " 12 ", 12),
        ("whole", "1e3", 1000),
        ("whole", 5.0, 5),
        ("whole", str(2**53 - 1), 2**53 - 1),
        ("free", "-1e-3", -0.001),
        ("free", 2, 2.0),
        ("share", "1", 1.0),
        ("switch", "true", True),
        ("switch", "Off", False),
        ("switch", "1", True),
        ("switch", False, False),
        ("choice", "linear", "linear"),
        ("text", "", ""),
        ("sides", "8,4", (8, 4)),
        ("sides", "[8, 4]", (8, 4)),
        ("sides", "8 4", (8, 4)),
        ("sides", [8, 4], (8, 4)),
        ("sides", 8, (8,)),
        ("sides", "", ()),
    ],
    ids=lambda value: repr(value),
)
def test_values_are_read_as_a_person_writes_them(name, value, parsed):
    """From the command line, from TOML and from JSON; the type is that of the setting."""
    found = read(name, value)
    assert found == parsed
    assert type(found) is type(parsed)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("whole", "1.5", "a.whole is '1.5'; allowed: a whole number from 0 to 9007199254740992"),
        ("whole", str(2**53 + 1), f"a.whole is '{2**53 + 1}'; allowed: a whole number from 0 to 9007199254740992"),
        ("whole", -1, "a.whole is -1; allowed: a whole number from 0 to 9007199254740992"),
        ("whole", True, "a.whole is True; allowed: a whole number from 0 to 9007199254740992"),
        ("whole", None, "a.whole is None; allowed: a whole number from 0 to 9007199254740992"),
        ("steps", "0", "a.steps is '0'; allowed: a whole number, 1 or more"),
        ("steps", "ten", "a.steps is 'ten'; allowed: a whole number, 1 or more"),
        ("free", "nan", "a.free is 'nan'; allowed: a number"),
        ("free", math.inf, "a.free is inf; allowed: a number"),
        ("free", "1e999", "a.free is '1e999'; allowed: a number"),
        ("free", "", "a.free is ''; allowed: a number"),
        ("free", [1.0], "a.free is [1.0]; allowed: a number"),
        ("share", "1.01", "a.share is '1.01'; allowed: a number from 0 to 1"),
        ("level", "0", "a.level is '0'; allowed: a number, 0.01 or more (pixels)"),
        ("most", 4, "a.most is 4; allowed: a number, at most 3"),
        ("switch", "maybe", "a.switch is 'maybe'; allowed: true, false"),
        ("switch", 2, "a.switch is 2; allowed: true, false"),
        ("choice", "Cosin", "a.choice is 'Cosin'; allowed: linear, cosine; did you mean cosine?"),
        ("choice", 3, "a.choice is 3; allowed: linear, cosine"),
        ("text", 3, "a.text is 3; allowed: text"),
        ("sides", "8,x", "a.sides is '8,x'; allowed: whole numbers from 1 to 64, with commas between"),
        ("sides", [8, 0], "a.sides is [8, 0]; allowed: whole numbers from 1 to 64, with commas between"),
        ("sides", {"a": 1}, "a.sides is {'a': 1}; allowed: whole numbers from 1 to 64, with commas between"),
        ("sides", 2.5, "a.sides is 2.5; allowed: whole numbers from 1 to 64, with commas between"),
    ],
    ids=lambda value: repr(value)[:20] if not isinstance(value, str) or len(value) < 30 else "",
)
def test_bad_values_are_told_with_what_is_allowed(name, value, message):
    """And where to read about the setting."""
    with pytest.raises(UserError) as caught:
        read(name, value)
    assert str(caught.value) == f"{message}; next: workbench settings a.{name}"


@given(st.integers(0, 2**53))
def test_whole_numbers_are_exact(value):
    """A seed read through a float would be another seed."""
    assert read("whole", value) == read("whole", str(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_exact(value):
    """As text too."""
    assert read("free", value) == read("free", repr(value)) == value


@given(
    name=st.sampled_from(list(FIELDS)),
    value=st.none() | st.text() | st.floats() | st.lists(st.integers()) | st.binary(),
)
def test_whatever_comes_is_a_value_inside_the_limits_or_a_user_error(name, value):
    """Never another exception."""
    try:
        found = read(name, value)
    except UserError:
        return
    assert read(name, found) == found


def test_a_description_fits_every_kind():
    """As help pages show it."""
    assert describe(FIELDS["text"], str) == "text"
    assert describe(FIELDS["sides"], KINDS["sides"]) == "whole numbers from 1 to 64, with commas between"
    assert describe(FIELDS["level"], float) == "a number, 0.01 or more (pixels)"


def test_defects_of_the_config_itself_are_no_user_errors():
    """A setting without a default, or of two types, is a mistake in this project."""
    with pytest.raises(TypeError, match="settings have one type"):
        parse("a.free", "1", FIELDS["free"], int | str)
    with pytest.raises(TypeError, match="setting bare has no default"):
        default_of(dataclasses.fields(dataclasses.make_dataclass("Bare", [("bare", int)]))[0])
