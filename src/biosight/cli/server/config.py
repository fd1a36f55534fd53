"""biosight config check: what is set, by whom, what is wrong with it, whether the stores answer."""

import os
from collections.abc import Callable
from contextlib import closing

import click
from pydantic import ValidationError

from biosight import mail
from biosight.bootstrap import open_blobs, open_records
from biosight.errors import BadRequest, BioSightError
from biosight.inference.model_files.card import read_card
from biosight.settings import Settings
from biosight.storage.blobs.installation import check_owner

PREFIX = "BIOSIGHT_"
HIDDEN = ("token", "secret", "password")


@click.group()
def config() -> None:
    """Look at the settings."""


@config.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Name every setting's value and source, names that BioSight doesn't know, and try both stores,
    and what else is set: the model, the sign-in provider, the mail server.

    Opening a store makes it where it is not there, and brings an older one up to date, as a start
    does. Ends with status 1 where something is wrong."""
    for name in Settings.model_fields:
        click.echo(line(settings, name))
    problems = [f"{name}: BioSight knows no such setting." for name in unknown()]
    asked: list[tuple[str, Callable[[Settings], None]]] = [
        ("database", database),
        ("pictures", pictures),
        ("pair of stores", pair),
    ]
    asked += [("model", model)] if settings.model_dir else []
    asked += [("sign-in", sign_in)] if settings.oidc_issuer else []
    asked += [("mail", post)] if settings.smtp_url else []
    for what, opened in asked:
        problem = try_service(opened, settings)
        click.echo(f"{what}: {problem or 'answers'}")
        problems += [f"The {what}: {problem}"] if problem else []
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise SystemExit(1)
    click.echo("All is well.")


def line(settings: Settings, name: str) -> str:
    """One setting: its name, its value without what signs in, and where it comes from."""
    source = "environment" if f"{PREFIX}{name.upper()}" in given_settings() else "default"
    return f"{PREFIX}{name.upper()}={shown_setting(name, str(getattr(settings, name)))}\t{source}"


def shown_setting(name: str, value: str) -> str:
    """A value as it may be read by others: no tokens, no password in an address."""
    if value and any(word in name for word in HIDDEN):
        return "(hidden)"
    scheme, mark, rest = value.partition("://")
    if mark and "@" in rest:
        return f"{scheme}://(hidden)@{rest.rpartition('@')[2]}"
    return value


def given_settings() -> set[str]:
    """The names of what the environment says, in capitals."""
    return {name.upper() for name in os.environ if name.upper().startswith(PREFIX)}


def unknown() -> list[str]:
    """What the environment says that is no setting: a slip, as a rule."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    return sorted(given_settings() - known - ELSEWHERE)


# Read by scripts and pipelines beside the server: pipeline/, docs/guide/retraining.md.
ELSEWHERE = {f"{PREFIX}DVC_REMOTE", f"{PREFIX}DVC_ENDPOINT"}


def database(settings: Settings) -> None:
    """Open the records and ask them."""
    records = open_records(settings)
    try:
        records.ping()
    finally:
        records.close()


def pictures(settings: Settings) -> None:
    """Open the pictures' store; write, read and remove one small object."""
    open_blobs(settings).probe()


def pair(settings: Settings) -> None:
    """Compare the installation that each store names. Raises Conflict."""
    with closing(open_records(settings)) as records:
        check_owner(records, open_blobs(settings))


def model(settings: Settings) -> None:
    """Read the card of the model that is set."""
    if settings.model_dir:
        read_card(settings.model_dir)


def sign_in(settings: Settings) -> None:
    """Ask the sign-in provider where it is."""
    from biosight.web.app import provider_of  # FastAPI, which the other checks don't need

    provider_of(settings).known()
    if not settings.oidc_client_secret:
        raise BadRequest("BIOSIGHT_OIDC_CLIENT_SECRET is empty.")


def post(settings: Settings) -> None:
    """Greet the mail server, and sign in there; nothing is sent."""
    mail.greet(settings.smtp_url)


def try_service(ask: Callable[[Settings], None], settings: Settings) -> str:
    """What is wrong with a store, in words; "" for nothing."""
    try:
        ask(settings)
    except BioSightError as error:
        return error.detail
    except OSError as error:
        return f"{error.strerror or error} ({error.filename})"
    return ""


def mistakes(error: ValidationError) -> str:
    """Every setting that can't be used, one a line, and why."""
    lines = []
    for problem in error.errors():
        name = f"{PREFIX}{'_'.join(str(p) for p in problem['loc'])}".upper()
        words = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {words}" if problem["loc"] else words)
    return "\n".join([*lines, *(f"{name}: BioSight knows no such setting." for name in unknown())])
