"""What tests of actions look at, and a run that is worked on without any work."""

from runs.ingest import catch_up
from runs.log import Log
from runs.processes import this_process
from runs.store import Store


def find(home, name="first"):
    catch_up(home)
    with Store.read(home) as store:
        return store.find(name)


def statuses(home):
    catch_up(home)
    with Store.read(home) as store:
        return {run.name: run.status for run in store.runs()}


def working(folder, **process):
    """An attempt of this process, or of another."""
    log = Log.new(folder, "attempt")
    log.add("attempt", {"format": 1, **this_process(), "command": "x"} | process)
    log.flush()
    return log


def told(error):
    return str(error.value)
