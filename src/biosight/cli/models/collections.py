"""biosight collection: make collections, and say which model names the pictures of which.

Not here: trying a model on and naming pictures anew, which people do in the browser.
"""

from contextlib import closing

import click

from biosight import membership, registry
from biosight.accounts import User
from biosight.bootstrap import open_archive, open_catalogue
from biosight.collection import Collection
from biosight.errors import Conflict
from biosight.settings import Settings
from biosight.storage.records import Records, Where, among, find_all
from biosight.workflows.models.try_version import check_fits
from biosight.workflows.pictures.destinations import find_account, find_collection
from biosight.workflows.serving_version import serving_key

DEFAULT = "default"


@click.group()
def collection() -> None:
    """Make and list collections, and choose the models that name their pictures."""


@collection.command("list")
@click.pass_obj
def list_collections(settings: Settings) -> None:
    """List all collections with their owners, the model that each chose, and the version that
    serves it."""
    with closing(open_archive(settings)) as archive:
        catalogue = open_catalogue(settings, archive)
        for found in find_all(archive.records, Collection, [Where("trashed_at", "=", 0.0)]):
            serving = serving_key(archive.records, catalogue, found.model)
            owners = ", ".join(owners_of(archive.records, found))
            click.echo(f"{found.name}\t{owners}\t{found.model or DEFAULT}\t{serving}")


def owners_of(records: Records, found: Collection) -> list[str]:
    """Return the addresses of a collection's owners."""
    owners = membership.owners_of(records, [found.id])[found.id]
    return sorted(person.email for person in among(records, User, owners))


@collection.command("add")
@click.argument("name")
@click.option("--user", "email", help="E-mail of the owner; optional if there is only one account.")
@click.pass_obj
def add_collection(settings: Settings, name: str, email: str | None) -> None:
    """Make the collection NAME, for `biosight import --collection NAME`."""
    with closing(open_archive(settings)) as archive:
        owner = find_account(archive.records, email)
        there = membership.collections_of(archive.records, owner.id)
        if any(access.collection.name == name for access in there):
            raise Conflict(f"{owner.email} has a collection named {name} already.")
        made = membership.create_collection(archive.records, owner.id, name)
    click.echo(f"Made {made.name}, which {owner.email} owns.")


@collection.command("use-model")
@click.argument("name")
@click.argument("model")
@click.option("--user", "email", help="E-mail of a member; optional if there is only one account.")
@click.pass_obj
def use_model(settings: Settings, name: str, model: str, email: str | None) -> None:
    """Let the family MODEL name new pictures of the collection NAME; "default" is the server's own
    model. Pictures that are there keep their names."""
    family = "" if model == DEFAULT else model
    with closing(open_archive(settings)) as archive:
        records, catalogue = archive.records, open_catalogue(settings, archive)
        found, _ = find_collection(records, email, name)
        if family:
            check_fits(registry.champion(records, family), found)
        membership.change_collection(records, found, model=family)
        serving = serving_key(records, catalogue, family)
    click.echo(f"{serving} names new pictures of {name}.")
    click.echo("To name the others too, press Try on on the collection's Model page.")
