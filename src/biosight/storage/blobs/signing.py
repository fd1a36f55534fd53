"""Signed addresses that also say how the file is called and what it is.

AWS Signature Version 4 for query parameters ("Authenticating Requests: Using Query Parameters",
Amazon S3 API reference); obstore signs no such parameters. Not here: the bucket itself (bucket.py).
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlsplit

DATE, CREDENTIAL, SIGNATURE = "X-Amz-Date", "X-Amz-Credential", "X-Amz-Signature"
UNSIGNED = "UNSIGNED-PAYLOAD"


def signed_with(address: str, more: Mapping[str, str]) -> str:
    """Return an address that obstore signed for S3, signed again with further parameters; "" where
    that can't be done: another kind of store, or keys that are not in the environment."""
    where = urlsplit(address)
    given = dict(parse_qsl(where.query, keep_blank_values=True))
    key, _, scope = given.get(CREDENTIAL, "").partition("/")
    secret = os.environ.get("AWS_SECRET_ACCESS_KEY", "")
    if not secret or not scope or key != os.environ.get("AWS_ACCESS_KEY_ID"):
        return ""
    given.pop(SIGNATURE, None)
    query = canonical({**given, **more})
    asked = "\n".join(["GET", where.path, query, f"host:{where.netloc}", "", "host", UNSIGNED])
    digest = hashlib.sha256(asked.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", given[DATE], scope, digest])
    signature = signed(signing_key(secret, scope), text).hex()
    return f"{where.scheme}://{where.netloc}{where.path}?{query}&{SIGNATURE}={signature}"


def canonical(parameters: Mapping[str, str]) -> str:
    """Return a query in the form that is signed: names and values encoded, then sorted."""
    pairs = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in parameters.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def signing_key(secret: str, scope: str) -> bytes:
    """Return the key of a scope: date/region/service/aws4_request."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = signed(key, part)
    return key


def signed(key: bytes, text: str) -> bytes:
    """Return the HMAC-SHA256 of a text."""
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
