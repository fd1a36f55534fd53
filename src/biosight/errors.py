"""Every error that BioSight raises on purpose, each with a code and an HTTP status.

    BioSightError
    ├── BadRequest              400  the words or fields of a request are wrong
    │   ├── BadPicture          422  not a picture that BioSight reads
    │   └── BadModel            422  a model file or its card is not usable
    ├── NotSignedIn             401
    ├── Forbidden               403
    ├── NotFound                404  absent, or not yours to see
    ├── NotAllowed              405  this address does not answer that
    ├── TooSlow                 408  the body came too slowly
    ├── Conflict                409  clashes with what is there
    │   ├── NeedsAnswer         409  asks something that only a person can decide
    │   └── Stale               412  somebody changed it first
    ├── TooLarge                413
    ├── TooMany                 429  wait, then try again
    ├── Unavailable             503  busy, or a store is away
    └── NoSpace                 507  the disk is full

This file is not where errors become HTTP: see web/errors.py.
"""


class BioSightError(Exception):
    """The root: `str(error)` is a sentence for the person who caused or meets it."""

    code = "error"
    status = 500
    retry_after: int | None = None

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if retry_after is not None:
            self.retry_after = retry_after


class BadRequest(BioSightError):
    """The request's words or fields are wrong."""

    code = "bad_request"
    status = 400


class BadPicture(BadRequest):
    """The bytes are not a picture that BioSight reads, or go past a limit."""

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
    """Known person, act not allowed."""

    code = "forbidden"
    status = 403


class NotFound(BioSightError):
    """Absent, or not this person's to see: both look the same."""

    code = "not_found"
    status = 404


class NotAllowed(BioSightError):
    """This address does not answer that method."""

    code = "method_not_allowed"
    status = 405


class TooSlow(BioSightError):
    """The body came too slowly and was cut off."""

    code = "too_slow"
    status = 408


class Conflict(BioSightError):
    """Clashes with what is stored."""

    code = "conflict"
    status = 409


class NeedsAnswer(Conflict):
    """What was asked for leaves a question open, which the detail puts."""

    code = "needs_answer"


class Stale(Conflict):
    """Somebody changed the record since the caller read it."""

    code = "stale"
    status = 412


class TooLarge(BioSightError):
    """A body or file over its limit."""

    code = "too_large"
    status = 413


class TooMany(BioSightError):
    """Too many tries; wait."""

    code = "too_many"
    status = 429
    retry_after = 30


class Unavailable(BioSightError):
    """Busy, or a store is away; the same request may work soon."""

    code = "unavailable"
    status = 503
    retry_after = 2


class NoSpace(BioSightError):
    """No space or inodes left where BioSight keeps its files."""

    code = "no_space"
    status = 507
