"""One classifier of digits for all tests of a session: training it takes three seconds."""

import pytest
import torch

from diffusion.config import RunConfig
from diffusion.judges.classifier import classifier_for
from tests.diffusion.judges.sets import digits


@pytest.fixture(scope="session")
def judges(tmp_path_factory):
    """A folder of judges with the digits classifier in it."""
    folder = tmp_path_factory.mktemp("judges")
    list(classifier_for(digits(), RunConfig(), folder, torch.device("cpu"), train=True))
    return folder
