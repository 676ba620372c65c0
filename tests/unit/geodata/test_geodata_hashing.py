import hashlib

import numpy as np
import pandas as pd
import pytest

from geodata.hashing import canonical_json, hash_table, snapshot_id

FRAME = pd.DataFrame(
    {
        "code": ["NA", "010", "", "NA"],
        "value": [1.0, np.nan, -0.0, 3.5],
        "day": pd.to_datetime(["2020-01-01", None, "2021-01-01", "2022-01-01"]),
        "flag": [True, False, True, False],
    }
)


def test_hash_does_not_depend_on_how_a_column_is_stored():
    same = FRAME.assign(
        code=pd.Categorical(FRAME["code"], categories=["x", "NA", "", "010"]),
        value=[1.0, np.float64("nan"), 0.0, 3.5],
        day=FRAME["day"].astype("datetime64[ms]"),
    )
    assert hash_table(same) == hash_table(FRAME)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("code", ["NA", "10", "", "NA"]),
        ("code", ["NA", "010", None, "NA"]),
        ("value", [1.0, 0.0, 0.0, 3.5]),
        ("day", pd.to_datetime(["2020-01-02", None, "2021-01-01", "2022-01-01"])),
        ("flag", [True, False, True, True]),
    ],
)
def test_every_change_changes_the_hash(column, values):
    assert hash_table(FRAME.assign(**{column: values})) != hash_table(FRAME)


def test_row_order_and_column_names_count():
    assert hash_table(FRAME.iloc[::-1]) != hash_table(FRAME)
    assert hash_table(FRAME.rename(columns={"flag": "flags"})) != hash_table(FRAME)


def test_canonical_json_is_sorted_compact_and_finite():
    assert canonical_json({"b": [1, 2.5], "a": "ы"}) == '{"a":"ы","b":[1,2.5]}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("nan")})


def test_snapshot_id_is_the_hash_of_sorted_lines():
    expected = hashlib.sha256(b"a.json:11\nb.parquet:22").hexdigest()[:16]
    assert snapshot_id({"b.parquet": "22", "a.json": "11"}) == expected
