"""biosight model: add, list, promote, roll back, retire and export versions."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast, get_args

import click
from click.core import ParameterSource

from biosight import registry
from biosight.bootstrap import open_archive, open_catalogue
from biosight.cli.models.experts import add_expert, checked_table, weigh_model
from biosight.cli.models.learn import export_model, fit_leaves, quantise_model
from biosight.errors import BadModel, BadRequest
from biosight.inference.model_files.card import ModelCard, read_card
from biosight.inference.model_files.detector_card import Form
from biosight.inference.quality import wilson
from biosight.settings import Settings
from biosight.workflows.models.add_detector import (
    DETECTORS_SIDE,
    add_detector,
    detector_card_for,
)
from biosight.workflows.models.add_model import (
    MEAN,
    STD,
    add_exported,
    add_model,
    card_for,
    listed_labels,
)
from biosight.workflows.serving_version import promote_version, retire_version, where_it_serves

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FILE_OR_FOLDER = click.Path(exists=True, path_type=Path)
IMAGENET = (",".join(map(str, MEAN)), ",".join(map(str, STD)))


@click.group()
def model() -> None:
    """Add, list, promote and export models."""


model.add_command(export_model)
model.add_command(quantise_model)
model.add_command(fit_leaves)
model.add_command(weigh_model)


@model.command("list")
@click.pass_obj
def list_models(settings: Settings) -> None:
    """List all versions and show which of them serve."""
    archive = open_archive(settings)
    try:
        open_catalogue(settings, archive)
        for v in registry.versions(archive.records):
            figure = held_in_words(v.card.measured)
            click.echo(f"{v.id}\t{v.state}\t{v.card.arch}\t{len(v.card.labels)} labels\t{figure}")
    finally:
        archive.close()


def held_in_words(measured: Mapping[str, float]) -> str:
    """Return a version's accuracy on left-out pictures with its 95 % interval (Wilson) and their
    number; "" where it was not measured."""
    accuracy, pictures = measured.get("held_accuracy"), measured.get("held_pictures", 0)
    if not accuracy or not pictures:
        return f"{accuracy:.1%} on left-out pictures" if accuracy else ""
    low, high = wilson(round(accuracy * pictures), int(pictures))
    return f"{accuracy:.1%} ({low:.1%} to {high:.1%}) of {pictures:,.0f} left-out pictures"


@model.command()
@click.argument("file", type=FILE_OR_FOLDER)
@click.option(
    "--labels",
    default="",
    help="Labels in the order of the outputs: separated by commas, or a file with one per line.",
)
@click.option("--name", default="", help="Model's name: lowercase letters, digits, dashes.")
@click.option("--version", "release", default="1", show_default=True, help="Model's version.")
@click.option(
    "--card",
    "card_file",
    type=FILE,
    help="A card.json; --size, --resize, --mean and --std are then ignored.",
)
@click.option(
    "--size",
    type=int,
    default=224,
    show_default=True,
    help="Side of the input, pixels (of a detector, 640 by default).",
)
@click.option(
    "--resize", type=int, help="Short side before the crop, pixels; by default size / 0.875."
)
@click.option(
    "--mean", default=IMAGENET[0], show_default=True, help="Mean of each channel, 0 to 1."
)
@click.option(
    "--std",
    default=IMAGENET[1],
    show_default=True,
    help="Standard deviation of each channel, 0 to 1.",
)
@click.option(
    "--layout",
    type=click.Choice(["nchw", "nhwc"]),
    default="nchw",
    show_default=True,
    help="Order of the input's axes.",
)
@click.option(
    "--form",
    type=click.Choice(get_args(Form)),
    help="Add a detector whose output has this form; --labels are then its classes.",
)
@click.option("--under", default="", help="Add an expert for what is below this name.")
@click.option(
    "--taxa", type=FILE, help="CSV with an expert's labels: columns label or class, and node."
)
@click.pass_obj
def add(
    settings: Settings, /, file: Path, under: str, taxa: Path | None, form: str, **given: object
) -> None:
    """Add an ONNX classifier or detector FILE, or an expert in ONNX or TFLite. A FILE without a
    card needs --labels and --name.

    FILE may also be a folder that biosight wrote (train, model export): its card and all its files
    are taken, for teaching, retraining and drift too. It is checked, and kept as a candidate.
    """
    if file.is_dir():
        check_no_options()
        add_folder(settings, file)
        return
    if not given["card_file"] and not (given["labels"] and given["name"]):
        raise click.UsageError("A file needs --labels and --name, or a --card.")
    if form:
        add_brought_detector(settings, file, form, given)
        return
    card = card_from(file, given)
    layout = str(given["layout"])
    if table := checked_table(taxa, under, file):
        add_expert(settings, file, card, table, under, layout)
        return
    archive = open_archive(settings)
    try:
        made, found = add_model(archive, file, card, layout)
    finally:
        archive.close()
    click.echo(f"{made.id}: {len(card.labels)} labels, {found.seconds * 1000:.0f} ms a picture.")
    if not found.embedding:
        click.echo("It gives no embedding: likeness and teaching will use its scores.", err=True)
    click.echo(f"Try it on, or use it at once: biosight model promote {made.id}")


def check_no_options() -> None:
    """Raise UsageError for an option beside a folder, whose card says all that options say."""
    context = click.get_current_context()
    given = [
        name
        for name in context.params
        if name != "file" and context.get_parameter_source(name) != ParameterSource.DEFAULT
    ]
    if given:
        raise click.UsageError(
            f"A folder has its own card: leave out {', '.join(sorted(given))}, or change card.json."
        )


def add_folder(settings: Settings, folder: Path) -> None:
    """Check a model that biosight exported, and keep all of it as a candidate. Raises BadModel."""
    archive = open_archive(settings)
    try:
        made, seconds = add_exported(archive, folder)
    finally:
        archive.close()
    files = ", ".join(name for name, _ in made.files)
    click.echo(f"{made.id}: {len(made.card.labels)} labels, {seconds * 1000:.0f} ms a picture.")
    click.echo(f"Taken: card.json, {files}.")
    click.echo(f"Try it on, or use it at once: biosight model promote {made.id}")


def add_brought_detector(
    settings: Settings, file: Path, form: str, given: dict[str, object]
) -> None:
    """Check a detector, and keep it as a candidate. Raises BadModel."""
    name, release = str(given["name"]), str(given["release"])
    asked = click.get_current_context().get_parameter_source("size")
    size = DETECTORS_SIDE if asked == ParameterSource.DEFAULT else int(str(given["size"]))
    card = detector_card_for(name, release, given_labels(given), cast(Form, form), size)
    archive = open_archive(settings)
    try:
        made, seconds = add_detector(archive, file, card)
    finally:
        archive.close()
    click.echo(f"{made.id}: finds {', '.join(card.kinds)}, {seconds * 1000:.0f} ms a picture.")
    click.echo(f"To let it look at new pictures, run biosight model promote {made.id}")


def given_labels(given: dict[str, object]) -> list[str]:
    """Return the labels of the option, which may name a file with one per line."""
    labels = Path(str(given["labels"]))
    text = labels.read_text(encoding="utf-8") if labels.is_file() else str(given["labels"])
    return listed_labels(text)


def card_from(file: Path, given: dict[str, object]) -> ModelCard:
    """Return the card from a file, or from the options. Raises BadModel."""
    if given["card_file"]:
        with TemporaryDirectory() as folder:
            (Path(folder) / "card.json").write_bytes(Path(str(given["card_file"])).read_bytes())
            return read_card(Path(folder)).model_copy(update={"sha256": "", "base": ""})
    return card_for(
        str(given["name"]),
        str(given["release"]),
        given_labels(given),
        file.name,
        size=int(str(given["size"])),
        resize=int(str(given["resize"] or 0)),
        mean=three(str(given["mean"])),
        std=three(str(given["std"])),
    )


def three(text: str) -> tuple[float, float, float]:
    """Return three numbers from a comma-separated list. Raises BadModel."""
    try:
        red, green, blue = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadModel(f"Give three numbers, separated by commas: {error}") from error
    return red, green, blue


@model.command()
@click.argument("key")
@click.option("--reason", default="", help="Reason; kept in the audit trail.")
@click.option(
    "--force", is_flag=True, help="Promote even if the gate found it worse; needs --reason."
)
@click.pass_obj
def promote(settings: Settings, key: str, reason: str, force: bool) -> None:
    """Let a version such as organisms@4 serve its family, in every running instance."""
    archive = open_archive(settings)
    try:
        catalogue = open_catalogue(settings, archive)
        version = registry.get_version(archive.records, key)
        if version.verdict == "worse" and not (force and reason):
            raise BadRequest(f"The gate found {key} worse; use --force with a --reason.")
        promote_version(archive.records, catalogue, version, "", reason)
        said = where_it_serves(archive.records, catalogue, version)
    finally:
        archive.close()
    click.echo(f"{key} serves {said}")


@model.command("roll-back")
@click.argument("name")
@click.option("--reason", default="", help="Reason; kept in the audit trail.")
@click.pass_obj
def roll_back(settings: Settings, name: str, reason: str) -> None:
    """Let the previous version of the model NAME serve again."""
    archive = open_archive(settings)
    try:
        bundled = open_catalogue(settings, archive).bundled
        version = registry.roll_back(archive.records, name, "", bundled, reason)
    finally:
        archive.close()
    click.echo(f"{version.id} serves.")


@model.command()
@click.argument("key")
@click.option("--reason", default="", help="Reason; kept in the audit trail.")
@click.pass_obj
def retire(settings: Settings, key: str, reason: str) -> None:
    """Retire a candidate, an expert, or a model that no collection uses."""
    archive = open_archive(settings)
    try:
        catalogue = open_catalogue(settings, archive)
        version = registry.get_version(archive.records, key)
        retire_version(archive.records, catalogue, version, "", reason)
    finally:
        archive.close()
    click.echo(f"{key} is retired.")
