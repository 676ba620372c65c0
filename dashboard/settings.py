"""Settings of a serving process, from the environment (prefix DRIVERS_ATLAS_) or from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dashboard.auth.people import ROLES, Role
from dashboard.errors import SignInError
from layers.catalog import Tier

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Settings(BaseSettings):
    """What a process serves, where, and with which words under the map.

    Every field is the environment variable ``DRIVERS_ATLAS_<FIELD>`` in capitals.
    """

    model_config = SettingsConfigDict(env_prefix="DRIVERS_ATLAS_", extra="forbid", frozen=True)

    snapshots: Annotated[
        Path, Field(description="Folder that the ETL published to, or a folder of such folders, one for each dataset.")
    ] = Path("var/snapshots")
    tier: Annotated[Tier, Field(description="The one tier that this process serves.")] = "public"
    host: Annotated[str, Field(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="Port to listen on.")] = 8050
    language: Annotated[str, Field(description="Language of a reader whose browser asks for none of ours.")] = "en"
    disclaimer_en: Annotated[str | None, Field(description="Boundary disclaimer in English.")] = None
    disclaimer_ru: Annotated[str | None, Field(description="Boundary disclaimer in Russian.")] = None
    bring: Annotated[bool, Field(description="Whether data can be brought in the app; on this machine only.")] = True
    workspace: Annotated[Path, Field(description="Folder of the data packages that are brought in the app.")] = Path(
        "workspace"
    )
    upload_mb: Annotated[int, Field(ge=1, le=2000, description="What one upload may weigh, in MB.")] = 100
    build_minutes: Annotated[
        int, Field(ge=1, le=240, description="After so many minutes a command started in the app is ended.")
    ] = 15
    auth: Annotated[
        Literal["none", "local", "oidc"],
        Field(description="Sign-in: none, accounts in a file on this machine, or an OpenID Connect provider."),
    ] = "none"
    private: Annotated[
        Path, Field(description="Folder of accounts, sessions and the audit log; nobody else should read it.")
    ] = Path("private")
    address: Annotated[
        str | None,
        Field(description="Address under which readers reach the process, such as https://atlas.example.org."),
    ] = None
    trusted_proxies: Annotated[
        int, Field(ge=0, le=5, description="How many proxies stand before the process and set X-Forwarded-*.")
    ] = 0
    session_idle_minutes: Annotated[
        int, Field(ge=1, le=720, description="A session ends so long after its last use.")
    ] = 30
    session_hours: Annotated[int, Field(ge=1, le=24, description="A session ends so long after sign-in.")] = 8
    oidc_discovery: Annotated[
        str | None, Field(description="Discovery address of the provider (.../.well-known/openid-configuration).")
    ] = None
    oidc_client_id: Annotated[str | None, Field(description="Id of this application at the provider.")] = None
    oidc_client_secret: Annotated[SecretStr | None, Field(description="Its secret.")] = None
    oidc_client_secret_file: Annotated[Path | None, Field(description="File that holds the secret instead.")] = None
    oidc_scopes: Annotated[str, Field(description="Scopes that are asked for.")] = "openid profile email"
    oidc_role_claim: Annotated[str, Field(description="Claim that holds a person's roles; dots lead into objects.")] = (
        "roles"
    )
    oidc_roles: Annotated[str, Field(description="Which value of the claim gives which role.")] = (
        "atlas-public=public,atlas-partner=partner,atlas-restricted=restricted,atlas-owner=owner"
    )
    audit_mb: Annotated[
        int, Field(ge=1, le=1000, description="Size at which a new file of the audit log begins, in MB.")
    ] = 10
    threads: Annotated[int, Field(ge=1, le=64, description="Worker threads of the built-in server.")] = 8

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the process."""
        return self.host in LOOPBACK

    @property
    def can_bring(self) -> bool:
        """Whether data can be brought in the app."""
        return self.bring and self.is_loopback and not self.trusted_proxies

    @property
    def is_private(self) -> bool:
        """Whether what is served is not for everybody."""
        return self.tier != "public" or self.auth != "none"

    @property
    def needs_https(self) -> bool:
        """Whether readers sign in over a network, which must be encrypted."""
        is_far = not self.is_loopback or self.trusted_proxies > 0 or (self.address or "").startswith("https:")
        return self.auth != "none" and is_far

    @property
    def roles_by_claim(self) -> dict[str, Role]:
        """Which value of the role claim gives which role."""
        return _read_roles(self.oidc_roles)

    def read_client_secret(self) -> str | None:
        """Return the secret of this application at the provider, or None if it has none.

        Raises
        ------
        SignInError
            If the file that should hold it cannot be read.
        """
        if self.oidc_client_secret is not None:
            return self.oidc_client_secret.get_secret_value()
        if self.oidc_client_secret_file is None:
            return None
        try:
            return self.oidc_client_secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SignInError(f"DRIVERS_ATLAS_OIDC_CLIENT_SECRET_FILE cannot be read: {error}") from error

    @field_validator("oidc_roles")
    @classmethod
    def _roles_are_known(cls, value: str) -> str:
        _read_roles(value)
        return value

    @field_validator("oidc_discovery", "address")
    @classmethod
    def _is_encrypted(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://none")
        if not parts.hostname or (
            parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in LOOPBACK)
        ):
            raise ValueError("must be an https:// address (http:// only on this machine)")
        return value if value is None else value.rstrip("/")


def _read_roles(text: str) -> dict[str, Role]:
    found: dict[str, Role] = {}
    for part in text.split(","):
        value, _, name = (one.strip() for one in part.rpartition("="))
        role = next((one for one in ROLES if one == name), None)
        if not value or role is None:
            raise ValueError(f"must be value=role,value=role with roles {', '.join(ROLES)}")
        found[value] = role
    return found
