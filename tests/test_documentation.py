"""What README says is true: its commands parse, its settings exist, its queries run and answer with those columns."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from diffusion.config import setting_info
from diffusion.presets import PRESETS
from runs.create import create_run
from runs.home import Home
from runs.ingest import catch_up
from runs.log import Log
from runs.record import record
from runs.store import Store
from tests.workbench.streams import training
from workbench import exit_codes
from workbench.app import WorkbenchApp
from workbench.cli import app
from workbench.configure import Typed, configured
from workbench.screens.claims import ClaimsScreen
from workbench.screens.compare import CompareScreen
from workbench.screens.compare_tabs.noise_levels import CompareLevelsTab
from workbench.screens.compare_tabs.pictures import ComparePicturesTab
from workbench.screens.compare_tabs.settings import SettingsTab
from workbench.screens.filter_line import FilterLine
from workbench.screens.new_run import NewRunScreen
from workbench.screens.query import QueryScreen
from workbench.screens.run import RunScreen
from workbench.screens.runs import RunsScreen
from workbench.screens.schedules import SchedulesScreen
from workbench.screens.studies import StudiesScreen
from workbench.screens.tabs.curves import CurvesTab
from workbench.screens.tabs.denoising import DenoisingTab
from workbench.screens.tabs.log import LogTab
from workbench.screens.tabs.noise_levels import NoiseLevelsTab
from workbench.screens.tabs.samples import SamplesTab
from workbench.widgets.curve import Curve
from workbench.widgets.filmstrip import Filmstrip
from workbench.widgets.foot import key_name
from workbench.widgets.heat_map import HeatMap
from workbench.widgets.page import Page
from workbench.widgets.sql_area import SqlArea
from workbench.widgets.table import Table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
COMMANDS = sorted({line.split("   #")[0].strip() for block in BLOCKS for line in block.splitlines() if line})
QUERIES = re.findall(r"```sql\n(.*?)```\n+```\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("workbench")])
def test_every_command_parses(line):
    """Command and options exist; settings that it names can be set."""
    words = shlex.split(line.split(" > ")[0])[1:]
    group = typer.main.get_command(app)
    context = group.make_context("workbench", words[:1], resilient_parsing=True)
    command = group.get_command(context, words[0])
    assert command is not None, words[0]
    parsed = command.make_context(words[0], words[1:])
    sets = parsed.params.get("sets") or ()
    for text in sets:
        setting_info(text.split("=")[0])
    if words[0] == "run" and not parsed.params["config"]:
        configured(Typed(parsed.params["preset"], None, {}, sets))


def test_every_file_that_is_named_is_there():
    """Links and pictures of all pages."""
    for page in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "benchmarks/README.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert target.startswith("https://") or ((ROOT / page).parent / target).exists(), (page, target)


def test_every_source_file_is_in_the_architecture():
    """By its name, or by its folder's."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for package in ("diffusion", "runs", "workbench"):
        for path in (ROOT / package).glob("*"):
            if path.name not in ("__init__.py", "py.typed", "__pycache__"):
                assert path.name in text, path.relative_to(ROOT)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_told_of(name):
    """With its result, or with the word that it has none yet."""
    assert f"`{name}`" in README


def test_the_exit_codes_are_those_of_the_help():
    """Word for word."""
    told = exit_codes.HELP.removeprefix("Exit codes: ").rstrip(".")
    assert told in " ".join(README.split())


def keys_in(*classes):
    """The keys of some classes' bindings with what each does, as README lists them."""
    found = {}
    for binding in (binding for one in classes for binding in vars(one)["BINDINGS"]):
        names = "` `".join(key_name(key) for key in binding.key.split(",")[:2])
        found.setdefault(binding.description.lower(), f"`{names}` {binding.description.lower()}")
    return ", ".join(found.values()).replace("|", "\\|")


@pytest.mark.parametrize(
    ("where", "classes"),
    [
        ("everywhere", [WorkbenchApp]),
        ("any table", [Table]),
        ("runs", [RunsScreen]),
        ("their filter", [FilterLine]),
        ("new run", [NewRunScreen]),
        ("query", [QueryScreen, SqlArea]),
        ("one run", [RunScreen]),
        ("its curves", [Curve, CurvesTab]),
        ("its denoising", [Filmstrip, DenoisingTab]),
        ("its samples", [SamplesTab]),
        ("its noise levels", [HeatMap, NoiseLevelsTab]),
        ("its log and other pages", [Page, LogTab]),
        ("comparison", [CompareScreen, SettingsTab, CompareLevelsTab]),
        ("its pictures", [ComparePicturesTab]),
        ("schedules", [SchedulesScreen]),
        ("studies", [StudiesScreen]),
        ("claims", [ClaimsScreen]),
    ],
)
def test_the_keys_are_those_of_the_bindings(where, classes):
    """README's table, row by row."""
    assert f"| {where} | {keys_in(*classes)} |" in README


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A home with one recorded run."""
    home = Home.find(str(tmp_path_factory.mktemp("home")))
    config, preset = configured(Typed())
    folder = create_run(home, config, preset=preset, command="workbench run", name="r")
    for _ in record(training(), folder, Log.new(folder, "attempt")):
        pass
    catch_up(home)
    with Store.read(home) as found:
        yield found


def test_there_are_ten_queries():
    """Each with an answer below it."""
    assert len(QUERIES) == 10


@pytest.mark.parametrize(("sql", "answer"), QUERIES)
def test_every_query_runs(store, sql, answer):
    """It answers with the columns that README shows."""
    assert list(store.query(sql).columns) == answer.splitlines()[0].split()
