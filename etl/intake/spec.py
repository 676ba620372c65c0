"""The model of `intake/<name>.yml`: how one table of a file as received becomes figures."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from layers.catalog import Strict

CodeKind = Literal["pcode", "iso_3166_2", "national", "kato", "soato", "coate", "geonames", "unit_id"]
Role = Literal[
    "place_name",
    "place_code",
    "parent_name",
    "parent_code",
    "iso3",
    "level",
    "period",
    "period_start",
    "period_end",
    "year",
    "quarter",
    "month",
    "indicator",
    "sex",
    "age",
    "value",
    "low",
    "high",
    "n",
    "qualifier",
    "obs_status",
    "conf_status",
    "missing_reason",
    "boundary_set",
    "source_id",
    "note",
]
MISSING_CODES = ("not_collected", "not_assessed", "suppressed", "not_applicable")
HEADER = "header"


def _as_text(value: Any) -> Any:
    """Take whole numbers as column names and marks: a header may be 2019."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


ColumnName = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]
RowNumber = Annotated[int, Field(ge=1)]


def _check_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from error
    return value


class ColumnRange(Strict):
    """Columns side by side, both ends included, by label (`C`) or header."""

    start: ColumnName = Field(alias="from")
    end: ColumnName = Field(alias="to")


class ColumnPattern(Strict):
    """Columns whose header holds a regular expression; those with a role of their own are left out.

    A group named `period` says which part of the header is the period: `^poverty_(?P<period>[0-9]{4})$`.
    """

    matching: str

    _compiles = field_validator("matching")(_check_pattern)


class ColumnRoles(Strict):
    """Which column holds what; a column is named by its header or its label (`A`, `column 1`)."""

    place_name: ColumnName | None = None
    place_code: ColumnName | None = None
    code_kind: CodeKind | None = None
    parent_name: ColumnName | None = None
    parent_code: ColumnName | None = None
    iso3: ColumnName | None = None
    level: ColumnName | None = None
    period: ColumnName | None = None
    period_start: ColumnName | None = None
    period_end: ColumnName | None = None
    year: ColumnName | None = None
    quarter: ColumnName | None = None
    month: ColumnName | None = None
    indicator: ColumnName | None = None
    sex: ColumnName | None = None
    age: ColumnName | None = None
    value: ColumnName | None = None
    low: ColumnName | None = None
    high: ColumnName | None = None
    n: ColumnName | None = None
    qualifier: ColumnName | None = None
    obs_status: ColumnName | None = None
    conf_status: ColumnName | None = None
    missing_reason: ColumnName | None = None
    boundary_set: ColumnName | None = None
    source_id: ColumnName | None = None
    note: ColumnName | None = None

    def roles(self) -> dict[Role, str]:
        """Return the column of each role that is given."""
        return {role: name for role in get_args(Role) if (name := getattr(self, role)) is not None}


class Constants(Strict):
    """Values that hold for all rows, or for all columns of one block."""

    iso3: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    level: Literal["ADM0", "ADM1", "ADM2", "ADM3"] | None = None
    indicator: Annotated[str, Field(min_length=1)] | None = None
    source_id: Annotated[str, Field(min_length=1)] | None = None
    boundary_set: str | None = None
    place_name: str | None = None
    place_code: str | None = None
    parent_name: str | None = None
    parent_code: str | None = None
    period: Annotated[str, BeforeValidator(_as_text)] | None = None
    year: Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^(1[89]|20|21)[0-9]{2}$")] | None = None
    sex: Literal["all", "female", "male"] | None = None
    age: Annotated[str, Field(pattern=r"^(all|[0-9]{1,3}(-[0-9]{1,3}|\+)?)$")] | None = None
    qualifier: Literal["exact", "about", "at_least", "up_to", "claim"] | None = None
    obs_status: Literal["A", "B", "E", "I", "P", "U"] | None = None
    note_en: str | None = None
    note_ru: str | None = None

    def given(self) -> dict[str, str]:
        """Return what is given."""
        found: dict[str, str] = self.model_dump(exclude_none=True)
        return found


class ValueBlock(Strict):
    """Columns of values side by side: a wide table has one block for each meaning."""

    columns: tuple[ColumnName, ...] | ColumnRange | ColumnPattern
    period: Annotated[str, BeforeValidator(_as_text)] | None = None
    set: Constants = Constants()


class SkipRows(Strict):
    """Rows that are not read, by their number in the file or by what a column holds; they are listed."""

    rows: tuple[RowNumber, ...] = ()
    where: dict[str, str] = Field(default_factory=dict)
    reason: Annotated[str, Field(min_length=1)] = "skipped by the mapping"

    @model_validator(mode="after")
    def _says_which(self) -> SkipRows:
        if not self.rows and not self.where:
            raise ValueError("rows or where")
        return self


class RowsLike(Strict):
    """Rows for which other constants hold, for example the row of the country in a table of regions."""

    where: dict[str, str] = Field(min_length=1)
    set: Constants


class IntakeSpec(Strict):
    """One table of a file as received and how it is read; everything but `file` can be found out or has a default."""

    file: str
    format: str | None = None
    part: str | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    header_rows: tuple[RowNumber, ...] | None = None
    units_row: RowNumber | None = None
    first_row: RowNumber | None = None
    last_row: RowNumber | None = None
    columns: ColumnRoles = ColumnRoles()
    values: tuple[ValueBlock, ...] = ()
    set: Constants = Constants()
    decimal: Literal[",", "."] | None = None
    missing: dict[str, Literal["not_collected", "not_assessed", "suppressed", "not_applicable"]] = Field(
        default_factory=dict
    )
    recode: dict[Role, dict[str, str]] = Field(default_factory=dict)
    fill_down: tuple[Role, ...] = ()
    skip: tuple[SkipRows, ...] = ()
    rows: tuple[RowsLike, ...] = ()

    @field_validator("file")
    @classmethod
    def _lies_in_raw(cls, value: str) -> str:
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or "\\" in value or path.parts[:1] != ("raw",):
            raise ValueError("a file in the folder raw/ of the package")
        return value

    @field_validator("missing", "recode", mode="before")
    @classmethod
    def _text_keys(cls, value: Any) -> Any:
        return {_as_text(key): inner for key, inner in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _rows_follow_each_other(self) -> IntakeSpec:
        if self.first_row is not None and self.last_row is not None and self.last_row < self.first_row:
            raise ValueError("last_row must not come before first_row")
        if self.header_rows and self.first_row is not None and self.first_row <= max(self.header_rows):
            raise ValueError("first_row must come after the header rows")
        if self.values and self.columns.value is not None:
            raise ValueError("either columns.value (a long table) or values (a wide table)")
        return self
