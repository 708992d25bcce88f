"""Student's quantile against published values."""

import pytest
from scipy import stats

from diffusion.judges.student import student_t


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 7, 10, 29, 100, 2.5, 7.3])
@pytest.mark.parametrize("level", [0.95, 0.99])
def test_students_quantile(df, level):
    """As the exact one."""
    assert student_t(df, level) == pytest.approx(stats.t.ppf((1 + level) / 2, df), rel=2e-3)


def test_no_degrees_of_freedom():
    """Told, not a division by zero."""
    with pytest.raises(ValueError, match="1 or more"):
        student_t(0)
