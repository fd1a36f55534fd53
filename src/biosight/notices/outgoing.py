"""Outgoing requests to addresses that people wrote: public ones alone, one answer, no redirects.

The name is resolved once, every address it stands for is checked, and that very address is
connected to: a name that changes its meaning in between (DNS rebinding) gains nothing. Not here:
what is sent (notices), or mail (mail.py).
"""

import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from threading import Event, Timer
from urllib.parse import SplitResult, urlsplit

from biosight.errors import BadRequest, Unavailable

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]
PORTS = {"https": 443, "http": 80}
STEP_SECONDS, WHOLE_SECONDS = 5.0, 15.0
LONGEST = 2000
# RFC 6052: IPv4 addresses within IPv6, as a translator in the network reads them.
TRANSLATED = ip_network("64:ff9b::/96")
# What versions of Python call global although it is not, and what clouds keep for their insides.
INNER = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",
            "192.88.99.0/24",
            "168.63.129.16/32",
            "fec0::/10",
            "3fff::/20",
            "2001:db8::/32",
        ),
    )
)
UNICAST = ip_network("2000::/3")  # RFC 4291: all global addresses of IPv6 that are given out
NOT_PUBLIC = "{} is not the name of a public server."


def clean_target(text: str) -> str:
    """Return an address to send to, without blanks at its ends. Raises BadRequest if it is no plain
    https:// or http:// address."""
    kept = text.strip()
    try:
        where = urlsplit(kept)
        fits = where.scheme in PORTS and bool(where.hostname) and where.port != 0
    except ValueError:
        fits = False
    if not fits or len(kept) > LONGEST or not kept.isascii() or not kept.isprintable():
        raise BadRequest("An address to send to begins with https:// and has no signs but ASCII.")
    if where.username or where.password or where.fragment or " " in kept:
        raise BadRequest("Leave name, password, blanks and # out of the address.")
    return kept


def meant(address: Address) -> list[Address]:
    """Return an address and the IPv4 addresses that it carries, all of which must be allowed."""
    if isinstance(address, IPv4Address):
        return [address]
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in TRANSLATED:
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    carried: list[Address] = [a for a in inner if a is not None]
    return carried if address.ipv4_mapped or address in TRANSLATED else [address, *carried]


def is_allowed(address: Address, others: Networks) -> bool:
    """Return whether requests may go to an address: a public one, or one of the `others`."""
    return all(is_public(a) or any(a in n for n in others) for a in meant(address))


def is_public(address: Address) -> bool:
    """Return whether an address is given out to somebody in the internet."""
    if isinstance(address, IPv6Address) and address not in UNICAST:
        return False
    inner = address.is_multicast or address.is_reserved or any(address in n for n in INNER)
    return address.is_global and not inner


def resolve(where: SplitResult, others: Networks) -> tuple[str, int]:
    """Return the address and port that a name stands for. Raises Unavailable if it stands for none,
    or for any that is not allowed."""
    port = where.port or PORTS[where.scheme]
    try:
        found = socket.getaddrinfo(where.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(NOT_PUBLIC.format(where.hostname)) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not all(is_allowed(ip_address(a.partition("%")[0]), others) for a in addresses):
        raise Unavailable(NOT_PUBLIC.format(where.hostname))  # says no more: names are secrets too
    return addresses[0], port


def post(target: str, body: bytes, headers: Mapping[str, str], others: Networks = ()) -> int:
    """Send a POST to a `target` of clean_target, and return the status of the answer, which is not
    read further. It takes WHOLE_SECONDS at most, whatever the other side does, beside the time in
    which the system resolves the name. Raises Unavailable."""
    where = urlsplit(target)
    path = (where.path or "/") + (f"?{where.query}" if where.query else "")
    try:
        with connected(where, others) as connection:
            connection.request("POST", path, body, dict(headers))
            return connection.getresponse().status
    except (OSError, HTTPException, ValueError) as error:
        raise Unavailable(f"{where.hostname} did not answer as it should.") from error


@contextmanager
def connected(where: SplitResult, others: Networks) -> Iterator[HTTPConnection]:
    """Connect to the address that was checked, under the name that was given: certificates count
    for the name. The connection is cut when its time is over. Raises OSError or Unavailable."""
    plain = socket.create_connection(resolve(where, others), timeout=STEP_SECONDS)
    handle = plain.dup()  # TLS takes the socket over; this one still reaches the connection
    over = Event()
    end = Timer(WHOLE_SECONDS, cut_off, (handle, over))
    end.daemon = True
    end.start()
    connection = HTTPConnection(where.hostname or "", where.port or PORTS[where.scheme])
    try:
        connection.sock = wrapped(plain, where)
        yield connection
        if over.is_set():  # what came until then may look like a whole answer
            raise TimeoutError("cut off")
    finally:
        end.cancel()
        connection.close()
        plain.close()
        handle.close()


def cut_off(plain: socket.socket, over: Event) -> None:
    """End a connection on which another thread waits, after saying that its time is over."""
    over.set()
    with suppress(OSError):
        plain.shutdown(socket.SHUT_RDWR)


def wrapped(plain: socket.socket, where: SplitResult) -> socket.socket:
    """Return the connection, encrypted for an https:// address. Raises OSError."""
    if where.scheme != "https":
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=where.hostname)
