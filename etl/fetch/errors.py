"""The error of a download."""

from __future__ import annotations

from geodata.errors import EtlError


class FetchError(EtlError):
    """A download failed, or what came is not what was asked for."""
