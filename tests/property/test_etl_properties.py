"""Rules of the ETL that must hold for any input."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.harmonise import NUMBERS
from etl.match import group_rows
from etl.problems import Problems
from etl.protect import suppress
from etl.readers import read_csv
from etl.reference import name_key
from etl.validate import parse_numbers

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0", exclude_categories=("Cs",)), max_size=8)


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(CELLS, CELLS, st.integers(0, 9).map(str)), min_size=1, max_size=8))
def test_reading_agrees_with_the_standard_library(rows, tmp_path_factory):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("a", "b", "n"), *rows])
    path = tmp_path_factory.getbasetemp() / "property.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    reader = csv.reader(io.StringIO(text.getvalue(), newline=""))
    starts, end = [], 0
    for _ in reader:
        starts.append(end + 1)
        end = reader.line_num
    problems = Problems()
    df = read_csv(path, "property.csv", problems, frozenset({"b"}))
    assert problems.found == []
    assert df is not None
    assert df[["a", "b", "n"]].astype("str").to_numpy().tolist() == [list(row) for row in rows]
    assert all("\n" in "".join(row) or line for row, line in zip(rows, df["_row"], strict=True))
    assert df["_row"].tolist() == starts[1:]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.none(), max_size=20))
def test_numbers_survive_and_empty_is_never_zero(values):
    texts = pd.Series(["" if value is None else repr(value) for value in values], dtype="str")
    parsed = parse_numbers(texts)
    for value, number in zip(values, parsed, strict=True):
        assert np.isnan(number) if value is None else number == value


@given(st.text(max_size=30))
def test_comparing_names_is_stable(name):
    assert name_key(name_key(name)) == name_key(name) or name_key(name).casefold() != name_key(name)
    assert name_key(f"  {name}\t") == name_key(name)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), min_size=1, max_size=30))
def test_grouping_agrees_with_pandas(rows):
    df = pd.DataFrame(rows, columns=["x", "y"])
    group, first = group_rows([df["x"].astype("category"), df["y"]])
    np.testing.assert_array_equal(group, df.groupby(["x", "y"], sort=False).ngroup())
    assert len(first) == len(df.drop_duplicates())


UNITS = pd.DataFrame(
    {
        "unit_id": ["X", "X-1", "X-2", "g", "Y"],
        "parent_unit_id": ["", "X", "X", "X", ""],
        "members": ["", "", "", "X-1|X-2", ""],
    }
)
PARTS = {"X": {"X", "X-1", "X-2", "g"}, "g": {"g", "X-1", "X-2"}, "X-1": {"X-1"}, "X-2": {"X-2"}, "Y": {"Y"}}


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(PARTS)),
            st.sampled_from(["all", "female", "male"]),
            st.integers(2019, 2020),
            st.booleans(),
        ),
        min_size=1,
        max_size=14,
        unique_by=lambda row: row[:3],
    )
)
def test_aggregates_of_anything_suppressed_are_suppressed(rows):
    df = pd.DataFrame(rows, columns=["unit_id", "sex", "year", "hidden"])
    for name, values in (("unit_id", df["unit_id"]), ("sex", df["sex"]), ("age", "all"), ("indicator_id", "i")):
        df[name] = pd.Series(values, index=df.index).astype("category")
    df["period_start"] = df["period_end"] = pd.to_datetime(df["year"].astype(str))
    df["missing_reason"] = pd.Categorical(np.where(df["hidden"], "suppressed", ""))
    df["obs_status"] = pd.Categorical(["A"] * len(df))
    for name in NUMBERS:
        df[name] = 1.0
    result = suppress(df, UNITS)
    for at, row in enumerate(rows):
        expected = any(
            other[3] and other[0] in PARTS[row[0]] and other[2] == row[2] and row[1] in ("all", other[1])
            for other in rows
        )
        assert (result["conf_status"].iloc[at] == "C") is expected
        assert result[list(NUMBERS)].iloc[at].isna().all() == expected
