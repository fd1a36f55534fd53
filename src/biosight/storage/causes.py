"""Why a store does not answer, in words for the operator: what to mend, and nothing of any record.

People who use the pages read only that the store can't be reached (errors.py). Not here: the errors
themselves (blobs/bucket.py, mongo/connection.py).
"""

import re
from collections.abc import Iterator

FORBIDDEN = "these keys are not allowed to do this"
NO_BUCKET = "there is no such bucket"
# What the clients (PyMongo, obstore), OpenSSL, rustls and the system say, the most telling first.
CAUSES = (
    (r"not valid for|NotValidForName|[Hh]ostname mismatch", "its certificate is for another name"),
    (
        r"CERTIFICATE_VERIFY_FAILED|UnknownIssuer|CaUsedAsEndEntity|InvalidCertificate",
        "its certificate is not trusted here",
    ),
    (
        r"WRONG_VERSION_NUMBER|InvalidContentType|corrupt message|record layer failure",
        "it does not speak TLS at this port",
    ),
    (r"NoSuchBucket", NO_BUCKET),
    (r"SignatureDoesNotMatch", "the secret key is wrong"),
    (r"InvalidAccessKeyId|Unauthenticated", "these keys are not known there"),
    (
        r"169\.254\.169\.254|metadata\.google|CredentialsNotLoaded|MissingCredential",
        "no keys are set, and this machine has no identity there",
    ),
    (r"AccessDenied|PermissionDenied", FORBIDDEN),
    (
        r"[Nn]ame or service not known|failed to lookup|dns error|nodename nor servname"
        r"|No address associated|DNS query name does not exist|Temporary failure in name",
        "no such name is known to the name server",
    ),
    (r"[Cc]onnection refused|Errno 111", "nothing listens at this address and port"),
    (r"NetworkUnreachable|unreachable|No route to host", "no way leads to this address"),
    (
        r"[Cc]onnection reset|IncompleteMessage|connection closed|UnexpectedEof",
        "what listens there hangs up: it may want TLS",
    ),
    (r"client is configured to connect to a replica set", "its replica set has another name"),
    (r"No such file or directory", "there is no such file or folder"),
    (r"Not a directory|File exists", "a file is where a folder should be"),
    (r"Permission denied|Read-only file system", "BioSight may not write there"),
    (r"[Tt]imed out|[Tt]imeout|TimedOut", "it does not answer in time"),
)
LONGEST = 200


def why_away(error: BaseException) -> str:
    """Return in a few words why a store does not answer, as its client told it; "" if that does not
    say."""
    told = "\n".join(str(cause) for cause in behind(error))
    for pattern, words in CAUSES:
        if re.search(pattern, told):
            return words
    return ""


def in_short(error: BaseException) -> str:
    """Return one line for the log: the cause in words, or the first line of what a client told."""
    told = next(iter(behind(error)), None)
    first = f"{type(told).__name__}: {told}".partition("\n")[0] if told else ""
    return why_away(error) or first[:LONGEST]


def behind(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors that led to this one, the nearest first."""
    while (cause := error.__cause__) is not None:
        yield cause
        error = cause


def with_cause(error: BaseException, detail: str) -> str:
    """Return an error's words with the cause behind them."""
    cause = why_away(error)
    return f"{detail} The cause: {cause}." if cause and cause not in detail else detail
