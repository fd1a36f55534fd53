"""Every setting, with its default and its help; read from BIOSIGHT_… in the environment.

Not here: what a setting does; inner packages are handed values, never this object.
"""

from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MONGO = ("mongodb://", "mongodb+srv://")
BUCKETS = ("s3://", "gs://")
MOST_FILE_MB = 2000  # proxies in front let a little more pass (deploy/nginx, deploy/kubernetes)
Store = Literal["sqlite", "mongodb"]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@cache
def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks, by comma. Raises ValueError for what is neither."""
    found = []
    for word in filter(None, map(str.strip, text.split(","))):
        try:
            found.append(ip_network(word, strict=False))
        except ValueError as error:
            words = f"{word} is neither an address (10.0.0.7) nor a network (10.0.0.0/8)"
            raise ValueError(words) from error
    return tuple(found)


class Settings(BaseSettings):
    """Frozen once read. With nothing set, BioSight starts on SQLite and a folder."""

    model_config = SettingsConfigDict(env_prefix="BIOSIGHT_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        Path("biosight-data"), description="Folder for the database, the pictures and the lock."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    database_url: str = Field(
        "",
        description="sqlite:///FILE or mongodb://…; empty means biosight.db in the data folder.",
    )
    storage_url: str = Field(
        "",
        description="Folder for the pictures, or s3://BUCKET/PREFIX or gs://BUCKET/PREFIX, reached "
        "by the usual AWS_… or GOOGLE_… variables; empty means blobs/ in the data folder.",
    )
    tiles: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9.:-]+/[^\s;,'\"]*)?$",
        description="Map tiles, such as https://tile.example/{z}/{x}/{y}.png; empty means outlines "
        "of countries alone, and nothing is asked of anybody.",
    )
    tiles_credit: str = Field(
        "", max_length=200, description="Whom the map names for its tiles, as their licence asks."
    )
    presigned: bool = Field(
        False, description="Send downloads of originals to the bucket by a signed address."
    )
    registration: Literal["open", "invite", "closed"] = Field(
        "invite",
        description="Who may sign up after the first account: anyone, invited people, or nobody.",
    )
    public_url: str = Field(
        "",
        description="Address people use, such as https://biosight.example; makes cookies secure.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks (10.0.0.0/8) of proxies whose X-Forwarded headers are "
        "believed, by comma.",
    )
    sso_header: str = Field(
        "",
        description="Header in which a trusted proxy that signs people in names their e-mail "
        "address, such as X-Forwarded-Email.",
    )
    oidc_issuer: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="OpenID Connect provider that signs people in, such as https://login.example; "
        "empty means passwords alone.",
    )
    oidc_client_id: str = Field("", description="What the provider calls BioSight.")
    oidc_client_secret: str = Field("", description="What BioSight shows the provider.")
    oidc_name: str = Field(
        "your institute", max_length=60, description="What people call the provider."
    )
    oidc_groups: str = Field("groups", description="The provider's claim that lists groups.")
    oidc_members: str = Field("", description="Group of which one must be; empty means none.")
    oidc_admins: str = Field(
        "", description="Group whose members are administrators here, all others members."
    )
    smtp_url: str = Field(
        "",
        description="Mail server: smtp+starttls://USER:PASSWORD@HOST:587, smtps://… or, inside the "
        "house, smtp://…; empty means that links are shown to who makes them, and not sent. Needs "
        "BIOSIGHT_PUBLIC_URL.",
    )
    mail_from: str = Field("", description="Whom mails are from, such as biosight@example.org.")
    model_dir: Path | None = Field(
        None, description="Folder with model.onnx and card.json; empty means the bundled model."
    )
    worker: bool = Field(
        True, description="Start a worker for long jobs beside the server when there are some."
    )
    provider: Literal["cpu", "cuda", "tensorrt", "rocm", "openvino", "directml", "coreml"] = Field(
        "cpu",
        description="What runs the networks; all but cpu need an ONNX Runtime built for it.",
    )
    threads: int = Field(
        0,
        ge=0,
        description="Threads of the classifier; 0 means one a core (of those granted).",
    )
    decoders: int = Field(
        0,
        ge=0,
        description="Decode processes; 0 means one a core (of those granted).",
    )
    quota_gb: float = Field(
        0, ge=0, description="Room for one person's pictures; 0 means no limit."
    )
    max_file_mb: int = Field(
        200,
        ge=1,
        le=MOST_FILE_MB,
        description="Largest picture file, in MB, for uploads and imports alike.",
    )
    trash_days: int = Field(30, ge=1, description="Days before the trash empties itself.")
    session_days: int = Field(30, ge=1, description="Days after which a sign-in ends anyway.")
    session_idle_days: int = Field(7, ge=1, description="Idle days after which a sign-in ends.")
    metrics_token: str = Field(
        "", description="Bearer token for /metrics; empty means only this machine may read it."
    )
    max_connections: int = Field(
        1000, ge=16, description="Open connections; further ones are answered 503."
    )
    log_format: Literal["text", "json"] = Field("text", description="Form of the log lines.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe log line to write."
    )

    @field_validator("database_url")
    @classmethod
    def known_database(cls, value: str) -> str:
        """Refuse stores that BioSight can't use."""
        if value and not value.startswith(("sqlite:///", *MONGO)):
            raise ValueError("use sqlite:///FILE, mongodb://… or mongodb+srv://…")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def known_networks(cls, value: str) -> str:
        """Refuse what is neither an address nor a network."""
        networks(value)
        return value

    @field_validator("public_url")
    @classmethod
    def whole_address(cls, value: str) -> str:
        """Refuse an address without its beginning: cookies and links rest on it."""
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("begin with https:// (or http:// in the house)")
        return value

    @field_validator("smtp_url")
    @classmethod
    def known_mail(cls, value: str) -> str:
        """Refuse what is no mail server."""
        if value and not value.startswith(("smtp://", "smtps://", "smtp+starttls://")):
            raise ValueError("use smtp+starttls://…, smtps://… or smtp://…")
        return value

    @field_validator("storage_url")
    @classmethod
    def known_storage(cls, value: str) -> str:
        """Refuse stores that BioSight can't use."""
        if "://" in value and not value.startswith(BUCKETS):
            raise ValueError("use a folder, s3://BUCKET or gs://BUCKET")
        if value.startswith(BUCKETS) and (found := sorted(set(value) & set("#?%"))):
            raise ValueError(
                f"a prefix can't hold {' or '.join(found)}: the part after it would be misread"
            )
        return value

    @model_validator(mode="after")
    def sso_needs_a_proxy(self) -> Self:
        """Refuse to believe a header from everybody."""
        if self.sso_header and not self.trusted_proxies.strip():
            raise ValueError("BIOSIGHT_SSO_HEADER needs BIOSIGHT_TRUSTED_PROXIES")
        return self

    @model_validator(mode="after")
    def sign_on_and_mail_are_whole(self) -> Self:
        """Refuse half a provider, and mails whose links lead nowhere."""
        if self.oidc_issuer and not (self.oidc_client_id and self.public_url):
            raise ValueError(
                "BIOSIGHT_OIDC_ISSUER needs BIOSIGHT_OIDC_CLIENT_ID and BIOSIGHT_PUBLIC_URL"
            )
        if self.smtp_url and not (self.mail_from and self.public_url):
            raise ValueError("BIOSIGHT_SMTP_URL needs BIOSIGHT_MAIL_FROM and BIOSIGHT_PUBLIC_URL")
        return self

    @property
    def database_file(self) -> Path:
        """The SQLite file, where the records are in one."""
        name = self.database_url.removeprefix("sqlite:///")
        return Path(name) if name else self.data_dir / "biosight.db"

    @property
    def store(self) -> Store:
        return "mongodb" if self.database_url.startswith(MONGO) else "sqlite"

    @property
    def uses_bucket(self) -> bool:
        """Are the pictures in a bucket?"""
        return self.storage_url.startswith(BUCKETS)

    @property
    def blob_folder(self) -> Path:
        """The folder of the pictures."""
        return Path(self.storage_url) if self.storage_url else self.data_dir / "blobs"

    @property
    def models_folder(self) -> Path:
        """Where files of models from the store are laid out."""
        return self.data_dir / "models"

    @property
    def secure(self) -> bool:
        """Do people come over https?"""
        return self.public_url.startswith("https://")

    def trusts(self, address: str) -> bool:
        """Is this the address of a proxy whose word counts?"""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in networks(self.trusted_proxies))

    @property
    def loopback(self) -> bool:
        """Does it listen for this machine alone?"""
        return self.host in LOOPBACK

    @property
    def private(self) -> bool:
        """Can only this machine reach it, also by no proxy that is known of?"""
        return self.loopback and not self.public_url and not self.trusted_proxies.strip()
