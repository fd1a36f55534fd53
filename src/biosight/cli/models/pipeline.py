"""biosight pipeline: run the stages of a retraining one by one, as pipeline/dvc.yaml calls them.

Not here: the work of a stage (learning/retrain.py), or all stages at once (cli/models/retrain.py).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from biosight import registry
from biosight.bootstrap import Archive, Catalogue, open_archive, open_catalogue
from biosight.cli.models.drift import collections
from biosight.collection import Collection
from biosight.errors import BadRequest
from biosight.inference.sandbox.decoding import Decoders
from biosight.learning import gate, retrain
from biosight.learning.recipe import Recipe, read_recipe
from biosight.learning.retrain import Work
from biosight.learning.snapshot import TrainingSet, read_set
from biosight.settings import Settings
from biosight.workflows.collection_names import naming_of
from biosight.workflows.serving_version import serving_version_of

PARAMS = click.option(
    "--params",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="YAML file with the parameters; what it leaves out keeps its default.",
)
WORK = click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("pipeline/work"),
    show_default=True,
    help="Folder for the stages' files.",
)


@click.group()
def pipeline() -> None:
    """Run the stages of a retraining one by one (as dvc repro does)."""


def run_stage(run: Callable[..., None]) -> Callable[..., None]:
    return PARAMS(WORK(click.pass_obj(run)))


def only_collection(archive: Archive, chosen: str) -> Collection:
    """Return the named collection, or the only one. Raises NotFound or BadRequest."""
    found = collections(archive, chosen or None)
    if len(found) == 1:
        return found[0]
    if chosen:
        ids = ", ".join(c.id for c in found)
        raise BadRequest(f"{len(found)} collections are called {chosen}; give an id: {ids}.")
    raise BadRequest(
        "Say which collection, by name or id: set snapshot.collection in the parameters."
    )


@contextmanager
def opened_archive(settings: Settings) -> Iterator[tuple[Archive, Catalogue]]:
    """Open the stores and the catalogue, and close them afterwards."""
    archive = open_archive(settings)
    try:
        yield archive, open_catalogue(settings, archive)
    finally:
        archive.close()


def champion_folder(settings: Settings, taken: TrainingSet) -> Path:
    """Return the folder of the version that served when the snapshot was taken."""
    with opened_archive(settings) as (_, catalogue):
        return catalogue.locate(taken.champion)


def take_snapshot(
    settings: Settings,
    archive: Archive,
    catalogue: Catalogue,
    collection: Collection,
    recipe: Recipe,
    work: Work,
) -> TrainingSet:
    """Freeze a collection's named pictures, with a progress bar."""
    decoders = Decoders(settings.decoders or None)
    champion = serving_version_of(archive.records, catalogue, collection.model)
    try:
        with click.progressbar(length=0, label="pictures") as bar:

            def step(what: str, done: int, total: int) -> None:
                bar.length = total
                bar.update(done - bar.pos)

            naming = naming_of(archive.records, catalogue, collection)
            return retrain.snapshot(
                archive, decoders, collection, naming, champion, recipe, work, step
            )
    finally:
        decoders.close()


@pipeline.command("snapshot")
@run_stage
def snapshot_stage(settings: Settings, params: Path | None, work: Path) -> None:
    """Freeze the pictures that people named: one archive and a manifest, split and hashed."""
    recipe = read_recipe(params)
    with opened_archive(settings) as (archive, catalogue):
        collection = only_collection(archive, recipe.snapshot.collection)
        taken = take_snapshot(settings, archive, catalogue, collection, recipe, Work(work))
    click.echo(count_in_words(taken))


def count_in_words(taken: TrainingSet) -> str:
    """Return a description of a training set in one line."""
    n = taken.counts()
    unread = f", {taken.left_out} could not be read" if taken.left_out else ""
    copies = f", {n['copy']} are left out because they resemble locked ones" if n["copy"] else ""
    return (
        f"{n['train']} pictures may teach, {n['holdout']} are locked for judging{copies}{unread}. "
        f"Training set {taken.hash[:12]}."
    )


@pipeline.command("train")
@run_stage
def train_stage(settings: Settings, params: Path | None, work: Path) -> None:
    """Train the candidate."""
    recipe, taken = read_recipe(params), read_set(Work(work).snapshot)
    name = family_name(settings, recipe, taken)
    words = retrain.train(champion_folder(settings, taken), recipe, Work(work), name)
    click.echo(words or "The head was refitted.")


def family_name(settings: Settings, recipe: Recipe, taken: TrainingSet) -> str:
    """Return the candidate's name: the recipe's, or that of the serving version if it was made
    here.

    Raises BadRequest if neither can be used, before anything is trained.
    """
    with opened_archive(settings) as (archive, _):
        champion = registry.get_version(archive.records, taken.champion)
        own = champion.name if champion.collection == taken.collection else ""
        name = recipe.train.name or own
        if not name:
            raise BadRequest("Say what to call the new model: train.name, or --name NAME.")
        registry.check_name(archive.records, name, taken.collection)
        return name


@pipeline.command("evaluate")
@run_stage
def evaluate_stage(settings: Settings, params: Path | None, work: Path) -> None:
    """Measure both models on the pictures that taught neither."""
    taken = read_set(Work(work).snapshot)
    figures = retrain.evaluate(champion_folder(settings, taken), Work(work))
    click.echo("\n".join(f"{name} {value:g}" for name, value in flat(figures)))


def flat(figures: Mapping[str, float | Mapping[str, float]]) -> Iterator[tuple[str, float]]:
    """Yield the names and values of figures; those of a group are named group.figure."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{part}", of) for part, of in value.items())
        else:
            yield name, value


@pipeline.command("gate")
@click.option("--fail", is_flag=True, help="Exit with status 4 if the candidate is worse.")
@run_stage
def gate_stage(settings: Settings, params: Path | None, work: Path, fail: bool) -> None:
    """Compare both models, and write the result to gate.json and gate.html."""
    taken = read_set(Work(work).snapshot)
    report = retrain.judge(champion_folder(settings, taken), read_recipe(params), Work(work))
    click.echo(gate.as_text(report))
    if fail and report.verdict == "worse":
        raise SystemExit(4)


@pipeline.command("register")
@run_stage
def register_stage(settings: Settings, params: Path | None, work: Path) -> None:
    """Register the candidate in BioSight; a person promotes it."""
    with opened_archive(settings) as (archive, _):
        made = retrain.add_candidate(archive, Work(work))
    click.echo(waits(made))


def waits(made: registry.ModelVersion) -> str:
    """Return in one line what became of a candidate, or which earlier version the same pictures
    made."""
    if made.state == "candidate":
        return f"{made.id} waits as a candidate. Try it on before it serves."
    return f"The same pictures already made {made.id} ({made.state}), so nothing was added."
