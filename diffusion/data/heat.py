"""The matrix behind the Gaussian blur, with numpy alone: for the blur of tensors, and for pictures in a terminal."""

import math

import numpy as np
from numpy.typing import NDArray


def heat_matrix(size: int, sigma: float) -> NDArray[np.float64]:
    """The matrix [size, size] that blurs one line of pixels by sigma pixels, with reflecting borders.

    It is C^T diag(exp(-sigma^2 f^2 / 2)) C with C the orthonormal DCT-II and f = pi k / size, so blurs compose
    (B(a) B(b) = B(sqrt(a^2 + b^2))), keep the mean, and sigma = 0 is the identity.
    Source: Rissanen, Heinonen and Solin 2023, arXiv:2206.13397, eq. 5 and appendix A.
    """
    k = np.arange(size, dtype=np.float64)
    cosine = np.cos(math.pi / size * (k[None, :] + 0.5) * k[:, None]) * math.sqrt(2 / size)
    cosine[0] /= math.sqrt(2)
    decay = np.exp(-0.5 * (sigma * math.pi / size * k) ** 2)
    matrix: NDArray[np.float64] = cosine.T @ (decay[:, None] * cosine)
    return matrix
