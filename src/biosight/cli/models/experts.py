"""biosight model add --under ... and biosight model weigh: experts for one branch of the tree."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
from tqdm import tqdm

from biosight import registry
from biosight.bootstrap import open_archive, open_biosight, open_catalogue
from biosight.errors import BadModel
from biosight.inference.expert import Branch
from biosight.inference.model_files.card import ModelCard, card_rollup, read_card
from biosight.inference.model_files.mapping import read_mapping
from biosight.inference.model_files.trial import TFLITE, tried_expert
from biosight.settings import Settings
from biosight.workflows.models.expert_weight import weigh_expert
from biosight.workflows.pictures.destinations import find_collection
from biosight.workflows.serving_version import serving_key


def add_expert(
    settings: Settings, file: Path, card: ModelCard, table: Path, under: str, layout: str
) -> None:
    """Check an expert, and keep it as a candidate. Raises BadModel."""
    taxa = read_mapping(table, card.label_names, card.name)
    card = card.model_copy(update={"under": under, "taxa": taxa})
    archive = open_archive(settings)
    try:
        catalogue = open_catalogue(settings, archive)
        base = read_card(catalogue.locate(serving_key(archive.records, catalogue, "")))
        branch = Branch(card_rollup(base), card)
        with TemporaryDirectory() as folder:
            tried_expert(file, card, layout, Path(folder))
            made = registry.keep(archive.records, archive.blobs, Path(folder))
    finally:
        archive.close()
    mapped = sum(label in {t.id for t in taxa} for label in card.label_names)
    click.echo(
        f"{made.id}: {mapped} of {len(card.labels)} labels lie below {under}; they tell apart "
        f"{int(branch.covered.sum())} names of {base.key}."
    )
    click.echo(
        "Its weight is 0, so it only shows what a picture looks like to it. To give it a weight, "
        f"run biosight model weigh {made.id}, then biosight model promote with the new version."
    )


def checked_table(table: Path | None, under: str, file: Path) -> Path | None:
    """Return the table of an expert's labels, or None for a model. Raises BadModel if only one of
    --under and --taxa is given."""
    if bool(table) != bool(under):
        raise BadModel("An expert needs both --under and --taxa, a table of its labels.")
    if file.suffix == TFLITE and not under:
        raise BadModel("A TFLite model can only be an expert: give --under and --taxa.")
    return table


@click.command("weigh")
@click.argument("key")
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", "name", help="Collection's name; by default the account's first.")
@click.pass_obj
def weigh_model(settings: Settings, key: str, email: str | None, name: str | None) -> None:
    """Fit the weight of the expert KEY to labels that people gave in a collection.

    The result is a new candidate.
    """
    biosight = open_biosight(settings)
    try:
        version = registry.get_version(biosight.archive.records, key)
        collection, _ = find_collection(biosight.archive.records, email, name)
        with tqdm(desc="asking both", unit="picture", disable=None) as bar:
            made, found = weigh_expert(biosight, collection, version, bar.update)
    finally:
        biosight.close()
    click.echo(
        f"{made.id}: weight {found.weight:.2f} by {found.pictures} pictures; the likeliest name "
        f"fits {found.right_without:.1%} of them without it, {found.right_with:.1%} with it."
    )
    if not found.weight:
        click.echo("It brings no certain gain, so its weight stays 0.", err=True)
    click.echo(f"To use it, run biosight model promote {made.id}")
