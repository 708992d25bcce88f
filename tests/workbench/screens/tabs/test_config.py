"""How a run was made."""

from dataclasses import replace

from runs.create import create_run
from runs.ingest import ingest
from runs.records import Alert, Attempt
from runs.store import Store
from tests.runs.conftest import attempt
from tests.workbench.screens.rich_run import rich_home
from workbench.screens.tabs.config import config_lines, origin


def test_the_page(tmp_path):
    """Command, alerts, settings that differ first, attempts, facts, labels, folder; nothing moves the cursor."""
    with Store.read(rich_home(tmp_path / "home")) as store:
        run = replace(store.find("rich"), tags=("a\x1b[2J",), notes="one\ntwo\x1b[31m", command="workbench run\x07")
        attempts = tuple(store.attempts(run))
    alerts = (Alert("warning", 3, "odd \x1b[2J", None),)
    lines = config_lines(run, attempts, alerts)
    texts = [text for text, _ in lines]
    assert texts[:2] == ["command", "  workbench run\\x07"]
    assert "  warning at step 3: odd \\x1b[2J" in texts
    settings = texts[texts.index("settings, those that differ from preset digits first") + 1 :]
    assert settings[0].split() == ["train.steps", "40", "(preset", "400)"]
    assert settings[1].split()[0] == "train.batch_size"
    assert lines[texts.index(settings[0])][1] == "bold"
    assert "(preset" not in settings[2]
    assert "  a\\x1b[2J" in texts
    assert texts[texts.index("note") + 1 :][:2] == ["  one", "  two\\x1b[31m"]
    assert texts[-1].strip() == str(run.folder)
    assert not any("\x1b" in text for text in texts)


def test_attempts_are_told(tmp_path):
    with Store.read(rich_home(tmp_path / "home")) as store:
        run = store.find("rich")
        attempt = Attempt(1, 1.0, 4.0, "stopped", 4.0, 5, None, None, "", "", "")
    texts = [text for text, _ in config_lines(run, (attempt,), ())]
    assert any(text.startswith("  1  stopped") and text.endswith("took 3.0 s") for text in texts)


def test_where_it_comes_from(tmp_path):
    """The run and the step of a fork, the study of one of its runs."""
    home = rich_home(tmp_path / "home")
    with Store.read(home) as store:
        parent = store.find("rich")
        assert origin(store, parent) == ""
        child = create_run(
            home, parent.config, preset="digits", command="workbench fork", name="child", parent=parent.id, study="blur"
        )
    attempt(child, (), checkpoint="step-00000030.safetensors")
    with Store.write(home) as store:
        ingest(store, child.path)
        run = store.find("child")
        texts = [text for text, _ in config_lines(run, (), (), origin(store, run))]
    assert texts[2:8] == ["", "forked from", "  rich at step 30", "", "study", "  blur"]
