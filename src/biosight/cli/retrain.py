"""biosight retrain: drift? -> confirmed pictures -> head -> gate -> candidate. A person promotes.

Not here: the stages themselves (drift, learning/teach.py, learning/gate.py).
"""

import json
from collections import Counter

import click

from biosight import jobs, registry
from biosight.bootstrap import BioSight, open_biosight, serving, serving_key
from biosight.cli.drift import check_one, collections
from biosight.cli.worker import finished
from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import NOT_SURE, OPENS_AT
from biosight.settings import Settings
from biosight.sharing import Collection
from biosight.storage.records import Where

ENOUGH_NEW = 50
WORSE = 4


@click.command()
@click.argument("collection")
@click.option("--name", help="What to call the model; the serving one's name if taught here.")
@click.option("--force", is_flag=True, help="Although nothing drifted and little was confirmed.")
@click.pass_obj
def retrain(settings: Settings, collection: str, name: str | None, force: bool) -> None:
    """Refit the head for COLLECTION if it drifted or much was confirmed; ends with 4 if worse."""
    biosight = open_biosight(settings)
    try:
        found = collections(biosight.archive, collection)[0]
        report = check_one(biosight.archive, settings, found, 0.0)
        click.echo(f"drift: {report.verdict}. {report.sentence}")
        named, fresh = confirmed(biosight, found)
        click.echo(f"{named.total()} confirmed pictures, {fresh} since the model that serves.")
        if report.verdict != "red" and fresh < ENOUGH_NEW and not force:
            click.echo(f"Nothing to do: neither drift nor {ENOUGH_NEW} new ones.")
            return
        text, verdict = taught(biosight, found, named, name)
    finally:
        biosight.close()
    click.echo(text)
    if verdict == "worse":
        raise SystemExit(WORSE)


def confirmed(biosight: BioSight, collection: Collection) -> tuple[Counter[str], int]:
    """Labels that people gave, and how many pictures the serving version has not learnt from."""
    records = biosight.archive.records
    where = [
        Where("collection", "=", collection.id),
        Where("trashed", "=", False),
        Where("who", "=", "person"),
    ]
    counts = records.count_by(Image, where, "label")
    named = Counter({str(k): n for k, n in counts.items() if k not in {"", NOT_SURE}})
    folder = biosight.model.classifiers.locate(serving_key(biosight, collection.model))
    path = folder / "training.json"
    known = len(json.loads(path.read_text())) if path.is_file() else 0
    return named, max(0, named.total() - known)


def taught(
    biosight: BioSight, collection: Collection, named: Counter[str], name: str | None
) -> tuple[str, str]:
    """The report in words and its verdict. Raises BadRequest when nothing can be learnt."""
    records = biosight.archive.records
    now = serving(biosight, collection.model)
    known = {*now.card.label_names, *dict(collection.renamed).values()}
    labels = [label for label, n in named.items() if label in known or n >= OPENS_AT]
    if not labels:
        raise BadRequest(f"No label has {OPENS_AT} confirmed pictures yet.")
    chosen = name or (now.name if now.collection == collection.id else "")
    if not chosen:
        raise BadRequest("Say what to call the new model: --name NAME.")
    registry.check_name(records, chosen, collection.id)
    wanted = json.dumps(labels)
    asked = jobs.ask(records, "teach", collection.id, "", labels=wanted, name=chosen)
    done = finished(biosight, asked)
    if done.state != "done":
        raise BadRequest(done.words)
    result = json.loads(done.result)
    version = registry.get_version(records, result["model"])
    verdict = str(json.loads(version.report)["verdict"])
    return f"{result['text']}\n{done.words}", verdict
