"""The digits that come with scikit-learn, without it."""

import numpy as np
from sklearn.datasets import load_digits

from diffusion.data.digits import read_digits


def test_they_are_scikit_learns():
    """Every picture at 255 / 16 of its level, every class."""
    pixels, labels = read_digits()
    theirs = load_digits()
    assert pixels.dtype == np.uint8
    assert (pixels == np.rint(theirs.images.astype(np.float32) * (255 / 16))).all()
    assert (labels == theirs.target).all()
