"""People: accounts, passwords, sessions, API tokens, invitations, sign-in limits.

Not here: who may see which collection (sharing.py), or cookies (web/security.py).
"""

from biosight.accounts.limits import (
    FREE,
    FREE_PER_ADDRESS,
    forget_tries,
    know,
    network_of,
    tried,
)
from biosight.accounts.links import (
    find_link,
    first_code,
    invitations,
    invite,
    reset_link,
    withdraw_invitation,
)
from biosight.accounts.names import names_of
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
    User,
    clean_name,
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
from biosight.accounts.signing import sign_in, sign_up, use_reset

__all__ = [
    "DAY",
    "FREE",
    "FREE_PER_ADDRESS",
    "KINDS",
    "SCOPES",
    "Invitation",
    "Session",
    "Token",
    "User",
    "all_users",
    "change_password",
    "change_standing",
    "change_user",
    "check_leave",
    "clean_email",
    "clean_name",
    "create_token",
    "create_user",
    "end_session",
    "end_sessions",
    "find_link",
    "find_user",
    "first_code",
    "forget_tries",
    "has_users",
    "invitations",
    "invite",
    "know",
    "names_of",
    "network_of",
    "open_session",
    "remove_user",
    "reset_link",
    "revoke_token",
    "session_user",
    "sessions_of",
    "set_password",
    "sign_in",
    "sign_up",
    "token_user",
    "tokens_of",
    "tried",
    "use_reset",
    "withdraw_invitation",
]
