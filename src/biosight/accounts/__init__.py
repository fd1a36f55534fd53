"""People: accounts, passwords, sessions, API tokens, invitations, sign-in limits.

Not here: who may see which collection (sharing.py), or cookies (web/security.py).
"""

from biosight.accounts.limits import TRIES, TRIES_PER_ADDRESS, give_try_back, take_try
from biosight.accounts.links import (
    find_link,
    first_code,
    invitations,
    invite,
    reset_link,
    withdraw_invitation,
)
from biosight.accounts.passwords import check_password
from biosight.accounts.people import (
    all_users,
    change_password,
    change_standing,
    change_user,
    check_leave,
    clean_email,
    create_user,
    find_user,
    has_users,
    remove_user,
    set_password,
)
from biosight.accounts.records import (
    DAY,
    KINDS,
    SCOPES,
    Invitation,
    Session,
    Token,
    Tries,
    User,
    clean_name,
    hashed,
)
from biosight.accounts.sessions import (
    create_token,
    end_session,
    end_sessions,
    open_session,
    revoke_token,
    session_user,
    sessions_of,
    token_user,
    tokens_of,
)
from biosight.accounts.signing import register, sign_in, use_reset

__all__ = [
    "DAY",
    "KINDS",
    "SCOPES",
    "TRIES",
    "TRIES_PER_ADDRESS",
    "Invitation",
    "Session",
    "Token",
    "Tries",
    "User",
    "all_users",
    "change_password",
    "change_standing",
    "change_user",
    "check_leave",
    "check_password",
    "clean_email",
    "clean_name",
    "create_token",
    "create_user",
    "end_session",
    "end_sessions",
    "find_link",
    "find_user",
    "first_code",
    "give_try_back",
    "has_users",
    "hashed",
    "invitations",
    "invite",
    "open_session",
    "register",
    "remove_user",
    "reset_link",
    "revoke_token",
    "session_user",
    "sessions_of",
    "set_password",
    "sign_in",
    "take_try",
    "token_user",
    "tokens_of",
    "use_reset",
    "withdraw_invitation",
]
