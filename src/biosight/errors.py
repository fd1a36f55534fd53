"""Every error that BioSight raises on purpose, each with a code and an HTTP status.

    BioSightError
    ├── BadRequest              400  a value of the request is wrong
    │   ├── BadPicture          422  not a picture that BioSight reads
    │   └── BadModel            422  a model file or its card is not usable
    ├── NotSignedIn             401
    ├── Forbidden               403
    ├── NotFound                404  absent, or not yours to see
    ├── NotAllowed              405  this address does not support that method
    ├── TooSlow                 408  the body arrived too slowly
    ├── Conflict                409  conflicts with the stored data
    │   ├── NeedsAnswer         409  a person has to decide something first
    │   └── Stale               412  somebody changed it first
    ├── TooLarge                413
    ├── TooMany                 429  wait, then try again
    ├── Unavailable             503  busy, or a store can't be reached
    │   └── Busy                503  only this picture: reading it takes too long just now
    └── NoSpace                 507  the disk is full

Not here: turning errors into HTTP responses (web/errors.py).
"""


class BioSightError(Exception):
    """The root: `str(error)` is a sentence for the person who caused the error or sees it."""

    code = "error"
    status = 500
    retry_after: int | None = None

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if retry_after is not None:
            self.retry_after = retry_after


class BadRequest(BioSightError):
    """A value of the request is wrong or missing."""

    code = "bad_request"
    status = 400


class BadPicture(BadRequest):
    """The bytes are not a picture that BioSight reads, or exceed a limit."""

    code = "bad_picture"
    status = 422


class BadModel(BadRequest):
    """A model file, its card or a training tree can't be used."""

    code = "bad_model"
    status = 422


class NotSignedIn(BioSightError):
    """Nobody is signed in, or the token is unknown."""

    code = "not_signed_in"
    status = 401


class Forbidden(BioSightError):
    """The person is known, but may not do this."""

    code = "forbidden"
    status = 403


class NotFound(BioSightError):
    """It does not exist, or this person may not see it; the answer is the same."""

    code = "not_found"
    status = 404


class NotAllowed(BioSightError):
    """This address does not support that method."""

    code = "method_not_allowed"
    status = 405


class TooSlow(BioSightError):
    """The body arrived too slowly and was cut off."""

    code = "too_slow"
    status = 408


class Conflict(BioSightError):
    """The request conflicts with the stored data."""

    code = "conflict"
    status = 409


class NeedsAnswer(Conflict):
    """The request leaves a question open; the detail asks it."""

    code = "needs_answer"


class Stale(Conflict):
    """Somebody changed the record since the caller read it."""

    code = "stale"
    status = 412


class TooLarge(BioSightError):
    """A body or file exceeds its limit."""

    code = "too_large"
    status = 413


class TooMany(BioSightError):
    """Too many attempts; wait, then try again."""

    code = "too_many"
    status = 429
    retry_after = 30


class Unavailable(BioSightError):
    """BioSight is busy, or a store can't be reached; the same request may work soon."""

    code = "unavailable"
    status = 503
    retry_after = 2


class Busy(Unavailable):
    """One picture can't be read in time on this machine; all other work goes on."""


class NoSpace(BioSightError):
    """No space or inodes are left where BioSight keeps its files."""

    code = "no_space"
    status = 507
