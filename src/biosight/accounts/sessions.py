"""Sessions of browsers and API tokens of scripts.

Not here: cookies and headers (web).
"""

import secrets
import time
from dataclasses import replace

from biosight.accounts.records import DAY, SCOPES, Session, Token, User, clean_name, hash_secret
from biosight.errors import BadRequest, NoSpace, NotFound, Stale, Unavailable
from biosight.storage.records import Insert, Records, Remove, Replace, Where, find_all, new_id, one

TOUCH_SECONDS = 600.0


def open_session(records: Records, user: User, device: str, days: float) -> str:
    """Start a session; return the cookie's secret (256 bits)."""
    secret, now = secrets.token_urlsafe(32), time.time()
    records.write(
        Insert(Session(hash_secret(secret), user.id, now, now, now + days * DAY, device[:120]))
    )
    return secret


def session_user(records: Records, secret: str, idle_days: float) -> tuple[User, Session] | None:
    """Return the person and session of a cookie's secret. None where the session ended or was idle
    too long, or the person is disabled."""
    session, now = records.get(Session, hash_secret(secret)), time.time()
    if session is None or not runs(session, idle_days, now):
        return None
    user = records.get(User, session.user)
    if user is None or user.disabled:
        return None
    if now - session.seen_at > TOUCH_SECONDS:
        touched = replace(session, seen_at=now, version=session.version + 1)
        try:
            records.write(Replace(touched, session.version))
        except (Stale, NoSpace, Unavailable):
            pass  # another request touched it, or it can't be stored now; both are harmless
    return user, session


def runs(session: Session, idle_days: float, now: float) -> bool:
    """Return whether a session still signs somebody in: it has neither ended nor idled too long."""
    return now <= session.ends_at and now - session.seen_at <= idle_days * DAY


def sessions_of(records: Records, user: User, idle_days: float) -> list[Session]:
    """Return a person's running sessions, the last used first."""
    found, now = find_all(records, Session, [Where("user", "=", user.id)]), time.time()
    return sorted((s for s in found if runs(s, idle_days, now)), key=lambda s: -s.seen_at)


def forget_sessions(records: Records, idle_days: float) -> int:
    """Remove sessions that sign nobody in any more; return how many."""
    now = time.time()
    ended = records.remove(Session, [Where("ends_at", "<", now)])
    return ended + records.remove(Session, [Where("seen_at", "<", now - idle_days * DAY)])


def end_session(records: Records, user: User, session: str) -> None:
    """End one of a person's own sessions. Raises NotFound."""
    found = records.get(Session, session)
    if found is None or found.user != user.id:
        raise NotFound("There is no such session.")
    records.write(Remove(Session, session))


def end_sessions(records: Records, user: User, *, but: str = "") -> None:
    """End all of a person's sessions, except `but`."""
    records.remove(Session, [Where("user", "=", user.id), Where("id", "!=", but)])


def create_token(
    records: Records, user: User, name: str, scopes: list[str], days: int = 0
) -> tuple[Token, str]:
    """Create an API token, which ends after `days` (0: never); return it and its secret, which is
    not kept.

    Raises BadRequest.
    """
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadRequest("A token's scopes are read, write or both.")
    secret = f"bs_{secrets.token_urlsafe(32)}"
    name = clean_name(name) or "API token"
    chosen = tuple(s for s in SCOPES if s in scopes)
    now = time.time()
    ends_at = now + days * DAY if days else 0.0
    token = Token(new_id(), hash_secret(secret), user.id, name, chosen, now, ends_at=ends_at)
    records.write(Insert(token))
    return token, secret


def token_user(records: Records, secret: str) -> tuple[User, Token] | None:
    """Return the person and token of an API token's secret. None where the token ended or the
    person is disabled."""
    token, now = one(records, Token, Where("hash", "=", hash_secret(secret))), time.time()
    if token is None or 0 < token.ends_at < now:
        return None
    user = records.get(User, token.user)
    if user is None or user.disabled:
        return None
    if now - token.used_at > TOUCH_SECONDS:
        used = replace(token, used_at=now, version=token.version + 1)
        try:
            records.write(Replace(used, token.version))
        except (Stale, NoSpace, Unavailable):
            pass  # another request noted it, or it can't be stored now; both are harmless
    return user, token


def tokens_of(records: Records, user: User) -> list[Token]:
    return find_all(records, Token, [Where("user", "=", user.id)])


def revoke_token(records: Records, user: User, token: str) -> None:
    """Remove one of a person's own tokens. Raises NotFound."""
    found = records.get(Token, token)
    if found is None or found.user != user.id:
        raise NotFound("There is no such token.")
    records.write(Remove(Token, token))
