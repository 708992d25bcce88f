"""What a dispatcher gives each worker: a GPU, threads, and where the data sets are."""

import pytest

from runs import dispatcher, queue
from runs.gpus import Gpu
from runs.queue import set_slots
from tests.runs.scene import Scene


@pytest.fixture
def scene(home, monkeypatch):
    return Scene(home, monkeypatch)


GPUS = [
    Gpu(0, "GPU-small", "A", 0.0, 1.0, 16.0, None, None),
    Gpu(1, "GPU-busy", "B", 99.0, 70.0, 80.0, None, None),
    Gpu(2, "GPU-free", "B", 0.0, 5.0, 80.0, None, None),
]


def test_each_worker_has_a_gpu_of_its_own(home, made, scene, monkeypatch):
    """The freest one first, the next free one for the next run, and a second round when all have one."""
    monkeypatch.setattr(dispatcher, "gpus", lambda: GPUS)
    folders = [made(f"r{number}") for number in range(4)]
    queue.enqueue(home, folders)
    set_slots(home, 4)

    def story():
        for folder in folders:
            scene.end(folder)
        yield

    scene.play(story())
    given = [worker.environ["CUDA_VISIBLE_DEVICES"] for worker in scene.workers]
    assert given == ["GPU-free", "GPU-small", "GPU-busy", "GPU-free"]


@pytest.mark.parametrize(
    ("device", "given"),
    [("auto", "GPU-free"), ("cuda", "GPU-free"), ("cuda:1", None), ("cpu", None), ("mps", None)],
)
def test_who_leaves_the_choice_open(home, made, scene, monkeypatch, device, given):
    """A run that names its device gets no other one."""
    monkeypatch.setattr(dispatcher, "gpus", lambda: GPUS)
    folder = made(device=device)
    queue.enqueue(home, [folder])

    def story():
        scene.end(folder)
        yield

    scene.play(story())
    assert scene.workers[0].environ.get("CUDA_VISIBLE_DEVICES") == given


@pytest.mark.parametrize(
    ("cores", "slots", "own", "share"),
    [(8, 1, "", "8"), (8, 3, "", "2"), (2, 2, "", "1"), (2, 5, "", "1"), (8, 3, "6", None), (8, 3, "many", "2")],
)
def test_a_share_of_the_threads(home, made, scene, monkeypatch, cores, slots, own, share):
    """The cores that this process may use, shared by the slots; the person's own choice comes first."""
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(cores)))
    monkeypatch.setenv("OMP_NUM_THREADS", own)
    folder = made()
    queue.enqueue(home, [folder])
    set_slots(home, slots)

    def story():
        scene.end(folder)
        yield

    scene.play(story())
    environ = scene.workers[0].environ
    assert (environ.get("OMP_NUM_THREADS"), environ.get("WORKBENCH_THREADS")) == (share, share)


def test_data_sets_are_where_whoever_asked_has_them(home, made, scene, monkeypatch):
    """The dispatcher may have been started from another shell."""
    here, there = made("here"), made("there")
    monkeypatch.setenv("WORKBENCH_DATA", "/mine")
    queue.enqueue(home, [here])
    monkeypatch.delenv("WORKBENCH_DATA")
    queue.enqueue(home, [there])
    set_slots(home, 2)

    def story():
        scene.end(here)
        scene.end(there)
        yield

    scene.play(story())
    assert [worker.environ.get("WORKBENCH_DATA") for worker in scene.workers] == ["/mine", None]
