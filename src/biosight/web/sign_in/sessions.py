"""Signing a browser in. Not here: who may (accounts), or the cookie's form (web/security.py)."""

from fastapi import Request, Response

from biosight import accounts
from biosight.accounts import User
from biosight.bootstrap import BioSight
from biosight.web.security import set_cookie


def start_session(request: Request, response: Response, biosight: BioSight, user: User) -> None:
    """Sign `user` in on the browser that sent the request, by a cookie in the response."""
    device = request.headers.get("user-agent", "")
    days = biosight.settings.session_days
    secret = accounts.open_session(biosight.archive.records, user, device, days)
    set_cookie(response, biosight.settings, secret)
