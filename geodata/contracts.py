"""The contracts of the published tables: columns, types, closed codes, keys and foreign keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from geodata.errors import ContractError

if TYPE_CHECKING:
    import pandera.pandas as pandera

LEVELS = ("ADM0", "ADM1", "ADM2", "ADM3")
UNIT_TYPES = ("country", "region", "city", "republic", "district", "municipality", "survey_group", "joined")
NAME_RELATIONS = ("former", "short", "part", "other")
"""What a further name is to a unit: its former name, an abbreviation, the name of a part of it, another name."""
TYPOLOGIES = ("urban", "rural", "border", "peripheral")
SEXES = ("all", "female", "male")
QUALIFIERS = ("exact", "about", "at_least", "up_to", "claim")
OBS_STATUS = ("A", "B", "E", "I", "M", "O", "P", "U")
CONF_STATUS = ("F", "N", "C")
MISSING_REASONS = ("", "not_collected", "not_assessed", "suppressed", "not_applicable")
MATCH_METHODS = (
    "pcode",
    "iso_3166_2",
    "unit_id",
    "iso3",
    "national_code",
    "geonames",
    "name",
    "alias",
    "reviewed",
    "crosswalk",
)
SENSITIVITIES = ("low", "moderate", "high", "severe")
TIERS = ("public", "partner", "restricted")
KINDS = ("rate", "count", "index", "money", "range", "category")
STANCES = ("for", "against")
PROGRAMME_STATUS = ("planned", "ongoing", "completed", "suspended")

ISO3 = r"[A-Z]{3}"
IDENTIFIER = r"[a-z][a-z0-9_]{1,63}"
AGE = r"all|[0-9]{1,3}(-[0-9]{1,3}|\+)?"
_FIRST_FAULTS = 10

Check = Callable[["pd.Series[Any]"], bool]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a published table.

    Attributes
    ----------
    name : str
    kind : str
        ``code`` (text of few distinct values, held as a category), ``text``, ``number``, ``score`` (a number of
        single precision), ``integer``, ``flag``, ``date`` or ``geometry``.
    codes : tuple of str
        The closed list of values, if it has one.
    pattern : str
        What every value must match in full, if anything.
    nullable : bool
    low, high : float or None
        Bounds of a number.
    """

    name: str
    kind: str
    codes: tuple[str, ...] = ()
    pattern: str = ""
    nullable: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """What one published table must be: its columns in order, its key, its references to other tables."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = ()

    @property
    def column_names(self) -> list[str]:
        """The names of all columns, in their order."""
        return [column.name for column in self.columns]


def _code(name: str, *codes: str, pattern: str = "") -> Column:
    return Column(name, "code", codes, pattern)


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "text") for name in names)


def _dates(*names: str, nullable: bool = False) -> tuple[Column, ...]:
    return tuple(Column(name, "date", nullable=nullable) for name in names)


def _numbers(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "number", nullable=True) for name in names)


UNITS = Contract(
    "units",
    (
        _code("boundary_set"),
        Column("unit_id", "text", pattern=r".+"),
        _code("level", *LEVELS),
        *_texts("parent_unit_id", "parent_pcode"),
        _code("iso3", pattern=ISO3),
        *_texts("pcode", "iso_3166_2", "national_code", "name_en", "name_ru", "name_local", "local_lang"),
        _code("unit_type", *UNIT_TYPES),
        Column("typology", "text", TYPOLOGIES, nullable=True),
        *_dates("valid_from", "valid_to", nullable=True),
        Column("area_km2", "number", nullable=True, low=0.0),
        Column("lon", "number", low=-180.0, high=180.0),
        Column("lat", "number", low=-90.0, high=90.0),
        Column("has_polygon", "flag"),
        *_texts("members", "note_en", "note_ru"),
        Column("geometry", "geometry", nullable=True),
    ),
    ("boundary_set", "unit_id"),
    (
        (("boundary_set",), "boundary_sets", ("boundary_set",)),
        (("boundary_set", "parent_unit_id"), "units", ("boundary_set", "unit_id")),
    ),
)

BOUNDARY_SETS = Contract(
    "boundary_sets",
    (
        Column("boundary_set", "text", pattern=r".+"),
        _code("iso3", pattern=ISO3),
        *_texts("title_en", "title_ru"),
        *_dates("valid_from", "valid_to", nullable=True),
        Column("by_date", "flag"),
        *_texts("source_id", "note_en", "note_ru"),
    ),
    ("boundary_set",),
    ((("source_id",), "sources", ("source_id",)),),
)

OBSERVATIONS = Contract(
    "observations",
    (
        _code("indicator_id", pattern=IDENTIFIER),
        _code("unit_id", pattern=r".+"),
        _code("pcode"),
        _code("level", *LEVELS),
        _code("iso3", pattern=ISO3),
        _code("boundary_set"),
        *_dates("period_start", "period_end"),
        _code("sex", *SEXES),
        _code("age", pattern=AGE),
        *_numbers("value", "low", "high", "n"),
        _code("qualifier", *QUALIFIERS),
        _code("obs_status", *OBS_STATUS),
        _code("conf_status", *CONF_STATUS),
        _code("missing_reason", *MISSING_REASONS),
        _code("source_id"),
        _code("match_method", *MATCH_METHODS),
        Column("match_score", "score", low=0.0, high=1.0),
        Column("share_moved", "score", nullable=True, low=0.0, high=1.0),
        _code("source_file", pattern=r".+"),
        Column("source_row", "integer", low=1.0),
        _code("note_en"),
        _code("note_ru"),
    ),
    ("indicator_id", "unit_id", "period_start", "period_end", "sex", "age", "source_id", "note_en"),
    (
        (("indicator_id",), "indicators", ("indicator_id",)),
        (("boundary_set", "unit_id"), "units", ("boundary_set", "unit_id")),
        (("source_id",), "sources", ("source_id",)),
    ),
)

INDICATORS = Contract(
    "indicators",
    (
        Column("indicator_id", "text", pattern=IDENTIFIER),
        Column("driver", "text", pattern=IDENTIFIER),
        *_texts("title_en", "title_ru"),
        _code("sensitivity", *SENSITIVITIES),
        _code("tier", *TIERS),
        _code("kind", *KINDS),
        Column("spec", "text", pattern=r"(?s)\{.*\}"),
    ),
    ("indicator_id",),
)

SOURCES = Contract(
    "sources",
    (
        Column("source_id", "text", pattern=r".+"),
        *_texts("title", "publisher", "url", "licence", "terms"),
        *_dates("date_accessed", nullable=True),
        *_texts("caveat_en", "caveat_ru"),
    ),
    ("source_id",),
)

PROGRAMMES = Contract(
    "programmes",
    (
        *_texts("org_name", "org_type", "sector", "activity", "unit_id"),
        _code("level", *LEVELS),
        *_texts("boundary_set"),
        Column("status", "text", PROGRAMME_STATUS),
        *_dates("period_start", "period_end", nullable=True),
        *_numbers("target", "reached", "budget_usd"),
        *_texts("source_id"),
    ),
    ("org_name", "sector", "activity", "boundary_set", "unit_id", "period_start"),
    (
        (("boundary_set", "unit_id"), "units", ("boundary_set", "unit_id")),
        (("source_id",), "sources", ("source_id",)),
    ),
)

FLOWS = Contract(
    "flows",
    (
        _code("flow_id", pattern=IDENTIFIER),
        _code("level", *LEVELS),
        _code("from_set"),
        _code("from_unit", pattern=r".+"),
        _code("to_set"),
        _code("to_unit", pattern=r".+"),
        *_dates("period_start", "period_end"),
        Column("persons", "number", nullable=True, low=0.0),
        _code("missing_reason", *MISSING_REASONS),
        _code("source_id", pattern=r".+"),
    ),
    ("flow_id", "from_unit", "to_unit", "period_start"),
    (
        (("from_set", "from_unit"), "units", ("boundary_set", "unit_id")),
        (("to_set", "to_unit"), "units", ("boundary_set", "unit_id")),
        (("source_id",), "sources", ("source_id",)),
    ),
)

EVIDENCE = Contract(
    "evidence",
    (
        *_texts("evidence_id", "driver"),
        _code("stance", *STANCES),
        *_texts("text_en", "text_ru", "document", "paragraph", "source_id"),
    ),
    ("evidence_id",),
    ((("source_id",), "sources", ("source_id",)),),
)

CONTRACTS: Mapping[str, Contract] = {
    contract.name: contract
    for contract in (UNITS, BOUNDARY_SETS, OBSERVATIONS, INDICATORS, SOURCES, PROGRAMMES, FLOWS, EVIDENCE)
}

_PANDAS_TYPES = {
    "code": "category",
    "text": "str",
    "number": "float64",
    "score": "float32",
    "integer": "int32",
    "flag": "bool",
    "date": "datetime64[ms]",
    "geometry": "object",
}
_ARROW_TYPES = {
    "code": pa.dictionary(pa.int32(), pa.string()),
    "text": pa.string(),
    "number": pa.float64(),
    "score": pa.float32(),
    "integer": pa.int32(),
    "flag": pa.bool_(),
    "date": pa.date32(),
    "geometry": pa.binary(),
}


def arrow_schema(contract: Contract) -> pa.Schema:
    """Return the Arrow schema in which a table is written."""
    fields = [pa.field(c.name, _ARROW_TYPES[c.kind], nullable=c.nullable) for c in contract.columns]
    return pa.schema(fields)


def conform_table(df: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return a table with the contract's columns in their order and types; nothing is invented.

    Parameters
    ----------
    df : pandas.DataFrame
        With all columns of the contract.
    contract : Contract

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ContractError
        If a column is missing.
    """
    absent = [name for name in contract.column_names if name not in df.columns]
    if absent:
        raise ContractError(f"table {contract.name} lacks the columns {', '.join(absent)}")
    types = {column.name: _PANDAS_TYPES[column.kind] for column in contract.columns}
    return df.loc[:, contract.column_names].astype(types).reset_index(drop=True)


