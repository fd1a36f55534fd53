"""biosight worker runs long jobs outside the web process; biosight teach asks for one.

Not here: which kinds there are, and doing them (errands/work.py).
"""

import json
import sys
import time

import click

from biosight import jobs
from biosight.bootstrap import BioSight, open_archive, open_biosight
from biosight.errands import teaching, work
from biosight.errands.placing import find_collection
from biosight.errors import BadRequest
from biosight.settings import Settings
from biosight.tied import end_with

POLL_SECONDS = 0.5
IDLE_SECONDS = 20.0


@click.command()
@click.option("--until-idle", is_flag=True, help="End when no job has come for a while.")
@click.option("--tied", is_flag=True, hidden=True, help="End when standard input is closed.")
@click.pass_obj
def worker(settings: Settings, until_idle: bool, tied: bool) -> None:
    """Run long jobs: reclassify, try on, teach."""
    if tied:
        end_with(sys.stdin.fileno())
    archive = open_archive(settings)
    biosight: BioSight | None = None
    quiet_since = time.monotonic()
    try:
        while not until_idle or time.monotonic() - quiet_since < IDLE_SECONDS:
            job = jobs.claim(archive.records)
            if job is None:
                time.sleep(POLL_SECONDS)
                continue
            biosight = biosight or open_biosight(settings)
            work.run(biosight, job)
            quiet_since = time.monotonic()
    except KeyboardInterrupt:
        pass
    finally:
        if biosight:
            biosight.close()
        archive.close()


@click.command()
@click.argument("labels", nargs=-1, required=True)
@click.option(
    "--name", required=True, help="What to call the model: small letters, digits, dashes."
)
@click.option("--user", "email", help="Whose collection; may be left out with one account.")
@click.option("--collection", help="A collection's name; the person's first when left out.")
@click.pass_obj
def teach(
    settings: Settings,
    labels: tuple[str, ...],
    name: str,
    email: str | None,
    collection: str | None,
) -> None:
    """Teach LABELS from a collection's confirmed pictures; the result is a candidate."""
    biosight = open_biosight(settings)
    records = biosight.archive.records
    try:
        c, user = find_collection(records, email, collection)
        asked = teaching.ask(records, biosight.catalogue, c, labels, name, user)
        done = work.finished(biosight, asked)
    finally:
        biosight.close()
    if done.state != "done":
        raise BadRequest(done.words)
    click.echo(json.loads(done.result)["text"])
    click.echo(done.words)
