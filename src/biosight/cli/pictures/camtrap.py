"""biosight import-camtrap: import a Camtrap DP package into a collection.

Not here: reading one (workflows/exchange/camtrap_import.py).
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from tqdm import tqdm

from biosight.bootstrap import BioSight, open_biosight
from biosight.images import Image
from biosight.intake import Destination, Rejected, session_key
from biosight.process import cores
from biosight.settings import Settings
from biosight.storage.records import new_id
from biosight.workflows.exchange import camtrap_import, camtrap_package
from biosight.workflows.exchange.camtrap_import import Target
from biosight.workflows.pictures.destinations import destination, find_collection
from biosight.workflows.pictures.file_import import image_of, import_file
from biosight.workflows.task import Task

LEFT_OUT = 3  # exit status


@click.command("import-camtrap")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", "name", help="Collection's name; by default the account's first.")
@click.option("--fail", is_flag=True, help="Exit with status 3 if anything is left out.")
@click.pass_obj
def import_camtrap(
    settings: Settings, source: Path, email: str | None, name: str | None, fail: bool
) -> None:
    """Import a Camtrap DP package, a folder or a zip.

    This includes its sites, deployments, times, subjects and counts, and its pictures if they are
    in the package or already in the collection. You can undo the changes in the history.
    """
    missing: list[str] = []

    def left_out(words: str) -> None:
        missing.append(words)
        tqdm.write(f"left out  {words}", file=sys.stderr)

    cores.multiply_on_one()
    biosight = open_biosight(settings)
    records, catalogue = biosight.archive.records, biosight.catalogue
    try:
        c, user = find_collection(records, email, name)
        into = destination(records, catalogue, c, user)
        session = session_key(user.id, new_id())
        with TemporaryDirectory(dir=settings.data_dir) as unpacked:
            most_mb = biosight.settings.max_file_mb
            folder = camtrap_package.unpack_package(source, Path(unpacked), most_mb, left_out)
            package = camtrap_package.read_package(folder)
            with tqdm(total=len(package.media), desc="pictures", disable=None) as bar:

                def take(path: Path, called: str) -> Image | None:
                    bar.update()
                    return send(biosight, into, path, called, session)

                target = Target(Task(records, catalogue, c, user.id), take, left_out)
                tally = camtrap_import.take_package(target, package, source.name)
    finally:
        biosight.close()
    for words, n in tally.items():
        click.echo(f"{n:>7}  {words}")
    if not tally:
        click.echo("All of it was there already.")
    if fail and (missing or tally[camtrap_import.NOWHERE]):
        raise SystemExit(LEFT_OUT)


def send(
    biosight: BioSight, into: Destination, path: Path, called: str, session: str
) -> Image | None:
    """Import a file of the package; return the picture, or None if it is refused."""
    outcome = import_file(biosight, into, path, called, session)
    if isinstance(outcome, Rejected):
        click.echo(f"refused  {called}: {outcome.reason}", err=True)
        return None
    return image_of(outcome)