def empty_table(contract: Contract) -> pd.DataFrame:
    """Return a table of the contract without rows."""
    return conform_table(pd.DataFrame({name: [] for name in contract.column_names}), contract)


def _distinct(values: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return pd.Series(values.cat.categories, dtype="str")
    return pd.Series(values.dropna().unique(), dtype="str")


def _has_codes(codes: tuple[str, ...]) -> Check:
    return lambda values: bool(_distinct(values).isin(codes).all())


def _has_pattern(pattern: str) -> Check:
    return lambda values: bool(_distinct(values).str.fullmatch(pattern).all())


def _has_no_geometry_but_wkb(values: pd.Series[Any]) -> bool:
    return all(item is None or isinstance(item, bytes) for item in values)


def _checks(column: Column) -> list[pandera.Check]:
    import pandera.pandas as pandera

    checks = []
    if column.codes:
        checks.append(pandera.Check(_has_codes(column.codes), error=f"one of {', '.join(column.codes)}"))
    if column.pattern:
        checks.append(pandera.Check(_has_pattern(column.pattern), error=f"text like {column.pattern}"))
    if column.low is not None:
        checks.append(pandera.Check.ge(column.low))
    if column.high is not None:
        checks.append(pandera.Check.le(column.high))
    if column.kind == "number":
        checks.append(pandera.Check(lambda values: bool(~np.isinf(values).any()), error="finite numbers"))
    if column.kind == "geometry":
        checks.append(pandera.Check(_has_no_geometry_but_wkb, error="WKB or nothing"))
    return checks


def table_schema(contract: Contract) -> pandera.DataFrameSchema:
    """Return the pandera schema of a table: strict, ordered, nothing coerced."""
    import pandera.pandas as pandera

    columns = {
        column.name: pandera.Column(
            _PANDAS_TYPES[column.kind], checks=_checks(column), nullable=column.nullable, required=True
        )
        for column in contract.columns
    }
    return pandera.DataFrameSchema(columns, strict=True, ordered=True, coerce=False, name=contract.name)


def check_table(df: pd.DataFrame, contract: Contract) -> None:
    """Check a table against its contract: columns, types, codes, bounds, unique key.

    Parameters
    ----------
    df : pandas.DataFrame
    contract : Contract

    Raises
    ------
    ContractError
        Naming the table and all that fails.
    """
    from pandera.errors import SchemaErrors

    try:
        table_schema(contract).validate(df, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases[["column", "check", "failure_case"]].drop_duplicates()
        found = "; ".join(f"{c}: expected {check}, found {case!r}" for c, check, case in cases.to_numpy()[:10])
        raise ContractError(f"table {contract.name} breaks its contract ({len(cases)} faults): {found}") from error
    doubled = df.duplicated(list(contract.key))
    if doubled.any():
        first = df.loc[doubled, list(contract.key)].head(_FIRST_FAULTS).astype("str").agg(", ".join, axis=1)
        raise ContractError(
            f"table {contract.name}: {int(doubled.sum())} rows repeat the key {', '.join(contract.key)}: "
            f"{'; '.join(first)}"
        )


def check_foreign_keys(tables: Mapping[str, pd.DataFrame]) -> None:
    """Check that every reference between the published tables is met; an empty last part refers to nothing.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        All published tables by name.

    Raises
    ------
    ContractError
        Naming table, column and the first values that are not there.
    """
    for contract in CONTRACTS.values():
        for columns, target, target_columns in contract.references:
            used = tables[contract.name][list(columns)].drop_duplicates().astype("str")
            used = used.loc[used[columns[-1]] != ""]
            known = tables[target][list(target_columns)].astype("str").drop_duplicates()
            known = known.set_axis(list(columns), axis=1)
            merged = used.merge(known, how="left", on=list(columns), validate="1:1", indicator=True)
            orphans = merged.loc[merged["_merge"] == "left_only", list(columns)]
            if len(orphans):
                first = orphans.head(_FIRST_FAULTS).agg("/".join, axis=1)
                raise ContractError(
                    f"table {contract.name}: {len(orphans)} values of {', '.join(columns)} are not in {target}: "
                    f"{', '.join(first)}"
                )


def check_tables(tables: Mapping[str, pd.DataFrame]) -> None:
    """Check all published tables and the references between them.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Exactly the tables of `CONTRACTS`.

    Raises
    ------
    ContractError
        If a table is missing or unknown, or breaks its contract.
    """
    if tables.keys() != CONTRACTS.keys():
        raise ContractError(f"expected the tables {', '.join(CONTRACTS)}; found {', '.join(tables)}")
    for name, contract in CONTRACTS.items():
        check_table(tables[name], contract)
    check_foreign_keys(tables)
