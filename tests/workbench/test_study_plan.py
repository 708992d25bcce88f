"""From words to a study."""

import pytest

from diffusion.config import setting_info
from diffusion.errors import UserError
from runs.cost import Cost
from workbench.configure import Typed
from workbench.study_plan import READY, Asked, axis, cost_lines, extended, is_long, planned, value_texts


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        ("schedule=linear,cosine", "process.schedule", ("linear", "cosine")),
        ("blur=0, 0.5,0", "data.blur", (0.0, 0.5)),
        ("seed=0..3,9", "seed", (0, 1, 2, 3, 9)),
        ("blur=0..2,0.5", "data.blur", (0.0, 1.0, 2.0, 0.5)),
        ("network.skip_connections=true,off", "network.skip_connections", (True, False)),
        ("network.multipliers=1,2;1,2,2", "network.multipliers", ((1, 2), (1, 2, 2))),
        ("data=folder:/a,b;digits".replace("data=", "dataset="), "data.dataset", ("folder:/a,b", "digits")),
    ],
)
def test_an_axis(text, key, values):
    """Commas between values, semicolons where a value has commas; counted whole numbers; each once."""
    found = axis(text)
    assert (found.key, found.values) == (key, values)


@pytest.mark.parametrize(
    ("key", "text", "values"),
    [
        ("seed", "1..3,7", ["1", "2", "3", "7"]),
        ("data.blur", "0..2", ["0", "1", "2"]),
        ("data.blur", "0, 1,0", ["0", "1"]),
        ("network.multipliers", "1,2", ["1,2"]),
        ("network.multipliers", "1,2; 1,2,4", ["1,2", "1,2,4"]),
        ("data.dataset", "mnist,digits", ["mnist", "digits"]),
        ("data.dataset", "folder:/a,b", ["folder:/a,b"]),
        ("data.dataset", "folder:/a,b, folder:/c", ["folder:/a,b", "folder:/c"]),
        ("data.folder", "/a,b", ["/a,b"]),
        ("data.folder", "", [""]),
        ("network.attention", "", [""]),
    ],
)
def test_several_values_in_a_text(key, text, values):
    """Commas are between values, except where a value has commas itself."""
    assert value_texts(setting_info(key), text) == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("blur", "--vary is 'blur'; allowed: a setting and its values"),
        ("=1", "--vary is '=1'"),
        ("blur=", "--vary is 'blur='"),
        ("blurr=1", "unknown setting 'blurr'; did you mean blur?"),
        ("blur=1,x", "data.blur is 'x'; allowed: "),
        ("seed=5..1", "'5..1' counts down; allowed: 1..5"),
        ("seed=0..1000", "'0..1000' counts 1,001 values; allowed: 1 to 1,000"),
    ],
)
def test_an_axis_that_is_none(text, message):
    """Told by what was typed."""
    with pytest.raises(UserError) as caught:
        axis(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", [name for name, ready in READY.items() if not ready.draws])
def test_ready_studies_that_train(name):
    """Each makes a study of three seeds that fits the default preset, called like it."""
    found = planned(Asked(ready=name))
    assert found.name == name
    assert {one.seed for one in found.configs} == {0, 1, 2}
    assert len(found.configs) % 3 == 0


@pytest.mark.parametrize("name", [name for name, ready in READY.items() if ready.draws])
def test_ready_studies_that_draw(name):
    """They need a run, and vary nothing but how it draws."""
    with pytest.raises(UserError, match=f"the study {name} draws from one trained run"):
        planned(Asked(ready=name))
    assert all(axis(text).key.startswith("sampling.") for text in READY[name].vary)


def test_the_same_words_give_the_same_name():
    """Settings that differ from the preset are in it, so that another study is not mixed in."""
    plain = Asked(vary=["schedule=linear,cosine", "blur=0,1"])
    assert planned(plain).name == planned(plain).name == "schedule-blur"
    assert planned(Asked(vary=["blur=0,1"], typed=Typed(sets=["train.batch_size=64"]))).name == "blur-batchsize64"
    assert planned(Asked(vary=["blur=0,1"], typed=Typed(preset="mnist"))).name == "blur-mnist"
    assert planned(Asked(vary=["blur=0,1"], name="mine")).name == "mine"


def test_other_settings_give_another_name():
    """Every one of them counts, also those that a name has no room for; the device and the place of the data do not."""

    def name(*sets):
        return planned(Asked(vary=["schedule=linear,cosine"], typed=Typed(sets=sets))).name

    assert name("train.steps=40") == "schedule-steps40"
    many = [f"network.{key}" for key in ("channels=8", "blocks=1", "dropout=0.5", "patch=2", "multipliers=1,2")]
    long = [name(*many, f"train.steps={steps}") for steps in (40, 41)]
    assert len(set(long)) == 2
    assert all(len(one) <= 60 for one in long)
    assert name("device=cpu", "data.folder=/somewhere") == name()
    assert planned(Asked(vary=["seed=0..2"])).name == "seeds"


def test_seeds_count_from_the_configs_own():
    """Or are named as an axis."""
    counted = planned(Asked(vary=["blur=0"], seeds="2", typed=Typed(sets=["seed=5"])))
    assert [one.seed for one in counted.configs] == [5, 6]
    assert [one.seed for one in planned(Asked(vary=["blur=0", "seed=3,9"])).configs] == [3, 9]
    for seeds in ("0", "x", "1001", "-1"):
        with pytest.raises(UserError, match=f"--seeds is '{seeds}'"):
            planned(Asked(vary=["blur=0"], seeds=seeds))
    with pytest.raises(UserError, match="both say which seeds"):
        planned(Asked(vary=["blur=0", "seed=1"], seeds="2"))


def test_a_study_of_nothing():
    """Says how to make one."""
    with pytest.raises(UserError, match="a study varies one setting or more"):
        planned(Asked())


def test_the_cost_in_words():
    """Runs, seconds of each, where from, and divided by the slots; what is not known is said."""
    plan = planned(Asked(vary=["blur=0,1,2"]))
    assert cost_lines(plan, 3, [Cost(20, "2 finished runs like it")] * 3, 1) == [
        "blur: 3 runs to do, 20 s each (2 finished runs like it)",
        "about 1 min 00 s in all",
    ]
    assert cost_lines(plan, 2, [Cost(20, "a"), Cost(40, "b")], 2) == [
        "blur: 2 runs to do, 20 s to 40 s each (a, b, 2 at once)",
        "about 30 s in all",
    ]
    alone = [Cost(20, "measured", alone=True)] * 4
    assert cost_lines(plan, 4, alone, 2)[1] == "about 1 min 20 s in all"  # two that share the cores are no faster
    assert cost_lines(plan, 4, alone, 2, gpus=2)[1] == "about 40 s in all"
    assert "not known" in cost_lines(plan, 1, [None], 1)[0]
    assert cost_lines(plan, 0, [], 1) == ["blur: all of its 3 runs are done, waiting or running"]
    assert is_long([Cost(100, "")] * 20, 1)
    assert not is_long([Cost(100, "")] * 20, 4)
    assert is_long([None] * 61, 1)


class FakeRun:
    """As much of a run as an extension looks at."""

    preset, parent = "digits", None

    def __init__(self, config):
        self.config = config


def test_the_linter_speaks_before_an_hour_is_spent():
    """Each sentence once, with the values that bring it."""
    from workbench.study_plan import warning_lines

    words = ["schedule=linear,linear-unscaled", "blur=0,1"]
    (first, second) = warning_lines(planned(Asked(vary=words, typed=Typed(sets=["process.timesteps=100"]))))
    assert first.startswith("warning: with process.schedule=linear-unscaled: The linear-unscaled schedule with T = 100")
    assert second.startswith("warning: with process.schedule=linear-unscaled: linear-unscaled keeps beta")
    assert warning_lines(planned(Asked(vary=["blur=0,1"]))) == []


def test_an_extension_keeps_what_is_there():
    """All of the product of old and new values, old and new seeds."""
    plan = planned(Asked(vary=["schedule=linear,cosine"], seeds="2", typed=Typed(sets=["train.steps=60"])))
    runs = [FakeRun(config) for config in plan.configs]
    wider = extended("mine", runs, ["schedule=flow", "blur=1"], "3", None)
    assert set(plan.configs) < set(wider.configs)
    assert len(wider.configs) == 3 * 2 * 3
    assert {one.train.steps for one in wider.configs} == {60}
    assert set(extended("mine", runs, [], None, None).configs) == set(plan.configs)
    assert {one.seed for one in extended("mine", runs, ["seed=7"], None, None).configs} == {0, 1, 7}


def test_an_extension_of_drawings_without_their_run():
    """It would have to train."""
    run = FakeRun(planned(Asked(vary=["blur=0"])).configs[0])
    run.parent = "gone"
    with pytest.raises(UserError, match="drew from a run that is not there any more"):
        extended("mine", [run], ["guidance=3"], None, None)
