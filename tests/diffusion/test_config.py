"""A config survives every way of writing it down, and what cannot work is refused before anything starts."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffusion.config import (
    SHORT_NAMES,
    RunConfig,
    differences,
    flat,
    from_dict,
    setting_info,
    settings,
    to_dict,
    with_settings,
)
from diffusion.errors import UserError
from diffusion.fields import describe

SETTINGS = {info.key: info for info in settings()}


def numbers(info, kind):
    low, high = info.field.metadata["low"], info.field.metadata["high"]
    if kind is int:
        return st.integers(low, 10**9 if high is None else high)
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


def values(info):
    """Every value that a setting allows."""
    if info.field.metadata["choices"]:
        return st.sampled_from(info.field.metadata["choices"])
    if info.kind is bool:
        return st.booleans()
    if info.kind is str:
        return st.text()
    if info.kind in (int, float):
        return numbers(info, info.kind)
    return st.lists(numbers(info, int), max_size=6).map(tuple)


any_changes = st.sets(st.sampled_from(list(SETTINGS)), max_size=12).flatmap(
    lambda keys: st.fixed_dictionaries({key: values(SETTINGS[key]) for key in keys})
)


@given(any_changes)
def test_any_config_survives_json(changes):
    """to_dict and from_dict are inverse, through text."""
    config = with_settings(RunConfig(), changes)
    assert from_dict(json.loads(json.dumps(to_dict(config)))) == config
    assert from_dict(flat(config)) == config
    assert flat(config) == flat(RunConfig()) | changes


@given(any_changes)
def test_any_value_survives_the_command_line(changes):
    """As text, as --set takes it."""
    texts = {
        key: ",".join(map(str, value)) if isinstance(value, tuple) else str(value) for key, value in changes.items()
    }
    assert with_settings(RunConfig(), texts) == with_settings(RunConfig(), changes)


@given(any_changes)
def test_differences_lead_from_one_config_to_the_other(changes):
    """And are empty between equal ones."""
    config = with_settings(RunConfig(), changes)
    found = differences(config, RunConfig())
    assert set(found) <= set(changes)
    assert with_settings(RunConfig(), {key: mine for key, (mine, _) in found.items()}) == config
    assert differences(config, config) == {}


def test_what_is_not_named_keeps_the_value_of_the_base():
    """Not the default."""
    base = with_settings(RunConfig(), {"seed": 7, "train.steps": 5})
    found = from_dict({"train": {"batch_size": 9}}, base)
    assert (found.seed, found.train.steps, found.train.batch_size) == (7, 5, 9)


def test_a_config_cannot_be_changed_and_can_be_a_key():
    """A run is a function of it."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        RunConfig().seed = 1
    assert len({RunConfig(), RunConfig(), RunConfig(seed=1)}) == 2


@pytest.mark.parametrize("key", SETTINGS)
def test_every_setting_explains_itself_and_has_a_default_of_its_own_kind(key):
    """A help text without a full stop, as in a table; the default is inside its limits."""
    info = SETTINGS[key]
    assert info.field.metadata["help"]
    assert not info.field.metadata["help"].endswith(".")
    assert flat(with_settings(RunConfig(), {key: info.default}))[key] == info.default


def bad_values(info):
    """Values of another type and just outside the limits."""
    if info.kind is not str:
        yield "seven!"
    if info.kind is not bool and not info.field.metadata["choices"]:
        yield True
    if info.field.metadata["choices"]:
        yield "?"
    if info.kind in (int, float):
        yield from ("nan", "inf", "")
    if info.kind is int:
        yield 12.5
    low, high = info.field.metadata["low"], info.field.metadata["high"]
    if low is not None:
        yield low - 1
    if high is not None:
        yield high + 1


@pytest.mark.parametrize("key", SETTINGS)
def test_bad_values_of_every_setting_are_told(key):
    """With the value, what is allowed and where to read on."""
    info = SETTINGS[key]
    for value in bad_values(info):
        with pytest.raises(UserError) as caught:
            with_settings(RunConfig(), {key: value})
        said = f"'{value}'" if isinstance(value, str) else str(value)
        assert str(caught.value) == (
            f"{key} is {said}; allowed: {describe(info.field, info.kind)}; next: workbench settings {key}"
        )


@pytest.mark.parametrize(("short", "key"), SHORT_NAMES.items())
def test_short_names_are_settings(short, key):
    """With dashes too, as options are written."""
    assert setting_info(short).key == setting_info(short.replace("_", "-")).key == setting_info(key).key == key


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"trian": {"steps": 3}}, "unknown setting 'trian.steps'; did you mean train.steps?"),
        ({"train": {"stepps": 3}}, "unknown setting 'train.stepps'; did you mean train.steps?"),
        ({"sede": 3}, "unknown setting 'sede'; did you mean seed?"),
        ({"channels": 3}, "unknown setting 'channels'; did you mean data.channels, network.channels?"),
        ({"data": 5}, "unknown setting 'data'; did you mean dataset?"),
        ({"xyzzy": 1}, "unknown setting 'xyzzy'"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_unknown_settings_are_refused(values, message):
    """With the nearest ones, in the section and out of it."""
    with pytest.raises(UserError) as caught:
        from_dict(values)
    assert str(caught.value) == f"{message}; next: workbench settings"
