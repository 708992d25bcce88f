"""Claims as they are read from a file."""

import pytest

from diffusion.errors import UserError
from runs.claims import read_claims

GOOD = '[[claims]]\ntext = "cosine learns more"\nfigure = "val/x0_loss"\nbelow = 0\n'


def read(tmp_path, text):
    path = tmp_path / "claims.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_claims(path)


def test_a_claim(tmp_path):
    """Settings by short names or in tables, each of its own type."""
    more = 'where = { schedule = "cosine", data.blur = 1 }\nthan = { schedule = "linear" }\nclasses = ["1"]\n'
    (claim,) = read(tmp_path, GOOD + more)
    assert claim.where == {"process.schedule": "cosine", "data.blur": 1.0}
    assert isinstance(claim.where["data.blur"], float)
    assert claim.than == {"process.schedule": "linear"}
    assert (claim.classes, claim.below, claim.above, claim.compares) == (("1",), 0.0, None, True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("claims = 3", r"holds no \[\[claims\]\]", id="no claims"),
        pytest.param("[[claims]", "is no TOML", id="no TOML"),
        pytest.param(b"\xff", "is no TOML", id="no text"),
        pytest.param("claims = [3]", r"holds no \[\[claims\]\]", id="a number"),
        pytest.param(GOOD.replace("below = 0", ""), "claim 1 says not where", id="no limit"),
        pytest.param(GOOD + "above = 1\n", "above 1 and below 0", id="nothing lies there"),
        pytest.param(GOOD + "abov = 1\n", "did you mean above", id="a misspelt key"),
        pytest.param(GOOD + 'where = { schedul = "cosine" }\n', "did you mean", id="no setting"),
        pytest.param(GOOD + 'where = { schedule = "cosin" }\n', "did you mean cosine", id="no value"),
        pytest.param(GOOD + 'where = "cosine"\n', "allowed: settings", id="no settings"),
        pytest.param(GOOD + 'than_classes = ["1"]\n', "classes as well", id="one side"),
        pytest.param(GOOD + "classes = 1\n", "names of classes", id="no names"),
        pytest.param(GOOD.replace("below = 0", "below = true"), "allowed: a number", id="no number"),
        pytest.param(GOOD.replace('"val/x0_loss"', "3"), "has the figure 3", id="no figure"),
        pytest.param(GOOD.replace('"cosine learns more"', '" "'), "has the text", id="no text in it"),
    ],
)
def test_a_claim_that_cannot_be_used(tmp_path, text, told):
    """One sentence, with what is allowed."""
    with pytest.raises(UserError, match=told):
        read(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path):
    """Named, with where to begin."""
    with pytest.raises(UserError, match="next: workbench claims example"):
        read_claims(tmp_path / "none.toml")
