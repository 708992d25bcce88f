"""One classifier and one CLIP of digits for all tests of a session: training them takes three and six seconds."""

import gc
import os

if "PYTEST_XDIST_WORKER" in os.environ:  # processes with several threads each slow one another down tenfold
    os.environ.setdefault("OMP_NUM_THREADS", "1")

os.environ.setdefault("TEXTUAL_FPS", "240")  # so that a test waits for a screen a quarter as long

import pytest
import torch

from diffusion.config import RunConfig
from diffusion.judges.classifier import classifier_for
from diffusion.judges.clip import load_clip, trained_name
from diffusion.judges.clip_train import train_clip
from diffusion.judges.kept import read_judge
from diffusion.judges.turns import turn_to_train
from tests.diffusion.judges.sets import digits

gc.freeze()  # what torch and textual brought is not to be looked through again and again: a tenth of the tests' time
gc.set_threshold(20_000, 20, 20)


def pytest_xdist_auto_num_workers(config):
    """One process more than there are cores: tests that wait for a process or a screen leave a core idle."""
    return min(os.cpu_count() or 1, 8) + 1


@pytest.fixture(scope="session")
def judges(tmp_path_factory):
    """A folder of judges with the digits classifier in it, one for all processes that test."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "judges"
    list(classifier_for(digits(), RunConfig(), folder, torch.device("cpu"), train=True))
    return folder


@pytest.fixture(scope="session")
def clip_judges(judges):
    """The same folder, with the digits CLIP in it as well."""

    def train():
        name = trained_name("digits", digits())
        with (yield from turn_to_train(judges, name)):
            if read_judge(judges, name) is None:
                yield from train_clip(digits(), "digits", judges, torch.device("cpu"))

    list(train())
    return judges


@pytest.fixture(scope="session")
def clip_folder(clip_judges):
    """The folder of the digits CLIP itself."""
    return clip_judges / trained_name("digits", digits())


@pytest.fixture(scope="session")
def clip(clip_folder):
    """The digits CLIP, loaded from its folder."""
    return load_clip(str(clip_folder), "digits", digits(), torch.device("cpu"))
