"""Connection to a MongoDB database: its client, its checks, and its errors in words.

Not here: reading and writing records (store.py).
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from bson.errors import BSONError
from pymongo import MongoClient, timeout
from pymongo.errors import (
    ConfigurationError,
    DuplicateKeyError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from biosight.errors import BadRequest, NoSpace, Unavailable
from biosight.storage.mongo.documents import (
    Document,
)
from biosight.storage.records import (
    InUse,
)

SELECT_MS, CONNECT_MS, SOCKET_MS = 5_000, 5_000, 30_000

# How long a request waits for one answer, and how long making indexes and moving fields may take.
SECONDS, MAKING_SECONDS = 10.0, 3_600.0

OUT_OF_DISK = 14031

MONGODB_5 = 13  # the version of its wire protocol

# MongoDB's error codes (mongo/base/error_codes.yml), in words for the operator.
REFUSALS = {
    50: "The database did not answer in time.",
    64: "Too few members of the database's replica set confirmed in time.",
    100: "The database's replica set has too few members that hold data.",
    18: "The database refuses the user name or the password in BIOSIGHT_DATABASE_URL.",
    13: "The database's user may not do this: give it the role readWrite on BioSight's database.",
    8000: "The database refuses the user name or the password in BIOSIGHT_DATABASE_URL.",
}


def client_of(url: str) -> MongoClient[Document]:
    """Return a client for the URL. Raises BadRequest for an invalid URL, or one that PyMongo would
    read otherwise than it is written."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            return MongoClient(
                url,
                serverSelectionTimeoutMS=SELECT_MS,
                connectTimeoutMS=CONNECT_MS,
                socketTimeoutMS=SOCKET_MS,
                retryWrites=True,
                appname="biosight",
            )
    except UserWarning as warning:
        raise BadRequest(
            f"BIOSIGHT_DATABASE_URL has an option that PyMongo does not take: {warning}"
        ) from warning
    except (ConfigurationError, InvalidURI, ValueError) as error:
        raise BadRequest(f"BIOSIGHT_DATABASE_URL is not a MongoDB address: {error}") from error
    except OSError as error:  # a file of certificates
        raise BadRequest(
            f"BIOSIGHT_DATABASE_URL names a file that can't be read: {error.filename} "
            f"({error.strerror})."
        ) from error


def check_database_name(url: str) -> None:
    """Raise BadRequest for a database's name with a dot: PyMongo reads what follows the dot as
    something else."""
    name = url.partition("://")[2].partition("/")[2].partition("?")[0]
    if "." in unquote(name):
        raise BadRequest(
            f"BIOSIGHT_DATABASE_URL names the database {unquote(name)}; a name can't hold a dot."
        )


def check_transactions(hello: Document) -> None:
    """Raise BadRequest unless a server's answer to `hello` comes from a replica set or a sharded
    cluster of MongoDB 5 or newer: only those have transactions and snapshots."""
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise BadRequest(
            "This MongoDB is a lone server, which has no transactions: make it a replica set of "
            "one (start mongod with --replSet rs0, then run rs.initiate() in mongosh once)."
        )
    if hello.get("maxWireVersion", MONGODB_5) < MONGODB_5:
        raise BadRequest("This MongoDB is too old: BioSight needs version 5 or newer.")


@contextmanager
def bounded_calls(seconds: float | None = None) -> Iterator[None]:
    """Limit the wait for an answer in seconds (default: SECONDS), PyMongo's own retries included.
    Without a limit PyMongo would retry for two minutes while no member answers."""
    with translated_errors(), timeout(SECONDS if seconds is None else seconds):
        yield


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn PyMongo's errors into the port's."""
    try:
        yield
    except (BSONError, OverflowError, UnicodeEncodeError) as error:
        raise BadRequest(
            "The database can't store this: it is too large or of an unsupported kind."
        ) from error
    except DuplicateKeyError as error:
        raise InUse(str(error)) from error
    except OperationFailure as error:
        if error.code == OUT_OF_DISK:
            raise NoSpace("The database's disk is full; nothing was stored.") from error
        raise Unavailable(why_refused(error)) from error
    except PyMongoError as error:
        if error.timeout and not isinstance(error, ServerSelectionTimeoutError):
            raise Unavailable(REFUSALS[50]) from error
        raise Unavailable("The database can't be reached just now.") from error


def why_refused(error: OperationFailure) -> str:
    """Return what an operator can fix. The server's own message is left out: it may contain
    documents."""
    if error.code in REFUSALS:
        return REFUSALS[error.code]
    name = (error.details or {}).get("codeName", f"code {error.code}")
    return f"The database refused just now ({name})."
