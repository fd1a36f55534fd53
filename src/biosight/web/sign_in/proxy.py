"""Single sign-on behind a proxy, which signs people in and names them in a header.

The header counts only from an address in BIOSIGHT_TRUSTED_PROXIES. That proxy must remove any
header of the same name that a browser sends. Not here: passwords and sessions (accounts).
"""

from fastapi import Request

from biosight import accounts
from biosight.accounts import User
from biosight.bootstrap import BioSight
from biosight.errors import BadRequest
from biosight.workflows.people import joining_and_leaving


def person_of(request: Request, biosight: BioSight) -> User | None:
    """Return the person whom the proxy signed in; None for nobody, or for a header that is not
    trusted.

    A new address gets an account; if registration is closed, Forbidden is raised instead. An
    account is bound to its address at the first sign-in (workflows/people/joining_and_leaving.py).
    Raises BadRequest for a header that names several people or nobody.
    """
    name = biosight.settings.sso_header
    said = request.headers.getlist(name) if name else []
    address = request.client.host if request.client else ""
    if not said or not biosight.settings.trusts(address):
        return None
    if len(said) != 1 or not said[0].strip():
        raise BadRequest("The proxy names more than one person, or nobody.")
    records = biosight.archive.records
    if not accounts.has_users(records):
        return None  # the first account needs the server's one-time code
    email = said[0].strip()
    known = joining_and_leaving.Introduced(
        f"{joining_and_leaving.BY_PROXY}{email.casefold()}", email, "", ""
    )
    return joining_and_leaving.signed_on(records, known, biosight.settings.registration)


def inside(path: str) -> str:
    """Return a path on this server to go on to, or "/" for anything else."""
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if fine and path.isprintable() else "/"
