"""A person's own settings: where runs and data are kept, and how pictures are shown. One small TOML file."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from diffusion.errors import UserError, nearest_name

IMAGES = ("auto", "half", "kitty", "sixel", "off")


@dataclass(frozen=True)
class Settings:
    """What settings.toml may say. An empty text leaves the choice to the environment and the defaults."""

    home: str = ""  # folder of the database and the runs
    data: str = ""  # folder of the data sets
    images: str = "auto"  # the finest way that the terminal is known to show pictures: half, kitty, sixel; or off
    notify: str = ""  # a command to run at each alert and at the end of a run


def settings_file() -> Path:
    """Where the settings are read from; the file need not exist."""
    from platformdirs import user_config_path

    return user_config_path("workbench") / "settings.toml"


def read_settings(path: Path | None = None) -> Settings:
    """The settings in a file, the defaults where there is none. Raises UserError for what cannot be used."""
    path = path or settings_file()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}", next_command="mend or remove that file") from error
    known = [field.name for field in fields(Settings)]
    for key, value in values.items():
        if key not in known:
            raise UserError(
                f"unknown setting '{key}' in {path}", allowed=", ".join(known), nearest=nearest_name(key, known)
            )
        if not isinstance(value, str):
            raise UserError(f"{key} in {path} is {value}", allowed="text in quotes")
    settings = Settings(**values)
    checked_images(settings.images, f"images in {path}")
    return settings


def checked_images(how: str, where: str) -> str:
    """A way to show pictures, named in some place. Raises UserError for one that is not known."""
    if how not in IMAGES:
        raise UserError(f"{where} is '{how}'", allowed=", ".join(IMAGES), nearest=nearest_name(how, IMAGES))
    return how
