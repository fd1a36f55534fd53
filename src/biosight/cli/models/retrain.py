"""biosight retrain: drift? -> snapshot -> train -> evaluate -> gate -> candidate.

Not here: the stages (learning/retrain.py), or running them one by one (cli/models/pipeline.py).
"""

from dataclasses import replace
from pathlib import Path

import click

from biosight.bootstrap import Archive, Catalogue
from biosight.cli.models.pipeline import (
    PARAMS,
    count_in_words,
    family_name,
    only_collection,
    opened_archive,
    take_snapshot,
    waits,
)
from biosight.collection import Collection
from biosight.images import Image
from biosight.inference.model_files.card import learnt_from
from biosight.learning import gate
from biosight.learning import retrain as walk
from biosight.learning.gate_report import values
from biosight.learning.recipe import Recipe, read_recipe
from biosight.learning.retrain import Work
from biosight.registry import ModelVersion
from biosight.settings import Settings
from biosight.storage.conditions import named_by_people
from biosight.workflows.models import drift_check
from biosight.workflows.serving_version import serving_version_of

ENOUGH_NEW = 50
WORSE = 4


@click.command()
@click.argument("collection", required=False, default="")
@click.option("--name", help="Model's name; by default that of the serving model, if made here.")
@click.option(
    "--mode",
    type=click.Choice(["head", "stage", "full"]),
    help="Train the head only, the last stage too, or the full network.",
)
@click.option(
    "--force", is_flag=True, help="Retrain even if nothing drifted and little was confirmed."
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the stages' files; by default below retrain/ in the data folder.",
)
@PARAMS
@click.pass_obj
def retrain(
    settings: Settings,
    collection: str,
    name: str | None,
    mode: str | None,
    force: bool,
    work: Path | None,
    params: Path | None,
) -> None:
    """Make a candidate for COLLECTION if it drifted or enough pictures were confirmed.

    The exit status is 4 if the candidate is worse.
    """
    recipe = changed_recipe(read_recipe(params), collection, name, mode)
    with opened_archive(settings) as (archive, catalogue):
        found = only_collection(archive, recipe.snapshot.collection)
        if not (collections_to_retrain(archive, catalogue, found) or force):
            click.echo(f"Nothing to do: neither drift nor {ENOUGH_NEW} new confirmed pictures.")
            return
        place = Work(work or settings.data_dir / "retrain" / found.id)
        report, made = run(settings, archive, catalogue, found, recipe, place)
    click.echo(gate.as_text(report))
    click.echo(f"\nThe report as a page: {place.file('gate.html')}")
    click.echo(waits(made))
    if report.verdict == "worse":
        raise SystemExit(WORSE)


def changed_recipe(recipe: Recipe, collection: str, name: str | None, mode: str | None) -> Recipe:
    """Return the recipe with the options of the command line."""
    train = replace(recipe.train, name=name or recipe.train.name)
    if mode is not None:
        train = replace(train, mode=mode)  # type: ignore[arg-type]  # click has checked it
    chosen = collection or recipe.snapshot.collection
    return replace(recipe, train=train, snapshot=replace(recipe.snapshot, collection=chosen))


def collections_to_retrain(archive: Archive, catalogue: Catalogue, collection: Collection) -> bool:
    """Return whether pictures drifted, or people named enough pictures that have taught nothing
    yet."""
    report = drift_check.check_collection(archive.records, catalogue, collection)
    click.echo(f"drift: {report.verdict}. {report.sentence}")
    named, fresh = count_confirmed(archive, catalogue, collection)
    click.echo(f"{named} confirmed pictures, {fresh} of them new since the serving model.")
    return report.verdict == "red" or fresh >= ENOUGH_NEW


def count_confirmed(
    archive: Archive, catalogue: Catalogue, collection: Collection
) -> tuple[int, int]:
    """Return how many pictures people named, and how many of them since the snapshot that the
    serving version was made from. Locked pictures of that snapshot do not count as new."""
    counts = archive.records.count_by(Image, named_by_people(collection.id), "label")
    named = sum(n for label, n in counts.items() if label)
    champion = serving_version_of(archive.records, catalogue, collection.model)
    if champion.collection != collection.id:
        return named, named
    folder = catalogue.locate(champion.id)
    known = int(champion.card.parameters.get("snapshot.named", len(learnt_from(folder))))
    return named, max(0, named - known)


def run(
    settings: Settings,
    archive: Archive,
    catalogue: Catalogue,
    collection: Collection,
    recipe: Recipe,
    work: Work,
) -> tuple[values.GateReport, ModelVersion]:
    """Run all stages in turn; return the report and the candidate."""
    work.root.mkdir(parents=True, exist_ok=True)
    click.echo(f"1/5 snapshot of {collection.name}")
    taken = take_snapshot(settings, archive, catalogue, collection, recipe, work)
    click.echo(count_in_words(taken))
    name = family_name(settings, recipe, taken)
    champion = catalogue.locate(taken.champion)
    click.echo(f"2/5 train ({recipe.train.mode}) from {taken.champion}")
    if words := walk.train(champion, recipe, work, name):
        click.echo(words)
    click.echo("3/5 evaluate")
    walk.evaluate(champion, work)
    click.echo("4/5 gate")
    report = walk.judge(champion, recipe, work)
    click.echo("5/5 register")
    made = walk.add_candidate(archive, work)
    return replace(report, candidate=made.id), made
