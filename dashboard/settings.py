"""Settings of a serving process, from the environment (prefix DRIVERS_ATLAS_) or from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

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
    bring: Annotated[
        bool, Field(description="Whether data can be brought in the app; on this machine only.")
    ] = True
    workspace: Annotated[Path, Field(description="Folder of the data packages that are brought in the app.")] = Path(
        "workspace"
    )
    upload_mb: Annotated[int, Field(ge=1, le=2000, description="What one upload may weigh, in MB.")] = 100
    build_minutes: Annotated[
        int, Field(ge=1, le=240, description="After so many minutes a command started in the app is ended.")
    ] = 15
    threads: Annotated[int, Field(ge=1, le=64, description="Worker threads of the built-in server.")] = 8

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the process."""
        return self.host in LOOPBACK

    @property
    def can_bring(self) -> bool:
        """Whether data can be brought in the app."""
        return self.bring and self.is_loopback
