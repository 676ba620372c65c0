"""One table turns every error of the project into an HTTP status."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.errors import STATUS, UnknownAddressError, UnsafeTierError, http_status
from geodata.errors import DashboardError, DriversError, EtlError, GeodataError, SnapshotError
from layers.classify import ClassificationError
from layers.layer import UnknownLevelError
from layers.words import UnknownLanguageError


def tree(kind: type[DriversError]) -> Iterator[type[DriversError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (UnknownAddressError, 404), (UnknownLanguageError, 404), (UnknownLevelError, 404), (ClassificationError, 404),
        (UnsafeTierError, 403), (SnapshotError, 503), (GeodataError, 503), (EtlError, 500), (DashboardError, 500),
        (DriversError, 500),
    ],
)  # fmt: skip
def test_status_of_an_error(kind: type[DriversError], status: int) -> None:
    assert http_status(kind("x")) == status


def test_every_error_of_the_project_has_a_status() -> None:
    for kind in tree(DriversError):
        error = kind.__new__(kind)  # some of them say more than one text; the table asks for the kind only
        assert 400 <= http_status(error) <= 599, kind


def test_no_line_of_the_table_is_hidden_by_an_earlier_one() -> None:
    kinds = [kind for kind, _ in STATUS]
    for i, kind in enumerate(kinds):
        assert not any(issubclass(kind, earlier) for earlier in kinds[:i]), kind
