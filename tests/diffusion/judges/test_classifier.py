"""A kept classifier: the same again, never one for other pictures, never a damaged one."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from diffusion.config import RunConfig
from diffusion.errors import UserError
from diffusion.judges.classifier import classifier_for
from diffusion.judges.kept import read_judge
from tests.diffusion.judges.sets import digits, held_out

CPU = torch.device("cpu")


def kept(judges, pictures=None, **options):
    work = classifier_for(pictures or digits(), RunConfig(), judges, CPU, **({"train": False} | options))
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@pytest.fixture
def copy(judges, tmp_path):
    shutil.copytree(judges, tmp_path / "judges")
    return tmp_path / "judges"


def test_it_reads_real_digits(judges):
    """Probabilities that sum to 1, and the accuracy that it claims on the test split."""
    classifier = kept(judges)
    found = classifier.probabilities(digits().test.pictures)
    torch.testing.assert_close(found.sum(1), torch.ones(len(found)))
    assert float((found.argmax(1) == digits().test.labels).double().mean()) == pytest.approx(classifier.accuracy)
    assert classifier.accuracy > 0.97
    assert classifier.n == len(digits().test)


def test_probabilities_follow_from_features(judges):
    """Features are what the last layer reads: 0 or more, one row a picture."""
    classifier, pixels = kept(judges), held_out().pictures
    features = classifier.features(pixels)
    assert (features >= 0).all()
    torch.testing.assert_close(classifier.probabilities_of(features), classifier.probabilities(pixels))


def test_a_kept_one_is_not_trained_again(judges):
    """No Progress, and the same fingerprint."""
    assert list(classifier_for(digits(), RunConfig(), judges, CPU, train=True)) == []
    assert kept(judges).fingerprint == kept(judges).fingerprint


def test_where_none_is_kept_there_is_none(tmp_path):
    """Unless it may be trained."""
    assert kept(tmp_path) is None


def test_what_is_said_of_it(judges):
    """In judge.json, for people and for the list of judges."""
    about = read_judge(judges, "classifier-digits")
    assert about["kind"] == "classifier"
    assert about["dataset"] == "digits"
    assert about["data_checksum"] == digits().checksum
    assert about["classes"] == [str(digit) for digit in range(10)]


def test_one_that_learned_from_other_pictures_is_refused(judges):
    """Its checksum is not theirs."""
    with pytest.raises(UserError, match="learned from other pictures"):
        kept(judges, replace(digits(), checksum="0" * 16))


def test_weights_that_do_not_fit_are_named(copy):
    """Missing, unknown and misshapen ones."""
    path = copy / "classifier-digits" / "classifier.safetensors"
    tensors = load_file(path)
    tensors["head.bias"] = torch.zeros(3)
    tensors["other"] = tensors.pop("head.weight")
    save_file(tensors, path)
    with pytest.raises(UserError, match=r"do not fit: head\.bias, head\.weight, other; next: rm -r"):
        kept(copy)


def test_a_torn_file_is_told(copy):
    """With the command that removes it."""
    path = copy / "classifier-digits" / "classifier.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match=r"cannot be read.*rm -r"):
        kept(copy)


def test_another_width_is_read_as_it_was_trained(copy):
    """The recipe may change; what is kept says its own width."""
    about = json.loads((copy / "classifier-digits" / "judge.json").read_text())
    assert about["width"] == 24
    about["width"] = 32
    (copy / "classifier-digits" / "judge.json").write_text(json.dumps(about))
    with pytest.raises(UserError, match="do not fit"):
        kept(copy)
