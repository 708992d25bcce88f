"""A perfect network gives x0 back under every parameterization, and the contract on shapes holds."""

import pytest
import torch

from diffusion.config import PREDICTIONS, ProcessConfig
from diffusion.device import Numerics
from diffusion.network.denoiser import Denoiser, per_picture
from diffusion.process.parameterizations import make_parameterization

CPU = torch.device("cpu")
PLAIN = Numerics(torch.float32, torch.contiguous_format, CPU)
LABEL = torch.tensor([0, 3, 9])


def pictures(seed=0):
    return torch.rand(3, 2, 4, 4, generator=torch.Generator().manual_seed(seed)) * 2 - 1


class Recorder:
    """A network that answers with one tensor and remembers what it was asked."""

    def __init__(self, answer):
        self.answer = answer

    def __call__(self, x, sigma, label):
        self.x, self.sigma, self.label = x, sigma, label
        return self.answer


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_a_network_that_hits_its_target_gives_x0(prediction):
    """D(x, sigma) = c_skip x + c_out F(c_in x, sigma) undoes the target."""
    parameterization = make_parameterization(ProcessConfig(prediction=prediction))
    x0, noise, sigma = pictures(), torch.randn(3, 2, 4, 4), torch.tensor([0.02, 1.0, 7.0])
    network = Recorder(parameterization.target(x0, noise, sigma))
    x = x0 + per_picture(sigma) * noise
    found = Denoiser(network, parameterization, PLAIN)(x, sigma, LABEL)
    torch.testing.assert_close(found, x0, rtol=0, atol=1e-5)
    torch.testing.assert_close(network.x, per_picture(parameterization.c_in(sigma)) * x)
    assert torch.equal(network.sigma, sigma)
    assert torch.equal(network.label, LABEL)


def test_one_sigma_for_all_is_spread_over_the_pictures():
    """[] and float64, as samplers give it."""
    network = Recorder(pictures(1))
    denoiser = Denoiser(network, make_parameterization(ProcessConfig()), PLAIN)
    one = denoiser(pictures(), torch.tensor(0.7, dtype=torch.float64), LABEL)
    assert network.sigma.tolist() == pytest.approx([0.7] * 3)
    assert network.sigma.dtype == torch.float32
    torch.testing.assert_close(one, denoiser(pictures(), torch.full((3,), 0.7), LABEL))


def test_the_network_computes_as_the_device_likes_and_the_answer_is_float32():
    """bfloat16 inside, channels_last inside."""
    layer = torch.nn.Conv2d(2, 2, 1)
    seen = []

    def network(x, sigma, label):
        seen.append(x.is_contiguous(memory_format=torch.channels_last))
        answer = layer(x)
        seen.append(answer.dtype)
        return answer

    numerics = Numerics(torch.bfloat16, torch.channels_last, CPU)
    denoiser = Denoiser(network, make_parameterization(ProcessConfig()), numerics)
    assert denoiser.predict(pictures(), torch.ones(3), LABEL).dtype == torch.float32
    assert denoiser(pictures(), torch.ones(3), LABEL).dtype == torch.float32
    assert seen == [True, torch.bfloat16] * 2
