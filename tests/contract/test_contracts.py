"""The published tables: contracts against their documentation, and contracts that do refuse."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from etl.package import REFERENCE_COLUMNS
from geodata.contracts import (
    CONTRACTS,
    MATCH_METHODS,
    arrow_schema,
    check_foreign_keys,
    check_table,
    conform_table,
    empty_table,
)
from geodata.errors import ContractError
from geodata.snapshot import TABLES
from layers.catalog import Columns

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def documented_columns(table: str) -> list[str]:
    text = (DOCS / "snapshot.md").read_text(encoding="utf-8").split("## Tables")[1].replace("\n", " ")
    found = re.search(rf"`{table}`(?: \(who does what where\))?: (.*?)\.(?: |$)", text)
    assert found is not None
    plain = re.sub(r"\([^)]*\)", "", found.group(1))
    return [name.strip() for name in plain.split(",") if name.strip()]


@pytest.mark.parametrize("table", ["units", "observations", "indicators", "programmes", "evidence"])
def test_contract_is_as_documented(table):
    assert CONTRACTS[table].column_names == documented_columns(table)


@pytest.mark.parametrize("table", ["boundary_sets", "sources"])
def test_contract_is_the_table_of_the_package(table):
    assert CONTRACTS[table].column_names == list(REFERENCE_COLUMNS[table])


def test_reader_knows_the_same_tables():
    assert set(TABLES) == set(CONTRACTS)


def test_columns_of_the_package_are_documented():
    text = (DOCS / "data-package.md").read_text(encoding="utf-8")
    for column in {*Columns().model_dump().values(), *(c for columns in REFERENCE_COLUMNS.values() for c in columns)}:
        assert re.search(rf"\b{column}\b", text) or column.endswith(("_en", "_ru")), column


def test_match_methods_are_documented():
    text = (DOCS / "snapshot.md").read_text(encoding="utf-8").replace("\n", " ")
    found = re.search(r"match_method \(([^)]*)\)", text)
    assert found is not None
    assert tuple(found.group(1).split(", ")) == MATCH_METHODS


def observations(**changes: object) -> pd.DataFrame:
    row = {
        "indicator_id": "poverty_rate",
        "unit_id": "XA-WE",
        "pcode": "0101",
        "level": "ADM1",
        "iso3": "XAA",
        "boundary_set": "XAA-old",
        "period_start": pd.Timestamp("2018-01-01"),
        "period_end": pd.Timestamp("2018-12-31"),
        "sex": "all",
        "age": "15-29",
        "value": 0.0,
        "low": np.nan,
        "high": np.nan,
        "n": np.nan,
        "qualifier": "exact",
        "obs_status": "A",
        "conf_status": "F",
        "missing_reason": "",
        "source_id": "census",
        "match_method": "pcode",
        "match_score": 1.0,
        "share_moved": float("nan"),
        "source_file": "data/figures/a.csv",
        "source_row": 2,
        "note_en": "",
        "note_ru": "",
    }
    return conform_table(pd.DataFrame([{**row, **changes}]), CONTRACTS["observations"])


def test_good_table_passes():
    check_table(observations(), CONTRACTS["observations"])


@pytest.mark.parametrize("name", list(CONTRACTS))
def test_table_without_rows_passes(name):
    check_table(empty_table(CONTRACTS[name]), CONTRACTS[name])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("obs_status", "X"),
        ("conf_status", ""),
        ("missing_reason", "unknown"),
        ("match_method", "guess"),
        ("match_score", 1.5),
        ("share_moved", -0.1),
        ("level", "ADM9"),
        ("iso3", "xaa"),
        ("sex", "m"),
        ("age", "young"),
        ("value", np.inf),
        ("source_row", 0),
        ("unit_id", ""),
    ],
)
def test_wrong_value_is_refused(column, value):
    with pytest.raises(ContractError, match=column):
        check_table(observations(**{column: value}), CONTRACTS["observations"])


def test_nothing_is_coerced():
    wrong = observations().astype({"value": "str"})
    with pytest.raises(ContractError, match="value"):
        check_table(wrong, CONTRACTS["observations"])


def test_unknown_and_missing_columns_are_refused():
    with pytest.raises(ContractError, match="extra"):
        check_table(observations().assign(extra=1), CONTRACTS["observations"])
    with pytest.raises(ContractError, match="note_ru"):
        check_table(observations().drop(columns="note_ru"), CONTRACTS["observations"])
    with pytest.raises(ContractError, match="lacks the columns note_ru"):
        conform_table(observations().drop(columns="note_ru"), CONTRACTS["observations"])


def test_doubled_key_is_refused():
    twice = pd.concat([observations(), observations()], ignore_index=True)
    with pytest.raises(ContractError, match="1 rows repeat the key"):
        check_table(twice, CONTRACTS["observations"])


def test_reference_to_nothing_is_refused():
    tables = {name: empty_table(contract) for name, contract in CONTRACTS.items()}
    check_foreign_keys(tables)
    tables["observations"] = observations()
    with pytest.raises(
        ContractError, match=r"observations: 1 values of indicator_id are not in indicators: poverty_rate"
    ):
        check_foreign_keys(tables)


def test_dates_are_written_as_dates():
    schema = arrow_schema(CONTRACTS["observations"])
    table = pa.Table.from_pandas(observations(), schema=schema, preserve_index=False)
    assert str(table.schema.field("period_start").type) == "date32[day]"
    assert table.column("period_end")[0].as_py().isoformat() == "2018-12-31"
