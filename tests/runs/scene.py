"""A dispatcher whose workers are stand-ins: who is started, when, with what, without a process."""

import os
import types

from runs import dispatcher
from runs.dispatcher import Dispatcher, the_only_one
from runs.log import Log
from runs.processes import this_process


class Worker:
    """A process that a dispatcher has started; the test ends it."""

    pid = 1

    def __init__(self, module, words, environ):
        self.module, self.words, self.environ = module, words, environ
        self.run = words[0]
        self.code = None
        self.log = None

    def poll(self):
        return self.code


class Scene:
    """A dispatcher whose workers are stand-ins, and a story that goes on by one step each of its rounds."""

    def __init__(self, home, monkeypatch):
        self.home, self.workers, self.now = home, [], 0.0
        monkeypatch.setattr(dispatcher, "launch", self._launch)
        monkeypatch.setattr(dispatcher, "gpus", lambda: [])
        monkeypatch.setattr("runs.gpus.gpus", lambda: [])
        monkeypatch.setattr(dispatcher, "time", types.SimpleNamespace(monotonic=lambda: self.now, sleep=self._sleep))

    def _launch(self, module, *words, home, output, environ):
        os.write(output, b"")
        self.workers.append(Worker(module, words, environ))
        return self.workers[-1]

    def _sleep(self, seconds):
        self.now += seconds
        self.rounds += 1
        assert self.rounds < 1000, "it goes round for ever"
        next(self.story, None)

    def play(self, story):
        """Serve until the queue is empty, while the story goes on."""
        self.story, self.rounds = iter(story), 0
        self.home.make()
        with the_only_one(self.home) as leaving:
            Dispatcher(self.home).serve(leaving)
        assert next(self.story, None) is None, "it ended before the story did"

    @property
    def working(self):
        return [worker.run for worker in self.workers if worker.code is None]

    @property
    def started(self):
        return [worker.run for worker in self.workers]

    def begin(self, folder):
        """The worker of a run has begun its attempt."""
        (worker,) = [one for one in self.workers if one.run == folder.path.name and one.code is None]
        worker.log = Log.new(folder, "attempt")
        worker.log.add("attempt", {"format": 1, **this_process(), "command": "worker"})
        worker.log.flush()
        return worker

    def end(self, folder, outcome="completed", code=0):
        """The worker of a run has ended."""
        (worker,) = [one for one in self.workers if one.run == folder.path.name and one.code is None]
        worker = worker if worker.log else self.begin(folder)
        worker.log.add("ended", {"outcome": outcome, "text": ""})
        worker.log.flush()
        worker.code = code
