"""Names for runs: what is special about it, an adjective and an animal; and ids that sort by time."""

import re
import secrets
import time

from diffusion.config import RunConfig, differences, flat
from diffusion.errors import UserError
from diffusion.fields import Plain

ADJECTIVES = (
    "able agile airy amber ample azure bold brave brief bright brisk calm candid clear clever cosy crisp "
    "curious deft dusky eager early fair fine fleet fluent fond frank fresh gentle glad golden grand "
    "happy hardy honest humble ideal jolly keen kind lively lucid mellow merry mild misty modest neat "
    "nimble noble olive placid plucky polite proud quick quiet rapid ready rosy ruby sage serene sharp "
    "silver sleek smart snowy solid spry steady still sunny swift tidy tranquil true vivid warm wise "
    "witty zesty"
)
ANIMALS = (
    "adder alpaca badger beaver bee bison boar bream bunting camel carp cat civet cod condor coot crab "
    "crane cricket crow curlew deer dingo dove drake duck eagle eel egret elk emu falcon ferret finch fox "
    "frog gecko gibbon goat grebe grouse gull hare hawk heron hornet ibex ibis jackal jay kestrel kite "
    "kiwi koala lark lemur linnet llama lynx macaw magpie mantis marten mink mole moose moth newt okapi "
    "oriole otter owl panda parrot perch pika plover puffin python quail rabbit ram raven robin rook "
    "salmon seal shrew shrike skua sloth snipe sparrow stoat stork swan swift tapir tern thrush tiger "
    "toad trout turtle viper vole walrus weasel whale wolf wombat wren yak zebra"
)
LONGEST = 100
UNNAMED = ("device", "data.folder", "train.steps", "train.epochs", "train.minutes")  # say little of what a run tries
SHORTER = {"learning_rate": "lr", "batch_size": "batch", "sampling_steps": "sampling", "conditioning": ""}
ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l, o and u, which are misread


def new_id(now: float | None = None) -> str:
    """An id that sorts by time and is safe to type: 260301-142233-k3f9ab, the time in UTC.

    Six letters: of a study's hundred runs a second, one pair in 200,000 seconds would get the same one.
    """
    stamp = time.strftime("%y%m%d-%H%M%S", time.gmtime(now))
    return f"{stamp}-{''.join(secrets.choice(ID_LETTERS) for _ in range(6))}"


def made_name(config: RunConfig, preset: str, base: RunConfig | None) -> str:
    """A name for a run of config, which started from a preset whose config is base."""
    parts = [] if base is None else special(config, base)
    return "-".join(
        [*(parts or [slug(preset) or "run"]), secrets.choice(ADJECTIVES.split()), secrets.choice(ANIMALS.split())]
    )


def special(config: RunConfig, base: RunConfig) -> list[str]:
    """At most three settings in which config differs from its preset, in few letters."""
    changed = differences(config, base)
    first = [key for key in ("data.dataset", "process.schedule", "process.prediction") if key in changed]
    keys = first + [key for key in changed if key not in first and key not in UNNAMED]
    parts = [_part(key, flat(config)[key]) for key in keys]
    return [part for part in parts if part][:3]


def _part(key: str, value: Plain) -> str:
    name = SHORTER.get(key.split(".")[-1], key.split(".")[-1].replace("_", ""))
    if isinstance(value, bool):
        return slug(name if value else f"no{name}")
    if isinstance(value, str):
        return slug(value.rstrip("/").rpartition("/")[2].removeprefix("folder:"))[:20].strip("-.")
    if isinstance(value, tuple):
        return slug(name + "x".join(map(str, value)))
    return slug(f"{name}{value:g}".replace("e+", "e"))


def slug(name: str) -> str:
    """name as a folder may be called: letters, digits, dot, dash and underscore, never a way out of the home."""
    text = re.sub(r"[^\w.-]+", "-", name)
    return re.sub(r"-{2,}", "-", text).strip("-.")[:LONGEST]


def checked_name(name: str, what: str = "--name") -> str:
    """A name that a person gave; what says where. Raises UserError for one that could not be typed, shown or kept."""
    allowed = f"1 to {LONGEST} characters, a letter or digit among them, no slash, no control character, no dash first"
    bad = (
        not name.strip()
        or len(name) > LONGEST
        or len(slug(name).encode(errors="replace")) > 200  # a file's name has 255 bytes at most
        or name.startswith("-")
        or not name.isprintable()
        or "/" in name
        or not slug(name)
    )
    if bad:
        shown = name if len(name) <= LONGEST else name[:20] + "..."
        raise UserError(f"{what} is '{shown}'", allowed=allowed)
    return name
