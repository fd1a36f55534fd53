"""Single sign-on by OpenID Connect: an institute's provider signs people in, and BioSight trusts
its signed answer.

It is the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636). A cookie of the
browser remembers what both halves need, so that any instance can finish what another began. Not
here: whose account it becomes (workflows/people/joining_and_leaving.py), a proxy that signs people
in (proxy.py).
"""

import json
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from biosight.errors import BadRequest, Forbidden, Unavailable
from biosight.settings import Settings
from biosight.workflows.people.joining_and_leaving import Introduced

SECONDS, KEPT_SECONDS, LEEWAY_SECONDS = 10.0, 3600.0, 60
FAILED_SECONDS, PATIENCE_SECONDS = 10.0, 2.0
NOT_OURS = "This sign-in was started elsewhere or too long ago; try again."
AWAY = "The sign-in of your institute can't be reached just now."
# Signatures that need a private key, which only the provider has.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
BACK = "/sign-on/back"
Metadata = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser keeps of a sign-in that has begun, with the page to go on to."""

    state: str
    nonce: str
    verifier: str
    next: str

    @classmethod
    def new(cls, next: str) -> "Begun":
        """Return a sign-in with secrets that nobody can guess."""
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        return cls(state, nonce, verifier, next)

    @classmethod
    def read(cls, kept: str) -> "Begun":
        """Return the sign-in that a cookie holds.

        Raises BadRequest if there is none, or if the cookie is not ours.
        """
        try:
            said = json.loads(kept)
            if not all(isinstance(text, str) for text in said.values()):
                raise ValueError("texts alone")
            return cls(**said)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BadRequest(NOT_OURS) from error

    def written(self) -> str:
        """Return JSON for the cookie: secrets and a path, small enough for one cookie (4 kB)."""
        return json.dumps(asdict(self))


class Provider:
    """The institute's provider: its addresses, asked for once an hour, and what it says of
    people."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.redirect = settings.public_url.rstrip("/") + BACK
        self.asking = threading.Lock()
        self.metadata: Metadata = {}
        self.at = self.failed_at = float("-inf")

    @property
    def name(self) -> str:
        """The provider's name in buttons, error messages and the log."""
        return self.settings.oidc_name

    def known(self) -> Metadata:
        """Return the provider's addresses (OpenID Connect Discovery 1.0). Raises Unavailable.

        They are kept for an hour, and longer while the provider can't be reached. Only one thread
        asks at a time. After a failure nobody asks for FAILED_SECONDS.
        """
        if self.is_settled():
            return self.kept()
        if not self.asking.acquire(timeout=PATIENCE_SECONDS):
            return self.kept()
        try:
            return self.kept() if self.is_settled() else self.asked()
        finally:
            self.asking.release()

    def is_settled(self) -> bool:
        """Return whether nobody needs to ask the provider just now."""
        now = time.monotonic()
        return now - self.at <= KEPT_SECONDS or now - self.failed_at < FAILED_SECONDS

    def kept(self) -> Metadata:
        """Return what the provider said before. Raises Unavailable if it never said anything."""
        if not self.metadata:
            raise Unavailable(AWAY)
        return self.metadata

    def asked(self) -> Metadata:
        """Return what the provider says now, or else what it said before. Raises Unavailable."""
        issuer = self.settings.oidc_issuer.rstrip("/")
        try:
            found = ask(f"{issuer}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != issuer:
                raise Unavailable(f"The provider names another issuer: {found.get('issuer')}.")
        except Unavailable:
            self.failed_at = time.monotonic()
            if not self.metadata:
                raise
            return self.metadata
        self.metadata, self.at = found, time.monotonic()
        return found

    def client(self) -> OAuth2Client:
        return OAuth2Client(
            client_id=self.settings.oidc_client_id,
            client_secret=self.settings.oidc_client_secret,
            scope="openid email profile",
            redirect_uri=self.redirect,
            code_challenge_method="S256",
            timeout=SECONDS,
        )

    def address(self, begun: Begun) -> str:
        """Return the address where a person signs in. Raises Unavailable."""
        where = self.known()["authorization_endpoint"]
        with self.client() as client:
            url, _ = client.create_authorization_url(
                where, state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier
            )
        return str(url)

    def person(self, begun: Begun, answer: str) -> Introduced:
        """Return whom the provider signed in; `answer` is the address that it sent the browser back
        to.

        Raises Forbidden if the provider refuses or its answer can't be trusted, BadRequest for the
        answer to another sign-in, and Unavailable.
        """
        said = httpx2.URL(answer).params
        if not secrets.compare_digest(said.get("state", "").encode(), begun.state.encode()):
            raise BadRequest(NOT_OURS)
        if "error" in said:
            raise Forbidden(f"{self.name} did not sign you in ({said['error'][:80]}).")
        try:
            with self.client() as client:
                token = client.fetch_token(
                    self.known()["token_endpoint"],
                    authorization_response=answer,
                    code_verifier=begun.verifier,
                    state=begun.state,
                )
                claims = self.believed(str(token.get("id_token", "")), begun.nonce)
                return self.said_of(claims, client)
        except httpx2.HTTPError as error:
            raise Unavailable(f"{self.name} can't be reached just now.") from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
            raise Forbidden(f"{self.name} gave an answer that can't be trusted.") from error

    def believed(self, token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token.

        The token must be signed by the provider, made for this client, valid now, and belong to
        this sign-in. Raises JoseError or ValueError.
        """
        keys = KeySet.import_key_set({"keys": ask(self.known()["jwks_uri"])["keys"]})
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        client = self.settings.oidc_client_id
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.known()["issuer"]},
            aud={"essential": True, "value": client},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
        if claims.get("azp", client) != client:
            raise ValueError("for another client")
        return claims

    def said_of(self, claims: dict[str, Any], client: OAuth2Client) -> Introduced:
        """Return a person from the claims, completed by the provider's userinfo endpoint.

        Raises Forbidden for an email address that the provider did not verify.
        """
        where = self.known().get("userinfo_endpoint")
        groups = self.settings.oidc_groups
        if where and not {"email", "email_verified", groups} <= claims.keys():
            more = client.get(where).raise_for_status().json()
            if more.get("sub") != claims["sub"]:
                raise ValueError("about another person")
            claims = {**more, **claims}
        email = str(claims.get("email", ""))
        verified = claims.get("email_verified")
        # Some providers send the text "true" for the truth value; a number is not accepted.
        if not email or not (verified is True or verified == "true"):
            raise Forbidden(f"{self.name} names no verified email address of yours.")
        of = claims.get(groups, [])
        named = frozenset(map(str, of if isinstance(of, list) else [of]))
        subject = f"{self.known()['issuer']} {claims['sub']}"
        return Introduced(subject, email, str(claims.get("name", "")), self.role(named))

    def role(self, groups: frozenset[str]) -> str:
        """Return the role that groups give: "admin", "member", or "" where groups say nothing.

        Raises Forbidden if people must be in a group and this person is not.
        """
        admins, members = self.settings.oidc_admins, self.settings.oidc_members
        if admins and admins in groups:
            return "admin"
        if members and members not in groups:
            raise Forbidden(f"BioSight is for members of {members}; ask {self.name}.")
        return "member" if admins else ""


def ask(address: str) -> Metadata:
    """Return JSON from the provider. Raises Unavailable."""
    try:
        found = httpx2.get(address, timeout=SECONDS).raise_for_status().json()
    except (httpx2.HTTPError, ValueError) as error:
        raise Unavailable(AWAY) from error
    if not isinstance(found, dict):
        raise Unavailable("The sign-in of your institute gives no usable answer.")
    return found
