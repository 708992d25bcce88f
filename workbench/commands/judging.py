"""`workbench score`, and `workbench judge`: judging drawn pictures, and the judges that are kept."""

import json as json_module
import sys
from pathlib import Path
from typing import Annotated

import typer

from diffusion.errors import UserError, unknown_name
from workbench.commands.options import DataDir, Home, RunName, data_folder, home_folder, put, whole

KINDS = ("all", "clip", "classifier")
judge = typer.Typer(help="Judges: train them here, fetch them, list them.", no_args_is_help=True)
Model = Annotated[str | None, typer.Option(metavar="NAME", help="CLIP model by open_clip's name, or a folder.")]
Weights = Annotated[
    str | None, typer.Option(metavar="TAG", help="Its weights: a tag of open_clip, a file or a folder.")
]


def score(
    run: RunName,
    model: Model = None,
    weights: Weights = None,
    templates: Annotated[
        str | None, typer.Option(metavar="FILE", help="Prompt templates, one a line, each with {}.")
    ] = None,
    per_class: Annotated[
        str | None,
        typer.Option(metavar="N", help="Draw so many fresh pictures of each class; else those that the run drew."),
    ] = None,
    sample_set: Annotated[
        str | None, typer.Option(metavar="N", help="Judge the pictures of this sample set; else the run's own.")
    ] = None,
    seed: Annotated[str, typer.Option(metavar="N", help="Of fresh pictures.")] = "0",
    device: Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    json: Annotated[bool, typer.Option("--json", help="The events as JSON lines on stdout.")] = False,
    home: Home = None,
) -> None:
    """CLIP scores of a run's pictures, and what the other judges say.

    By class, with intervals, and beside them what real pictures, noise and pictures of another class get.
    """
    from workbench.scoring import Wanted, score_and_show

    if per_class is not None and sample_set is not None:
        raise UserError("--per-class draws fresh pictures, and --sample-set names ones that are there", allowed="one")
    wanted = Wanted(
        model=model,
        weights=weights,
        templates=templates,
        per_class=0 if per_class is None else whole("--per-class", per_class, low=1, high=10_000),
        sample_set=0 if sample_set is None else whole("--sample-set", sample_set, low=1),
        seed=whole("--seed", seed, low=0, high=2**53),
        device=device,
        json=json,
    )
    code = score_and_show(home_folder(home), run, wanted)
    if code:
        raise typer.Exit(code)


@judge.command()
def train(
    dataset: Annotated[
        str, typer.Option(metavar="NAME", help="digits, mnist, fashion-mnist, cifar10 or folder:PATH.")
    ] = "digits",
    kind: Annotated[str, typer.Option(metavar="NAME", help="all, clip or classifier.")] = "all",
    device: Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    home: Home = None,
    data_dir: DataDir = None,
) -> None:
    """Train judges on a data set's own pictures.

    They are kept in the home, and every run on these pictures uses them.
    """
    from workbench.scoring import train_and_tell

    if kind not in KINDS:
        raise unknown_name("kind of judge", kind, KINDS, "workbench judge train --kind clip")
    kinds = KINDS[1:] if kind == "all" else (kind,)
    code = train_and_tell(home_folder(home), dataset, kinds, device=device, data=data_folder(data_dir))
    if code:
        raise typer.Exit(code)


@judge.command("list")
def list_judges(
    json: Annotated[bool, typer.Option("--json", help="All that is known of them, as a JSON array.")] = False,
    home: Home = None,
) -> None:
    """The judges that are kept, with their accuracy on pictures that they never saw."""
    from workbench import scoring

    found = scoring.list_judges(home_folder(home))
    if json:
        put(json_module.dumps(found, ensure_ascii=False, indent=1))
    elif found:
        put("\n".join(scoring.judge_lines(found)))
    else:
        sys.stderr.write("no judges yet; next: workbench judge train --dataset digits\n")


@judge.command()
def fetch(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to put it.")],
    model: Annotated[str, typer.Option(metavar="NAME", help="CLIP model by open_clip's name.")] = "ViT-B-32",
    weights: Annotated[str, typer.Option(metavar="TAG", help="Its weights.")] = "datacomp_xl_s13b_b90k",
) -> None:
    """A CLIP model as a folder, to carry to a machine without a connection.

    There: workbench score RUN --weights FOLDER.
    """
    from diffusion.judges.fetch import fetch_clip

    fetch_clip(f"{model}/{weights}", output)
    put(f"{model}/{weights} is in {output}")


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command()(score)
    app.add_typer(judge, name="judge")
