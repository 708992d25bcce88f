"""How far an interval of Student's reaches: the quantile of the t distribution, with the standard library alone."""

import math
from statistics import NormalDist


def student_t(df: float, level: float = 0.95) -> float:
    """The quantile of Student's distribution that a two-sided interval of this level reaches to.

    df: degrees of freedom, 1 or more. Exact for 1 and 2, else within 1e-3 of the exact value.
    Source: Hill 1970, Communications of the ACM 13(10), algorithm 396.
    """
    if df < 1:
        raise ValueError(f"df must be 1 or more, got {df}")
    p = 1 - level
    if df == 1:
        return 1 / math.tan(p * math.pi / 2)
    if df == 2:
        return math.sqrt(2 / (p * (2 - p)) - 2)
    a = 1 / (df - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * df
    y = (d * p) ** (2 / df)
    if y > 0.05 + a:
        x = NormalDist().inv_cdf(p / 2)
        y = x * x
        if df < 5:
            c += 0.3 * (df - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y * y)
    else:
        inner = (df + 6) / (df * y) - 0.089 * d - 0.822
        y = ((1 / (inner * (df + 2) * 3) + 0.5 / (df + 4)) * y - 1) * (df + 1) / (df + 2) + 1 / y
    return math.sqrt(df * y)
