"""biosight model: add, list, promote, roll back, retire and export versions."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from biosight import registry
from biosight.bootstrap import open_archive, open_catalogue
from biosight.cli.models.experts import add_expert, checked_table, weigh_model
from biosight.cli.models.learn import export_model, fit_leaves, quantise_model
from biosight.errors import BadModel, BadRequest
from biosight.inference.model_files.card import ModelCard, read_card
from biosight.settings import Settings
from biosight.workflows.models.add_model import MEAN, STD, add_model, card_for, listed_labels
from biosight.workflows.serving_version import promote_version

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
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
    """List all versions and which of them serve."""
    archive = open_archive(settings)
    try:
        open_catalogue(settings, archive)
        for v in registry.versions(archive.records):
            held = v.card.measured.get("held_accuracy")
            figure = f"{held:.1%} on left-out sources" if held else ""
            click.echo(f"{v.id}\t{v.state}\t{v.card.arch}\t{len(v.card.labels)} labels\t{figure}")
    finally:
        archive.close()


@model.command()
@click.argument("file", type=FILE)
@click.option(
    "--labels",
    required=True,
    help="Labels in the order of the outputs, by comma, or a text file with one a line.",
)
@click.option("--name", required=True, help="The model's name: small letters, digits, dashes.")
@click.option("--version", "release", default="1", show_default=True, help="Its version.")
@click.option("--card", "card_file", type=FILE, help="A card.json; the flags below are not needed.")
@click.option("--size", type=int, default=224, show_default=True, help="Side of the input, pixels.")
@click.option("--resize", type=int, help="Short side before the crop; size / 0.875 if left out.")
@click.option("--mean", default=IMAGENET[0], show_default=True, help="Per channel, 0 to 1.")
@click.option("--std", default=IMAGENET[1], show_default=True, help="Per channel, 0 to 1.")
@click.option("--layout", type=click.Choice(["nchw", "nhwc"]), default="nchw", show_default=True)
@click.option("--under", default="", help="An expert: asked of what lies below this name alone.")
@click.option("--taxa", type=FILE, help="An expert's labels as a CSV: label or class, node.")
@click.pass_obj
def add(settings: Settings, /, file: Path, under: str, taxa: Path | None, **given: object) -> None:
    """Add any ONNX classifier FILE, or an expert in ONNX or TFLite; it is checked, and waits as a
    candidate."""
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


def card_from(file: Path, given: dict[str, object]) -> ModelCard:
    """The card from a file, or from flags. Raises BadModel."""
    if given["card_file"]:
        with TemporaryDirectory() as folder:
            (Path(folder) / "card.json").write_bytes(Path(str(given["card_file"])).read_bytes())
            return read_card(Path(folder)).model_copy(update={"sha256": "", "base": ""})
    labels = Path(str(given["labels"]))
    names = labels.read_text(encoding="utf-8") if labels.is_file() else str(given["labels"])
    return card_for(
        str(given["name"]),
        str(given["release"]),
        listed_labels(names),
        file.name,
        size=int(str(given["size"])),
        resize=int(str(given["resize"] or 0)),
        mean=three(str(given["mean"])),
        std=three(str(given["std"])),
    )


def three(text: str) -> tuple[float, float, float]:
    """Three numbers by comma. Raises BadModel."""
    try:
        red, green, blue = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadModel(f"Give three numbers, separated by commas: {error}") from error
    return red, green, blue


@model.command()
@click.argument("key")
@click.option("--reason", default="", help="Why; kept in the audit trail.")
@click.option("--force", is_flag=True, help="Although the gate found it worse; needs a reason.")
@click.pass_obj
def promote(settings: Settings, key: str, reason: str, force: bool) -> None:
    """Let a version such as organisms@3 serve its family, in every running instance."""
    archive = open_archive(settings)
    try:
        catalogue = open_catalogue(settings, archive)
        version = registry.get_version(archive.records, key)
        if version.verdict == "worse" and not (force and reason):
            raise BadRequest(f"The gate found {key} worse; use --force with a --reason.")
        promote_version(archive.records, catalogue, version, "", reason)
    finally:
        archive.close()
    click.echo(f"{key} serves.")


@model.command("roll-back")
@click.argument("name")
@click.option("--reason", default="", help="Why; kept in the audit trail.")
@click.pass_obj
def roll_back(settings: Settings, name: str, reason: str) -> None:
    """Let the version of NAME that served before serve again."""
    archive = open_archive(settings)
    try:
        bundled = open_catalogue(settings, archive).bundled
        version = registry.roll_back(archive.records, name, "", bundled, reason)
    finally:
        archive.close()
    click.echo(f"{version.id} serves.")


@model.command()
@click.argument("key")
@click.option("--reason", default="", help="Why; kept in the audit trail.")
@click.pass_obj
def retire(settings: Settings, key: str, reason: str) -> None:
    """Put a candidate aside."""
    archive = open_archive(settings)
    try:
        open_catalogue(settings, archive)
        registry.retire(archive.records, registry.get_version(archive.records, key), "", reason)
    finally:
        archive.close()
    click.echo(f"{key} is retired.")
