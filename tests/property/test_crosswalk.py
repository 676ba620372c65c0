"""Properties of carrying: nothing is lost, nothing is invented, in either direction."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from etl.carry import carry_counts, split_values
from etl.shares import round_shares

AMOUNTS = st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=6).filter(lambda x: sum(x) > 1e-3)
COUNTS = st.floats(-1e9, 1e9, allow_nan=False)


@given(AMOUNTS)
def test_shares_add_up_to_one_and_follow_the_amounts(amounts: list[float]) -> None:
    shares = round_shares(amounts)
    assert sum(shares) == 1
    assert all(abs(float(s) - a / math.fsum(amounts)) < 1e-12 for s, a in zip(shares, amounts, strict=True))


@given(COUNTS, AMOUNTS)
def test_the_parts_of_a_count_add_up_to_it(count: float, amounts: list[float]) -> None:
    shares = np.array([float(share) for share in round_shares(amounts)])
    parts = split_values(np.array([count]), shares, np.array([len(shares)]))
    assert abs(math.fsum(parts) - count) <= 1e-9 * max(abs(count), 1.0)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Up to six units that are divided among up to four, with figures of one moment for all of them."""
    receivers = draw(st.integers(1, 4))
    links = []
    for unit in range(draw(st.integers(1, 6))):
        into = draw(st.lists(st.integers(0, receivers - 1), min_size=1, max_size=receivers, unique=True))
        amounts = draw(st.lists(st.floats(0.01, 1e3), min_size=len(into), max_size=len(into)))
        shares = round_shares(amounts)
        links += [(f"f{unit}", f"t{to}", float(s)) for to, s in zip(sorted(into), shares, strict=True) if s > 0]
    table = pd.DataFrame(links, columns=["from_unit", "to_unit", "share"]).sort_values(["from_unit", "to_unit"])
    units = sorted(set(table["from_unit"]))
    states = draw(st.lists(st.sampled_from(["v", "v", "v", "missing", "suppressed"]), min_size=6, max_size=6))
    rows = pd.DataFrame(
        {
            "unit_id": units,
            "period_start": pd.Timestamp("2020-01-01"),
            "period_end": pd.Timestamp("2020-12-31"),
            "sex": "all",
            "age": "all",
            "value": [draw(COUNTS) if states[n] == "v" else np.nan for n in range(len(units))],
            "missing_reason": [
                {"v": "", "missing": "not_collected", "suppressed": "suppressed"}[states[n]] for n in range(len(units))
            ],
        }
    )
    return rows, table.reset_index(drop=True)


@given(worlds())
def test_nothing_is_lost_and_nothing_hidden_comes_out(world: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    rows, links = world
    carried = carry_counts(rows, links, links["share"].to_numpy())
    to_unit = links["to_unit"].to_numpy()[carried.link[carried.first]]
    result = dict(zip(to_unit, carried.value, strict=True))
    assert set(result) == set(links["to_unit"])
    given_value = dict(zip(rows["unit_id"], rows["value"], strict=True))
    reason = dict(zip(rows["unit_id"], rows["missing_reason"], strict=True))
    hidden = dict(zip(to_unit, carried.suppressed, strict=True))
    for unit, part in links.groupby("to_unit"):
        sources = part["from_unit"].tolist()
        assert hidden[unit] == any(reason[source] == "suppressed" for source in sources)
        assert np.isnan(result[unit]) == any(reason[source] != "" for source in sources)
        if not np.isnan(result[unit]):
            expected = math.fsum(given_value[s] * w for s, w in zip(sources, part["share"], strict=True))
            assert abs(result[unit] - expected) <= 1e-9 * max(1.0, max(abs(given_value[s]) for s in sources))
    if not rows["value"].isna().any():
        size = max(1.0, float(rows["value"].abs().sum()))
        assert abs(math.fsum(result.values()) - math.fsum(rows["value"])) <= 1e-9 * size
