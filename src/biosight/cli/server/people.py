"""biosight user ...: manage accounts from the shell, even when nobody can sign in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from tqdm import tqdm

from biosight import accounts
from biosight.accounts import User
from biosight.bootstrap import open_archive
from biosight.errors import NotFound
from biosight.settings import Settings
from biosight.storage.records import Records, find_all, pages
from biosight.workflows.exchange import own_data
from biosight.workflows.people import audit_log, joining_and_leaving


@contextmanager
def records_of(settings: Settings) -> Iterator[Records]:
    """Open the record store, and close it afterwards."""
    archive = open_archive(settings)
    try:
        yield archive.records
    finally:
        archive.close()


def find(records: Records, email: str) -> User:
    """Return an account by its e-mail address. Raises NotFound."""
    user = accounts.find_user(records, email)
    if user is None:
        raise NotFound(f"There is no account for {email}.")
    return user


@click.group()
def user() -> None:
    """List, add and change accounts."""


@user.command("list")
@click.pass_obj
def list_users(settings: Settings) -> None:
    """List all accounts."""
    with records_of(settings) as records:
        for page in pages(records, User):
            for u in page:
                click.echo(f"{u.email}\t{u.role}\t{'disabled' if u.disabled else 'active'}")


@user.command()
@click.argument("email")
@click.option("--name", default="", help="The person's name.")
@click.option("--admin", is_flag=True, help="Make the person an administrator.")
@click.option("--password", help="The password; asked for if left out.")
@click.pass_obj
def add(settings: Settings, email: str, name: str, admin: bool, password: str | None) -> None:
    """Add an account."""
    secret = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with records_of(settings) as records:
        role, first = "admin" if admin else "member", not accounts.has_users(records)
        made = accounts.create_user(records, email, secret, name, role, first=first)
        joining_and_leaving.welcome(records, accounts.prove(records, made))
        click.echo(f"Added {made.email} as {made.role}.")


@user.command()
@click.argument("email")
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Zip file to write.",
)
@click.pass_obj
def export(settings: Settings, email: str, target: Path) -> None:
    """Write all data about a person, and the pictures they uploaded, into a zip."""
    archive = open_archive(settings)
    part = target.with_name(f".{target.name}.part")
    try:
        chunks = own_data.export_chunks(archive, find(archive.records, email))
        with part.open("wb") as file, tqdm(unit="B", unit_scale=True) as shown:
            for chunk in chunks:
                file.write(chunk)
                shown.update(len(chunk))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
        archive.close()
    click.echo(f"{target} has all that is kept of {email}.")


@user.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Remove without asking for confirmation.")
@click.pass_obj
def remove(settings: Settings, email: str, yes: bool) -> None:
    """Remove an account.

    The person's work in shared collections stays, shown as done by somebody who left.
    """
    with records_of(settings) as records:
        found = find(records, email)
        words = "Collections they share pass to another member, others go to the trash. Remove"
        if not yes:
            click.confirm(f"{words} {found.email}?", abort=True)
        joining_and_leaving.leave(records, found)
        click.echo(f"{found.email} is removed.")


@user.command("set-password")
@click.argument("email")
@click.option("--password", help="The new password; asked for if left out.")
@click.pass_obj
def set_password(settings: Settings, email: str, password: str | None) -> None:
    """Set a new password, and end all sessions of the account."""
    secret = password or click.prompt("New password", hide_input=True, confirmation_prompt=True)
    with records_of(settings) as records:
        accounts.set_password(records, find(records, email), secret)
        click.echo("The password is set.")


@user.command()
@click.argument("email")
@click.option("--role", type=click.Choice(["admin", "member"]), help="The new role.")
@click.option("--disable/--enable", "disabled", default=None, help="Disable or enable the account.")
@click.pass_obj
def change(settings: Settings, email: str, role: str | None, disabled: bool | None) -> None:
    """Change the role of an account, or disable or enable it."""
    with records_of(settings) as records:
        found = find(records, email)
        changed = audit_log.set_standing(records, found, "", role=role, disabled=disabled)
        state = "disabled" if changed.disabled else "active"
        click.echo(f"{changed.email} is {changed.role}, {state}.")


@user.command()
@click.argument("emails", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help="Confirm all listed accounts.")
@click.pass_obj
def adopt(settings: Settings, emails: tuple[str, ...], everybody: bool) -> None:
    """Confirm that accounts belong to their e-mail addresses, before you turn on single sign-on.

    Anybody may have made an account whose address is not proved. Single sign-on therefore ends the
    passwords, tokens, links and other members' access in such accounts. Without EMAILS, list them.
    """
    with records_of(settings) as records:
        listed = list(all_unproved(records))
        chosen = listed if everybody else [find(records, email) for email in emails]
        for one in chosen:
            audit_log.adopt(records, one, "")
            click.echo(f"{one.email} is adopted.")
        if not chosen:
            for one in listed:
                click.echo(f"{one.email}\t{one.name}")
            click.echo(f"{len(listed)} accounts whose address nobody proved.")


def all_unproved(records: Records) -> Iterator[User]:
    """Yield every account whose address is not proved, oldest first."""
    after = ""
    while found := accounts.unproved_accounts(records, after):
        yield from found
        after = found[-1].id


@user.command()
@click.option("--email", default="", help="Only this address may use the link.")
@click.pass_obj
def invite(settings: Settings, email: str) -> None:
    """Print a sign-up link that is valid for two weeks."""
    with records_of(settings) as records:
        admin = next((u for u in find_all(records, User) if u.is_admin), None)
        if admin is None:
            raise NotFound("There is no administrator yet; add one first.")
        secret, _ = accounts.invite(records, admin, email)
        click.echo(f"{base(settings)}/join#{secret}")


@user.command("reset-link")
@click.argument("email")
@click.pass_obj
def reset_link(settings: Settings, email: str) -> None:
    """Print a link for setting a new password, valid for one day."""
    with records_of(settings) as records:
        secret = accounts.reset_link(records, find(records, email), "")
        click.echo(f"{base(settings)}/reset#{secret}")


def base(settings: Settings) -> str:
    """Return the address at which people reach the server."""
    return settings.public_url.rstrip("/") or f"http://localhost:{settings.port}"
