"""biosight config check: show the settings and their sources, find mistakes, and test the
stores."""

import os
import socket
from collections.abc import Callable
from contextlib import closing

import click
from pydantic import ValidationError

from biosight import mail
from biosight.bootstrap import open_blobs, open_records
from biosight.errors import BadRequest, BioSightError
from biosight.inference.model_files.card import read_card
from biosight.inference.network import check_provider
from biosight.settings import IDLE_WITHOUT, Settings, variable
from biosight.storage.blobs.installation import check_owner
from biosight.storage.causes import with_cause

PREFIX = "BIOSIGHT_"
HIDDEN = ("token", "secret", "password")


@click.group()
def config() -> None:
    """Check the settings."""


@config.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Show every setting with its value and source, and report unknown settings. Test both stores,
    and, if set, the model, the sign-in provider and the mail server.

    As at every start, missing stores are created and older ones are updated. The exit status is 1
    if something is wrong.
    """
    for name in Settings.model_fields:
        click.echo(line(settings, name))
    problems = [f"{name}: BioSight knows no such setting." for name in unknown()]
    problems += idle_settings(settings)
    asked: list[tuple[str, Callable[[Settings], None]]] = [
        ("database", database),
        ("pictures", pictures),
        ("pair of stores", pair),
        ("address", listen),
    ]
    asked += [("provider", provider)] if settings.provider != "cpu" else []
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
    """Return one setting: its name, its value without secrets, and its source."""
    source = "environment" if f"{PREFIX}{name.upper()}" in given_settings() else "default"
    return f"{PREFIX}{name.upper()}={shown_setting(name, str(getattr(settings, name)))}\t{source}"


def shown_setting(name: str, value: str) -> str:
    """Return a value without tokens and passwords."""
    if value and any(word in name for word in HIDDEN):
        return "(hidden)"
    scheme, mark, rest = value.partition("://")
    if mark and "@" in rest:
        return f"{scheme}://(hidden)@{rest.rpartition('@')[2]}"
    return value


def given_settings() -> set[str]:
    """Return the names of BioSight's settings in the environment, in capitals."""
    return {name.upper() for name in os.environ if name.upper().startswith(PREFIX)}


def unknown() -> list[str]:
    """Return names in the environment that are no settings, usually typing mistakes."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    return sorted(given_settings() - known - ELSEWHERE)


# Used by scripts and pipelines outside the server: pipeline/, docs/guide/retraining.md.
ELSEWHERE = {f"{PREFIX}DVC_REMOTE", f"{PREFIX}DVC_ENDPOINT"}


def idle_settings(settings: Settings) -> list[str]:
    """Return a line for each setting that does nothing, because another one is missing."""
    return [
        f"{variable(name)} does nothing without {variable(other)}."
        for name, other in IDLE_WITHOUT.items()
        if getattr(settings, name) and not getattr(settings, other)
    ]


def listen(settings: Settings) -> None:
    """Listen for a moment at the host in the settings, at any free port: a server may be running.
    Raises BadRequest."""
    try:
        where = socket.getaddrinfo(settings.host, 0, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = where[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.bind(address)
    except OSError as error:
        raise BadRequest(f"BIOSIGHT_HOST={settings.host}: {error.strerror}.") from error


def provider(settings: Settings) -> None:
    """Ask ONNX Runtime for the provider in the settings. Raises BadModel."""
    check_provider(settings.provider)


def database(settings: Settings) -> None:
    """Open the record store and query it."""
    records = open_records(settings)
    try:
        records.ping()
    finally:
        records.close()


def pictures(settings: Settings) -> None:
    """Open the picture store; write, read and remove one small object."""
    open_blobs(settings).probe()


def pair(settings: Settings) -> None:
    """Compare the installation keys of both stores. Raises Conflict."""
    with closing(open_records(settings)) as records:
        check_owner(records, open_blobs(settings))


def model(settings: Settings) -> None:
    """Read the card of the model in the settings."""
    if settings.model_dir:
        read_card(settings.model_dir)


def sign_in(settings: Settings) -> None:
    """Ask the sign-in provider for its addresses."""
    from biosight.web.app import provider_of  # FastAPI, which the other checks don't need

    provider_of(settings).known()
    if not settings.oidc_client_secret:
        raise BadRequest("BIOSIGHT_OIDC_CLIENT_SECRET is empty.")


def post(settings: Settings) -> None:
    """Connect to the mail server and sign in; nothing is sent."""
    mail.greet(settings.smtp_url)


def try_service(ask: Callable[[Settings], None], settings: Settings) -> str:
    """Return what is wrong with this part, in words; "" for nothing."""
    try:
        ask(settings)
    except BioSightError as error:
        return with_cause(error, error.detail)
    except OSError as error:
        return f"{error.strerror or error} ({error.filename})"
    return ""


def mistakes(error: ValidationError) -> str:
    """Return every unusable setting and the reason, one per line."""
    lines = []
    for problem in error.errors():
        name = f"{PREFIX}{'_'.join(str(p) for p in problem['loc'])}".upper()
        words = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {words}" if problem["loc"] else words)
    return "\n".join([*lines, *(f"{name}: BioSight knows no such setting." for name in unknown())])
