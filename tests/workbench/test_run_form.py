"""The form of a new run, without a screen."""

import shlex

import pytest
import typer

from diffusion.config import RunConfig, settings, with_settings
from diffusion.errors import UserError
from diffusion.presets import PRESETS
from runs.names import LONGEST
from workbench.cli import app
from workbench.configure import Typed, configured
from workbench.run_form import MOST_RUNS, NAME, OPTIONS, PRESET, RunForm, text_of, told_in_form
from workbench.study_plan import Asked
from workbench.study_plan import planned as study_planned


def test_every_setting_has_a_field():
    """Presets and the name before them, each with its help and what it allows."""
    fields = {field.key: field for field in RunForm().fields()}
    assert list(fields) == [PRESET, NAME, *(info.key for info in settings())]
    assert fields[PRESET].choices == tuple(PRESETS)
    assert all(field.help and field.allowed for field in fields.values())
    assert fields["data.blur"].allowed == "a number from 0 to 64 (pixels of sigma)"
    assert fields["network.skip_connections"].choices == ("true", "false")


def test_the_preset_is_what_it_starts_from():
    """Without a change the plan is the preset, by its command."""
    one = RunForm("mnist").planned()
    assert (one.configs, one.command, one.name) == ((PRESETS["mnist"].config,), "workbench run --preset mnist", None)
    assert one.study is None


def test_a_change_is_marked_and_taken_back():
    """By typing the preset's own value."""
    form = RunForm()
    form.put("data.blur", " 1.5 ")
    assert [field.key for field in form.fields() if field.changed] == ["data.blur"]
    form.put("data.blur", "0")
    assert [field.key for field in form.fields() if field.changed] == []


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        ("train.steps", "many", "train.steps is 'many'; allowed: a whole number"),
        ("train.steps", "100,many", "train.steps is 'many'"),
        ("process.schedule", "cosin", "cosine"),
        ("data.blur", "99", "a number from 0 to 64"),
        ("preset", "cifar", "unknown preset 'cifar'"),
        ("name", "a/b", "no slash"),
        ("name", "x" * (LONGEST + 1), "1 to 100 characters"),
        ("train.steps", "100", ""),
        ("seed", "0..4", ""),
        ("name", "", ""),
    ],
)
def test_what_is_wrong_is_said(key, text, told):
    """For one field by itself, as it is typed."""
    problem = RunForm().problem(key, text)
    assert told in problem
    assert bool(told) == bool(problem)


def test_what_does_not_fit_together_is_said_by_the_plan():
    """As the command line would."""
    form = RunForm()
    form.put("network.patch", "3")
    with pytest.raises(UserError, match=r"patch"):
        form.planned()


def test_a_study_is_every_combination():
    """Of several values and several seeds; its command makes just its configs, under the name that it shows."""
    form = RunForm()
    form.put("process.schedule", "flow,cosine")
    form.put("data.blur", "0, 1, 2")
    form.put("seed", "0..1")
    form.put("train.steps", "50")
    plan = form.planned()
    assert form.count() == len(set(plan.configs)) == 12
    assert plan.study
    assert plan.name.startswith("blur-schedule")
    assert study_of(plan.command) == (plan.name, plan.configs)


def study_of(command: str) -> tuple[str, tuple[RunConfig, ...]]:
    """The name and the configs that the command line makes of a study's command."""
    words = shlex.split(command)[1:]
    parsed = typer.main.get_command(app).get_command(None, "study").make_context("study", words[1:]).params
    typed = Typed(parsed["preset"], None, {}, parsed["sets"] or ())
    plan = study_planned(Asked(parsed["vary"], None, parsed["seeds"], parsed["name"], typed))
    return plan.name, plan.configs


def config_of(command: str) -> RunConfig:
    """The config that the command line makes of a run's command."""
    words = shlex.split(command)[1:]
    parsed = typer.main.get_command(app).get_command(None, "run").make_context("run", words[1:]).params
    options = {key: str(parsed[option.lstrip("-").replace("-", "_")]) for key, option in OPTIONS.items()}
    given = {key: text for key, text in options.items() if text != "None"}
    return configured(Typed(parsed["preset"], None, given, parsed["sets"] or ()))[0]


def test_the_command_of_a_run_makes_its_config():
    """Settings with an option of their own, and others."""
    form = RunForm()
    for key, text in (("seed", "3"), ("data.blur", "1"), ("process.schedule", "cosine"), ("train.batch_size", "64")):
        form.put(key, text)
    plan = form.planned()
    assert "--blur 1" in plan.command
    assert (config_of(plan.command),) == plan.configs


def test_names_of_a_study():
    """The name that was typed, else what it varies; seeds alone are called so."""
    form = RunForm()
    form.put("seed", "3,5")
    assert form.planned().name == "seeds"
    form.put("name", "my try")
    assert form.planned().name == "my try"
    assert study_of(form.planned().command) == ("my try", form.planned().configs)


def test_too_many_runs():
    """Are told before any is made."""
    form = RunForm()
    form.put("seed", "1..100")
    form.put("train.steps", "1..100")
    with pytest.raises(UserError, match=f"up to {MOST_RUNS}"):
        form.planned()


def test_again_from_a_run(tmp_path, monkeypatch):
    """The form of a run makes its config again."""
    from runs.home import Home
    from runs.store import Store
    from tests.workbench.tui import recorded

    monkeypatch.setattr("os.fsync", lambda handle: None)
    home = Home(tmp_path / "home")
    recorded(home, "r", preset="mnist", network__multipliers="1,4", network__skip_connections="false", data__blur=0.25)
    with Store.read(home) as store:
        run = store.find("r")
    one = RunForm.like(run).planned()
    assert (one.configs, one.preset) == ((run.config,), "mnist")


@pytest.mark.parametrize(
    ("next_command", "told"),
    [
        ("--set train.warmup_steps=1", "x is 1; set train.warmup_steps=1"),
        ("--schedule linear", "x is 1; set schedule linear"),
        ("workbench settings x", "x is 1"),
        ("", "x is 1"),
    ],
)
def test_what_mends_it_is_told_without_a_shell(next_command, told):
    """A form has settings, not commands."""
    assert told_in_form(UserError("x is 1", next_command=next_command)) == told


@pytest.mark.parametrize("preset", PRESETS)
def test_a_value_is_typed_as_it_is_shown(preset):
    """What the form shows of every setting reads back to the same."""
    config = PRESETS[preset].config
    texts = {field.key: field.text for field in RunForm(preset).fields() if field.key not in (PRESET, NAME)}
    assert with_settings(RunConfig(), texts) == config
    assert text_of((1, 2)) == "1,2"
