"""When the certificate of BioSight's public address ends, read from that address itself.

Not here: TLS, which ends at a proxy (deploy/nginx).
"""

import socket
import ssl
from urllib.parse import urlsplit

SECONDS = 5.0
EXPIRED = 10  # OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED


def certificate_end(address: str) -> float:
    """Return when the certificate at an https:// address ends, in seconds since 1970.

    Whoever signed it is not asked: the certificate is trusted as its own root (X.509 partial chain,
    RFC 5280), so that one of a private authority is read as well. Return 0 for an address without
    TLS, or one that can't be reached from here; an end that has passed is told as 1.
    """
    where = urlsplit(address)
    if where.scheme != "https" or not where.hostname:
        return 0.0
    try:
        return read_end(where.hostname, where.port or 443)
    except ssl.SSLCertVerificationError as error:
        return 1.0 if error.verify_code == EXPIRED else 0.0
    except (OSError, ValueError):
        return 0.0


def read_end(host: str, port: int) -> float:
    """Return the end of a host's certificate. Raises OSError and ssl.SSLCertVerificationError."""
    shown = ssl.get_server_certificate((host, port), timeout=SECONDS)
    trusting = ssl.create_default_context(cadata=shown)
    trusting.check_hostname = False
    trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with (
        socket.create_connection((host, port), timeout=SECONDS) as raw,
        trusting.wrap_socket(raw, server_hostname=host) as wrapped,
    ):
        found = wrapped.getpeercert() or {}
    return float(ssl.cert_time_to_seconds(str(found["notAfter"])))
