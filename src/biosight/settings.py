"""Every setting, with its default and its help; read from BIOSIGHT_… environment variables.

Not here: the effect of a setting. Inner packages receive values, never this object.
"""

import re
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MONGO = ("mongodb://", "mongodb+srv://")
BUCKETS = ("s3://", "gs://")
MOST_FILE_MB = 2000  # front proxies allow slightly more (deploy/nginx, deploy/kubernetes)
MOST_PROCESSES = 256  # more are a slip: each decoder takes memory
Store = Literal["sqlite", "mongodb"]
ADDRESS = re.compile(r"https?://([A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


# Settings that are of use only together with others.
NEEDED = {
    "oidc_issuer": ("oidc_client_id", "public_url"),
    "smtp_url": ("mail_from", "public_url"),
}
# Settings that do nothing without another one.
IDLE_WITHOUT = {
    "oidc_client_id": "oidc_issuer",
    "oidc_client_secret": "oidc_issuer",
    "oidc_members": "oidc_issuer",
    "oidc_admins": "oidc_issuer",
}


def variable(name: str) -> str:
    """Return the name of a setting as it stands in the environment."""
    return f"BIOSIGHT_{name.upper()}"


@cache
def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the addresses and networks of a comma-separated list. Raises ValueError for anything
    else."""
    found = []
    for word in filter(None, map(str.strip, text.split(","))):
        try:
            found.append(ip_network(word, strict=False))
        except ValueError as error:
            words = f"{word} is neither an address (10.0.0.7) nor a network (10.0.0.0/8)"
            raise ValueError(words) from error
    return tuple(found)


class Settings(BaseSettings):
    """All settings; they never change after start. By default BioSight uses SQLite and a folder."""

    model_config = SettingsConfigDict(env_prefix="BIOSIGHT_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        Path("biosight-data"), description="Folder for the database, the pictures and the lock."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    database_url: str = Field(
        "",
        description="Database: sqlite:///FILE or mongodb://…; when empty, biosight.db in the data "
        "folder.",
    )
    storage_url: str = Field(
        "",
        description="Picture store: a folder, s3://BUCKET/PREFIX or gs://BUCKET/PREFIX; when "
        "empty, blobs/ in the data folder. Set credentials for a bucket in the usual AWS_… or "
        "GOOGLE_… variables.",
    )
    tiles: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9.:-]+/[^\s;,'\"]*)?$",
        description="Address of map tiles, such as https://tile.example/{z}/{x}/{y}.png. When "
        "empty, BioSight draws coasts, lakes, rivers and borders itself, and maps load nothing "
        "from other servers.",
    )
    tiles_file: Path | None = Field(
        None,
        description="File of raster map tiles (PMTiles or MBTiles) on the server's disk, for maps "
        "without internet.",
    )
    tiles_credit: str = Field(
        "", max_length=200, description="Credit shown on the map, as the tiles' licence requires."
    )
    presigned: bool = Field(
        False,
        description="Redirect downloads of originals to the bucket through signed URLs (S3, with "
        "the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY).",
    )
    registration: Literal["open", "invite", "closed"] = Field(
        "invite",
        description="Who may sign up after the first account: anyone, invited people, or nobody.",
    )
    public_url: str = Field(
        "",
        description="Address that people use, such as https://biosight.example. An https:// "
        "address makes cookies secure.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks (10.0.0.0/8) of proxies whose X-Forwarded headers "
        "BioSight trusts, separated by commas.",
    )
    sso_header: str = Field(
        "",
        description="Header in which a trusted proxy passes the e-mail address of the person it "
        "signed in, such as X-Forwarded-Email.",
    )
    oidc_issuer: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="OpenID Connect provider that signs people in, such as https://login.example; "
        "when empty, people sign in with passwords only.",
    )
    oidc_client_id: str = Field("", description="BioSight's client ID at the provider.")
    oidc_client_secret: str = Field("", description="BioSight's client secret at the provider.")
    oidc_name: str = Field(
        "your institute", max_length=60, description="Name of the provider, as people know it."
    )
    oidc_groups: str = Field(
        "groups", description="Claim in which the provider lists a person's groups."
    )
    oidc_members: str = Field(
        "",
        description="Group that people must belong to, unless they are in BIOSIGHT_OIDC_ADMINS; "
        "when empty, no group is required.",
    )
    oidc_admins: str = Field(
        "",
        description="Group whose members are administrators; everyone else is a member. When "
        "empty, groups do not change roles.",
    )
    smtp_url: str = Field(
        "",
        description="Mail server: smtp+starttls://USER:PASSWORD@HOST:587, smtps://… or, inside "
        "your own network, smtp://…. When empty, links are not mailed: they are shown to the "
        "person who makes them. Needs BIOSIGHT_MAIL_FROM and BIOSIGHT_PUBLIC_URL.",
    )
    mail_from: str = Field("", description="Sender of mails, such as biosight@example.org.")
    webhooks: bool = Field(
        True,
        description="Let people send notices to their own programs, at public addresses; false "
        "means that none are sent.",
    )
    webhook_networks: str = Field(
        "",
        description="Addresses or networks (10.0.0.0/8) that webhooks may reach besides public "
        "ones, separated by commas.",
    )
    model_dir: Path | None = Field(
        None, description="Folder with model.onnx and card.json; when empty, the bundled model."
    )
    worker: bool = Field(
        True, description="Let the server start a worker process when long jobs are waiting."
    )
    provider: Literal["cpu", "cuda", "tensorrt", "rocm", "openvino", "directml", "coreml"] = Field(
        "cpu",
        description="ONNX Runtime provider that runs the networks; all but cpu need an ONNX "
        "Runtime built for it.",
    )
    threads: int = Field(
        0,
        ge=0,
        le=MOST_PROCESSES,
        description="Threads of the classifier; 0 means one per core granted to BioSight.",
    )
    decoders: int = Field(
        0,
        ge=0,
        le=MOST_PROCESSES,
        description="Decode processes; 0 means one per core granted to BioSight, as far as its "
        "memory limit allows.",
    )
    quota_gb: float = Field(
        0, ge=0, description="Storage limit for one person's pictures, in GB; 0 means no limit."
    )
    max_file_mb: int = Field(
        200,
        ge=1,
        le=MOST_FILE_MB,
        description="Largest picture file, in MB, for both uploads and imports.",
    )
    trash_days: int = Field(
        30, ge=1, description="Days after which pictures in the trash are removed for good."
    )
    session_days: int = Field(
        30, ge=1, description="Days after which a sign-in ends, even when it is in use."
    )
    session_idle_days: int = Field(
        7, ge=1, description="Days without use after which a sign-in ends."
    )
    metrics_token: str = Field(
        "", description="Bearer token for /metrics; when empty, only this machine can read it."
    )
    max_connections: int = Field(
        1000, ge=16, description="Most connections open at once; further ones get a 503 response."
    )
    log_format: Literal["text", "json"] = Field("text", description="Format of the log lines.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest severity of log lines to write."
    )

    @field_validator("database_url")
    @classmethod
    def known_database(cls, value: str) -> str:
        """Reject databases that BioSight can't use."""
        if value and not value.startswith(("sqlite:///", *MONGO)):
            raise ValueError("use sqlite:///FILE, mongodb://… or mongodb+srv://…")
        return value

    @field_validator("trusted_proxies", "webhook_networks")
    @classmethod
    def known_networks(cls, value: str) -> str:
        """Reject anything but addresses and networks."""
        networks(value)
        return value

    @field_validator("public_url")
    @classmethod
    def whole_address(cls, value: str) -> str:
        """Reject an address without its scheme or with a path: cookies, links and the check of
        where a request comes from depend on it. A final slash is left out."""
        if not value:
            return value
        if not value.startswith(("https://", "http://")):
            raise ValueError("begin with https:// (or http:// in the house)")
        if not ADDRESS.fullmatch(value):
            raise ValueError(
                "use only the scheme, the host and, if needed, the port, such as "
                "https://biosight.example: BioSight can't be below a path"
            )
        return value.rstrip("/")

    @field_validator("tiles")
    @classmethod
    def whole_pattern(cls, value: str) -> str:
        """Reject tiles that would all be the same picture."""
        asked = value.replace("{-y}", "{y}")  # rows counted from the south, as TMS does
        if missing := [word for word in ("{z}", "{x}", "{y}") if value and word not in asked]:
            raise ValueError(f"the address needs {', '.join(missing)}")
        return value

    @field_validator("metrics_token")
    @classmethod
    def header_value(cls, value: str) -> str:
        """Reject a token that no request could carry."""
        if not re.fullmatch(r"[ -~]*", value) or value != value.strip():
            raise ValueError("use letters, digits and signs, in one line, no blanks at its ends")
        return value

    @field_validator("smtp_url")
    @classmethod
    def known_mail(cls, value: str) -> str:
        """Reject anything but a mail server's address."""
        if value and not value.startswith(("smtp://", "smtps://", "smtp+starttls://")):
            raise ValueError("use smtp+starttls://…, smtps://… or smtp://…")
        return value

    @field_validator("storage_url")
    @classmethod
    def known_storage(cls, value: str) -> str:
        """Reject picture stores that BioSight can't use."""
        if "://" in value and not value.startswith(BUCKETS):
            raise ValueError("use a folder, s3://BUCKET or gs://BUCKET")
        if value.startswith(BUCKETS) and (found := sorted(set(value) & set("#?%"))):
            raise ValueError(
                f"a prefix can't hold {' or '.join(found)}: the part after it would be misread"
            )
        return value

    @model_validator(mode="after")
    def sso_needs_a_proxy(self) -> Self:
        """Reject a sign-in header without trusted proxies: anybody could send it."""
        if self.sso_header and not self.trusted_proxies.strip():
            raise ValueError("BIOSIGHT_SSO_HEADER needs BIOSIGHT_TRUSTED_PROXIES")
        return self

    @model_validator(mode="after")
    def sign_on_and_mail_are_whole(self) -> Self:
        """Reject incomplete settings of a sign-in provider or of mail; mails need a sender and
        links that work."""
        for name, needed in NEEDED.items():
            missing = [n for n in needed if not getattr(self, n)]
            if getattr(self, name) and missing:
                raise ValueError(f"{variable(name)} needs {' and '.join(map(variable, missing))}")
        return self

    @property
    def database_file(self) -> Path:
        """The SQLite file, if the records are in one."""
        name = self.database_url.removeprefix("sqlite:///")
        return Path(name) if name else self.data_dir / "biosight.db"

    @property
    def store(self) -> Store:
        return "mongodb" if self.database_url.startswith(MONGO) else "sqlite"

    @property
    def uses_bucket(self) -> bool:
        """Return whether the pictures are in a bucket."""
        return self.storage_url.startswith(BUCKETS)

    @property
    def blob_folder(self) -> Path:
        """The folder that holds the pictures."""
        return Path(self.storage_url) if self.storage_url else self.data_dir / "blobs"

    @property
    def models_folder(self) -> Path:
        """The folder where model files from the store are unpacked for use."""
        return self.data_dir / "models"

    @property
    def secure(self) -> bool:
        """Return whether people reach BioSight over https."""
        return self.public_url.startswith("https://")

    def trusts(self, address: str) -> bool:
        """Return whether this is the address of a trusted proxy."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in networks(self.trusted_proxies))

    @property
    def loopback(self) -> bool:
        """Return whether BioSight listens on this machine only."""
        return self.host in LOOPBACK

    @property
    def private(self) -> bool:
        """Return whether only this machine can reach BioSight: it listens on loopback, and neither
        a public address nor a proxy is set."""
        return self.loopback and not self.public_url and not self.trusted_proxies.strip()
