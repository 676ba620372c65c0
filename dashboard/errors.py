"""Errors of the dashboard, and the one table that turns errors into what a reader is told."""

from __future__ import annotations

from geodata.errors import DashboardError, DriversError, GeodataError, LayerError


class UnsafeTierError(DashboardError):
    """A tier above public would be reachable from other machines without sign-in."""


class SignInError(DashboardError):
    """Sign-in is not set up as it must be, or an attempt to sign in is not accepted."""


class ProviderError(SignInError):
    """The service with which people sign in cannot be reached."""


class AuditError(DashboardError):
    """The audit log cannot be written, so that nothing sensitive may be shown."""


class EndedError(DashboardError):
    """A dataset is past its retention date."""


class UnknownAddressError(DashboardError):
    """An address names a layer, level, language or file that does not exist."""


class RefusedError(DashboardError):
    """What is asked for is not done with a layer, to protect people (layers/restraint.py)."""


class NonsenseError(DashboardError):
    """A request that no page of the app sends."""


STATUS: tuple[tuple[type[DriversError], int], ...] = (
    (NonsenseError, 400),
    (UnknownAddressError, 404),
    (UnsafeTierError, 403),
    (RefusedError, 403),
    (EndedError, 410),
    (ProviderError, 503),
    (SignInError, 403),
    (AuditError, 503),
    (LayerError, 404),
    (GeodataError, 503),
    (DriversError, 500),
)


def http_status(error: DriversError) -> int:
    """Return the HTTP status of an error: the first line of the table that fits."""
    return next(status for kind, status in STATUS if isinstance(error, kind))
