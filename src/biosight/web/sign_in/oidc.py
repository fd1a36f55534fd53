"""Single sign-on by OpenID Connect: an institute's provider signs people in, and BioSight believes
its signed answer.

The authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636): what has to be remembered
between the two halves stays in a cookie of the browser, so that any instance may end what another
began. Not here: whose account it becomes (workflows/people/joining_and_leaving.py), a proxy that
signs people in (proxy.py).
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
# Signatures by a key that only the provider has.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
BACK = "/sign-on/back"
Metadata = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser keeps of a sign-in that was begun, and the page to go on to."""

    state: str
    nonce: str
    verifier: str
    next: str

    @classmethod
    def new(cls, next: str) -> "Begun":
        """A sign-in with secrets that nobody can guess."""
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        return cls(state, nonce, verifier, next)

    @classmethod
    def read(cls, kept: str) -> "Begun":
        """What a cookie says. Raises BadRequest for none, or one that is not ours."""
        try:
            said = json.loads(kept)
            if not all(isinstance(text, str) for text in said.values()):
                raise ValueError("texts alone")
            return cls(**said)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BadRequest(NOT_OURS) from error

    def written(self) -> str:
        """JSON for the cookie, small enough for one (4 kB): secrets and a path."""
        return json.dumps(asdict(self))


class Provider:
    """The institute's provider: where it is, asked once an hour, and what it says of people."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.redirect = settings.public_url.rstrip("/") + BACK
        self.asking = threading.Lock()
        self.metadata: Metadata = {}
        self.at = self.failed_at = float("-inf")

    @property
    def name(self) -> str:
        """What people call the provider, in buttons, refusals and the log."""
        return self.settings.oidc_name

    def known(self) -> Metadata:
        """Its addresses (OpenID Connect Discovery 1.0), kept for an hour, and longer where it can't
        be asked. One asks at a time; a failure stands for some seconds. Raises Unavailable."""
        if self.is_settled():
            return self.kept()
        if not self.asking.acquire(timeout=PATIENCE_SECONDS):
            return self.kept()
        try:
            return self.kept() if self.is_settled() else self.asked()
        finally:
            self.asking.release()

    def is_settled(self) -> bool:
        """Need nobody ask just now?"""
        now = time.monotonic()
        return now - self.at <= KEPT_SECONDS or now - self.failed_at < FAILED_SECONDS

    def kept(self) -> Metadata:
        """What it said before. Raises Unavailable where it never said anything."""
        if not self.metadata:
            raise Unavailable(AWAY)
        return self.metadata

    def asked(self) -> Metadata:
        """What it says now, or said before. Raises Unavailable."""
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
        """Where to send somebody to sign in. Raises Unavailable."""
        where = self.known()["authorization_endpoint"]
        with self.client() as client:
            url, _ = client.create_authorization_url(
                where, state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier
            )
        return str(url)

    def person(self, begun: Begun, answer: str) -> Introduced:
        """Whom the provider signed in, by the address that it sent the browser back to.

        Raises Forbidden where it says no, or not who it is; BadRequest for an answer to another
        question; Unavailable."""
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
        """The claims of an ID token: signed by the provider, for us, now, and this sign-in's own.

        Raises JoseError or ValueError."""
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
        """A person from the claims, completed by the provider's page about them. Raises Forbidden
        for an address that it did not verify."""
        where = self.known().get("userinfo_endpoint")
        groups = self.settings.oidc_groups
        if where and not {"email", "email_verified", groups} <= claims.keys():
            more = client.get(where).raise_for_status().json()
            if more.get("sub") != claims["sub"]:
                raise ValueError("about another person")
            claims = {**more, **claims}
        email = str(claims.get("email", ""))
        verified = claims.get("email_verified")
        # A word for a truth value, as some providers send it, but no number.
        if not email or not (verified is True or verified == "true"):
            raise Forbidden(f"{self.name} names no verified email address of yours.")
        of = claims.get(groups, [])
        named = frozenset(map(str, of if isinstance(of, list) else [of]))
        subject = f"{self.known()['issuer']} {claims['sub']}"
        return Introduced(subject, email, str(claims.get("name", "")), self.role(named))

    def role(self, groups: frozenset[str]) -> str:
        """What the groups make of somebody: "admin", "member", or "" where groups say nothing.
        Raises Forbidden where they must be in one and are in none."""
        admins, members = self.settings.oidc_admins, self.settings.oidc_members
        if admins and admins in groups:
            return "admin"
        if members and members not in groups:
            raise Forbidden(f"BioSight is for members of {members}; ask {self.name}.")
        return "member" if admins else ""


def ask(address: str) -> Metadata:
    """JSON from the provider. Raises Unavailable."""
    try:
        found = httpx2.get(address, timeout=SECONDS).raise_for_status().json()
    except (httpx2.HTTPError, ValueError) as error:
        raise Unavailable(AWAY) from error
    if not isinstance(found, dict):
        raise Unavailable("The sign-in of your institute gives no usable answer.")
    return found
