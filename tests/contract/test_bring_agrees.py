"""The pages on which data is brought and the ETL say the same, though neither may import the other."""

from __future__ import annotations

from typing import get_args

from dashboard.bring.mapping import CODE_KINDS, DEFAULT_LICENCE, FIGURES, ROLES
from dashboard.bring.review import ANSWER, EXCLUDE, KEY, REVIEW_FILE
from dashboard.bring.views import LAYER_FORMATS
from etl import formats, review
from etl.intake.spec import CodeKind, IntakeSpec, Role
from etl.reference import known_licences


def test_roles_and_kinds_of_codes_are_those_of_a_mapping() -> None:
    assert set(ROLES) - {FIGURES} <= set(get_args(Role))
    assert set(CODE_KINDS) == set(get_args(CodeKind))


def test_the_review_file_is_the_same() -> None:
    columns = set(review.COLUMNS)
    assert {*KEY, *ANSWER} <= columns
    assert review.REVIEW_FILE == REVIEW_FILE
    assert review.EXCLUDE == EXCLUDE


def test_what_the_pages_write_by_themselves_is_known() -> None:
    assert DEFAULT_LICENCE in known_licences()
    assert {"file", "columns", "values", "set", "recode", "header_rows", "first_row", "last_row", "decimal"} <= set(
        IntakeSpec.model_fields
    )


def test_formats_of_boundaries_are_those_that_are_read() -> None:
    assert set(LAYER_FORMATS) == set(formats.LAYER_FORMATS)
