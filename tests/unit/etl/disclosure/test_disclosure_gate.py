"""Which figures the gate withholds: counts, their rates, what is too fine, what contradicts itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from etl.disclosure.gate import seal_figures
from etl.disclosure.rounding import KEY_VARIABLE, round_counts, round_figures
from etl.disclosure.table import DisclosureError
from etl.problems import BadInputError
from etl.protect import protect_figures
from layers.catalog import Rounding
from tests.unit.etl.disclosure.frames import UNITS, both, figures, spec

COUNTS = [("LAND", 90), ("NORTH", 50), ("SOUTH", 40), ("N1", 46), ("N2", 4), ("S1", 22), ("S2", 18)]
PEOPLE = [("LAND", 90_000), ("NORTH", 50_000), ("SOUTH", 40_000), ("N1", 25_000), ("N2", 25_000), ("S1", 19_999)]


def rows(pairs, year=2020, sex="all"):
    return [(unit, year, year, sex, "all", value) for unit, value in pairs]


def quiet(step):
    """Show nothing."""


def seal(df, specs, earlier=None, **options):
    return seal_figures(df, specs, UNITS, earlier or {}, quiet, **options)


def withheld_units(df, sealed, indicator="left"):
    part = df.loc[sealed.withheld & (df["indicator_id"].astype("str") == indicator).to_numpy()]
    return set(part["unit_id"])


def test_a_small_count_takes_a_neighbour_with_it():
    df = figures(*rows(COUNTS))
    sealed = seal(df, [spec()])
    assert withheld_units(df, sealed) > {"N2"}
    evidence = sealed.evidence["left"]
    assert (evidence["cells"], evidence["primary"], evidence["passed"]) == (7, 1, True)
    assert evidence["secondary"] == sealed.withheld.sum() - 1
    assert evidence["least_width"] >= 10
    assert evidence["rules"]["k"] == 10
    assert sealed.search["left"]["gap"] == 0


def test_the_evidence_holds_no_value_and_no_interval():
    df = figures(*rows([("NORTH", 1055), ("N1", 1048), ("N2", 7)]))
    evidence = seal(df, [spec()]).evidence["left"]
    assert evidence["primary"] == 1
    numbers = {value for value in evidence.values() if isinstance(value, int | float)}
    assert not numbers & set(df["value"])
    assert {"low", "high", "intervals", "values"}.isdisjoint(evidence)


def test_a_rate_is_withheld_exactly_where_its_numerator_is():
    rate = spec("left_rate", kind="rate", sensitivity="high",
                disclosure={"numerator": "left", "denominator": "people", "per": 1000})  # fmt: skip
    people = spec("people", sensitivity="low", disclosure=None)
    rates = figures(*rows([(unit, value / 25) for unit, value in COUNTS]), indicator="left_rate")
    df = both(figures(*rows(COUNTS)), rates, figures(*rows(PEOPLE), indicator="people"))
    sealed = seal(df, [spec(), rate, people])
    assert withheld_units(df, sealed) == withheld_units(df, sealed, "left_rate") != set()
    assert withheld_units(df, sealed, "people") == set()
    assert sealed.unreliable.sum() == 1  # the unit with fewer people than the floor
    assert df.loc[sealed.unreliable, ["indicator_id", "unit_id"]].to_numpy().tolist() == [["left_rate", "S1"]]


def test_a_rate_without_a_count_is_judged_by_the_count_that_it_gives_away():
    rate = spec("left_rate", kind="rate", sensitivity="high", disclosure={"denominator": "people", "per": 1000})
    rates = figures(*rows([("N1", 1.0), ("N2", 0.2), ("S1", 0.0), ("S2", 3.0)]), indicator="left_rate")
    df = both(rates, figures(*rows(PEOPLE), indicator="people"))
    sealed = seal(df, [rate, spec("people", sensitivity="low", disclosure=None)])
    # N2: 5 persons; S2 has no denominator and cannot be judged; the zero of S1 is shown.
    assert withheld_units(df, sealed, "left_rate") == {"N2", "S2"}
    assert sealed.evidence["left_rate"]["unjudged"] == 1


def test_what_the_source_withholds_stays_so_and_loosens_nothing_else():
    df = figures(*rows(COUNTS))
    df.loc[3, "value"] = np.nan
    df["missing_reason"] = pd.Categorical(
        np.where(df["unit_id"] == "N1", "suppressed", ""), categories=["", "suppressed"]
    )
    shown, sealed = protect_figures(df, [spec()], UNITS, {}, quiet)
    hidden = set(shown.loc[shown["conf_status"] == "C", "unit_id"])
    assert {"N1", "NORTH", "LAND", "N2"} <= hidden  # everything above N1, and the small count beside it
    assert shown.loc[shown["conf_status"] == "C", ["value", "low", "high", "n"]].isna().all(axis=None)
    assert sealed.evidence["left"]["passed"]


def test_pooled_years_are_protected_with_their_years():
    years = [("N1", year, year, "all", "all", value) for year, value in ((2018, 30), (2019, 4), (2020, 25))]
    df = figures(*years, ("N1", 2018, 2020, "all", "all", 59))
    sealed = seal(df, [spec()])
    assert sealed.withheld[1]
    assert sealed.withheld.sum() == 2


def test_a_sum_of_another_count_is_protected_with_it_and_with_the_rate_of_the_sum():
    years = [("N1", year, year, "all", "all", value) for year, value in ((2018, 30), (2019, 4), (2020, 25))]
    total = figures(("N1", 2018, 2020, "all", "all", 59), indicator="left_3y")
    rate = figures(("N1", 2018, 2020, "all", "all", 2.36), indicator="left_rate_3y")
    df = both(figures(*years), total, rate)
    pooled = spec("left_3y", disclosure={"sum_of": "left", "finest_level": "ADM2"})
    share = spec("left_rate_3y", kind="rate", disclosure={"numerator": "left_3y", "per": 1000, "finest_level": "ADM2"})
    sealed = seal(df, [spec(), pooled, share])
    assert sealed.withheld[1]
    assert sealed.withheld[3] == sealed.withheld[4]
    assert sealed.withheld[[0, 2, 3]].sum() == 1
    assert set(sealed.evidence) == {"left", "left_3y", "left_rate_3y"}
    apart = seal(df, [spec(), spec("left_3y"), share])
    assert not apart.withheld[[0, 2, 3]].any()  # without the key nobody knows that these are the same persons


@pytest.mark.parametrize(("kind", "of"), [("count", "left"), ("rate", "other")])
def test_only_a_count_is_the_sum_of_another_count(kind, of):
    with pytest.raises(ValidationError, match="only a count is the sum of another count"):
        spec("left", kind=kind, disclosure={"sum_of": of, "finest_level": "ADM2"})


def test_low_and_moderate_indicators_are_left_as_they_are_unless_they_ask():
    df = figures(*rows(COUNTS))
    for sensitivity in ("low", "moderate"):
        sealed = seal(df, [spec(sensitivity=sensitivity, disclosure=None)])
        assert not sealed.withheld.any()
        assert sealed.evidence == {}
    asked = seal(df, [spec(sensitivity="moderate", disclosure={"zeros": "shown"})])
    assert asked.withheld.any()
    assert asked.evidence["left"]["rules"]["k"] == 5


def test_figures_that_their_source_has_published_are_named_in_the_evidence():
    df = figures(*rows(COUNTS))
    sealed = seal(df, [spec(sensitivity="high", disclosure={"published": True})])
    assert not sealed.withheld.any()
    assert sealed.evidence["left"]["rules"] == {"published": True}


def test_a_tier_that_may_not_hold_an_indicator_spends_no_time_on_it():
    assert seal(figures(*rows(COUNTS)), [spec()], tiers=["public", "partner"]).evidence == {}


def test_totals_that_contradict_their_parts_are_named_by_row():
    df = figures(("N1", 2020, 2020, "all", "all", 5), ("N1", 2020, 2020, "male", "all", 5),
                 ("N1", 2020, 2020, "female", "all", 4))  # fmt: skip
    with pytest.raises(BadInputError) as caught:
        seal(df, [spec()])
    (problem,) = caught.value.problems
    assert (problem.file, problem.row) == ("a.csv", 2)
    assert "at least 9, the sum of women and men" in str(problem)


def test_periods_and_levels_finer_than_allowed_are_refused_by_row():
    df = figures(*rows(COUNTS))
    df.loc[4, "period_end"] = pd.Timestamp("2020-06-30")
    with pytest.raises(BadInputError, match=r"a.csv, row 6, period_start, period_end: .*at least year"):
        seal(df, [spec()])
    coarse = spec(levels=["ADM0", "ADM1"], disclosure=None)
    with pytest.raises(BadInputError, match=r'a.csv, row 5, level: found "ADM2"; expected ADM1 or coarser'):
        seal(figures(*rows(COUNTS)), [coarse])


def test_what_an_earlier_release_showed_cannot_be_taken_back():
    df = figures(*rows(COUNTS))
    with pytest.raises(DisclosureError, match="an earlier release in the folder shows 1 figures"):
        seal(df, [spec()], {"left": df.loc[df["unit_id"] == "N2"]})
    revised = df.assign(value=df["value"] + 1).loc[df["unit_id"] == "N2"]
    assert seal(df, [spec()], {"left": revised}).withheld.any()
    first = seal(df, [spec()])
    shown = df.loc[~first.withheld]
    assert (seal(df, [spec()], {"left": shown}).withheld == first.withheld).all()


def test_two_releases_together_may_not_give_away_what_each_hides():
    df = figures(*rows(COUNTS))
    # Earlier all but N1, N2 was shown; now N1 is a revised figure and could be shown, were it not for N2.
    earlier = df.loc[df["unit_id"].isin(["LAND", "NORTH", "SOUTH", "S1", "S2"])]
    sealed = seal(df, [spec()], {"left": earlier})
    assert withheld_units(df, sealed) == {"N1", "N2"}
    with pytest.raises(DisclosureError, match="cannot be protected"):
        seal(df, [spec()], {"left": df.loc[df["unit_id"] != "N2"]})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"disclosure": None}, "shown at ADM1 at the finest, and levels names ADM2"),
        ({"levels": ["ADM1", "ADM3"]}, "found ADM3"),
        ({"disclosure": {"finest_level": "ADM3"}}, "never shown finer than ADM2"),
        ({"disclosure": {"finest_level": "ADM2", "finest_period": "quarter"}}, "or than a year"),
        ({"disclosure": {"finest_level": "ADM2", "k": 5}}, "needs disclosure.k of at least 10"),
        ({"disclosure": {"finest_level": "ADM2", "rounding": {"base": 5}}}, "never rounded, smoothed"),
        ({"sensitivity": "high", "disclosure": {"rounding": {"base": 5, "method": "random"}}}, "never rounded"),
        ({"disclosure": {"published": True}}, "is always protected"),
        ({"sensitivity": "high", "disclosure": {"published": True, "k": 10}}, "published: true stands alone"),
        ({"kind": "rate", "disclosure": {"finest_level": "ADM2"}}, "name in disclosure the count"),
        ({"disclosure": {"finest_level": "ADM2", "smoothing": 1}}, "Extra inputs are not permitted"),
        ({"sensitivity": "low", "kind": "rate", "disclosure": {"rounding": {"base": 5}}}, "only counts are rounded"),
    ],
)
def test_what_cannot_be_protected_is_refused_in_the_catalog(changes, words):
    with pytest.raises(ValidationError, match=words):
        spec(**changes)


def test_the_catalog_can_be_read_back():
    for one in (spec(), spec(sensitivity="high", disclosure={"published": True})):
        assert type(one).model_validate_json(one.model_dump_json()) == one


def test_rounding_to_a_base_goes_to_the_nearest():
    df = figures(*rows([("N1", 0), ("N2", 2), ("S1", 3), ("S2", 1237)]))
    assert round_counts(df, "left", Rounding(base=5), None).tolist() == [0, 0, 5, 1235]


def test_random_rounding_repeats_itself_and_is_right_on_average():
    df = figures(*[("N1", year, year, "all", "all", 13) for year in range(1000, 2000)])
    rounding = Rounding(base=5, method="random")
    first = round_counts(df, "left", rounding, b"0123456789abcdef")
    assert set(first) == {10, 15}
    assert abs(first.mean() - 13) < 0.25
    assert (
        round_counts(df.sample(frac=1, random_state=1), "left", rounding, b"0123456789abcdef").sort_index() == first
    ).all()
    assert (round_counts(df, "left", rounding, b"another key, as long") != first).any()
    exact = figures(*rows([("N1", 15), ("N2", float("nan"))]))
    result = round_counts(exact, "left", rounding, b"0123456789abcdef")
    assert result[0] == 15
    assert np.isnan(result[1])


def test_random_rounding_without_a_key_is_refused(monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    low = spec(sensitivity="low", disclosure={"rounding": {"base": 5, "method": "random"}})
    df = figures(*rows(COUNTS))
    with pytest.raises(DisclosureError, match=KEY_VARIABLE):
        round_figures(df, [low])
    monkeypatch.setenv(KEY_VARIABLE, "0123456789abcdef")
    assert (round_figures(df, [low])["value"] % 5 == 0).all()


def test_totals_above_their_parts_are_counted_in_a_notice():
    df = figures(*rows([("NORTH", 60), ("N1", 46), ("N2", 4)]))
    (notice,) = seal(df, [spec()]).notices
    assert (notice.kind, notice.subject, notice.rows) == ("loose_total", "left", 1)
