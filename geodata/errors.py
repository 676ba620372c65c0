"""The errors of the project: one tree, few branches, messages that say what to do next."""

from __future__ import annotations


class DriversError(Exception):
    """Base of every error that the project raises on purpose."""


class GeodataError(DriversError):
    """Admin units, geometry, contracts or a snapshot are not as they must be."""


class ProjectionError(GeodataError):
    """A projection is unknown or does not keep areas equal."""


class ContractError(GeodataError):
    """A published table breaks its contract."""


class SnapshotError(GeodataError):
    """A snapshot is missing, incomplete, altered, or of another tier or schema."""


class RetentionError(SnapshotError):
    """A snapshot is past the day until which its figures may be kept."""


class LayerError(DriversError):
    """A layer cannot be made from its specification and observations."""


class EtlError(DriversError):
    """A data package cannot be read, or a snapshot cannot be published."""


class DashboardError(DriversError):
    """The app cannot answer a request."""
