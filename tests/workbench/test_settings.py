"""The person's own settings file."""

import pytest

from diffusion.errors import UserError
from workbench.settings import Settings, read_settings


def test_no_file_means_the_defaults(tmp_path):
    """Nobody has to write one."""
    assert read_settings(tmp_path / "settings.toml") == Settings("", "", "auto")


def test_a_file_is_read(tmp_path):
    """All that it may say."""
    path = tmp_path / "settings.toml"
    path.write_text('home = "/runs"\ndata = "/data"\nimages = "off"\n')
    assert read_settings(path) == Settings("/runs", "/data", "off")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "hom = '/x'",
            "unknown setting 'hom' in {path}; allowed: home, data, images, notify; did you mean home?",
            id="key",
        ),
        pytest.param("home = 3", "home in {path} is 3; allowed: text in quotes", id="kind"),
        pytest.param(
            "images = 'of'",
            "images in {path} is 'of'; allowed: auto, half, kitty, sixel, off; did you mean off?",
            id="choice",
        ),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path, text, message):
    """The file, the key, what is allowed."""
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_settings(path)
    assert str(caught.value) == message.format(path=path)


@pytest.mark.parametrize("content", [b"home = ", b"\xff"], ids=["not TOML", "not UTF-8"])
def test_a_file_that_cannot_be_read(tmp_path, content):
    """It is named, with what to do."""
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"settings.toml cannot be read: .*; next: mend or remove that file"):
        read_settings(path)
