"""The view in the address: it round-trips, and what does not exist is rejected and named."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dashboard.view_state import Known, Rejected, ViewState, parse_view
from layers.layer import ESTIMATED, STATES, VALUE
from layers.variant import read_variant
from layers.words import load_words

LEVELS = {"poverty": ("ADM1", "ADM2"), "claims": ("ADM0",)}
UNITS = {"ADM0": ("K",), "ADM1": ("KZ-10", "KZ 11 & co"), "ADM2": ("KZ-1001",)}
PERIODS = {"poverty": ("2015", "2015-2016", "2021-01-01_2021-03-31", "latest"), "claims": ("2016",)}
KNOWN = Known(
    places=("KG-O", "KZ 11 & co"),
    dataset=None,
    layers=LEVELS,
    countries=("KAZ", "KGZ"),
    languages=("en", "ru"),
    default_layer="poverty",
    default_level=lambda layer: LEVELS[layer][0],
    units=lambda level: UNITS[level],
    periods=lambda layer, level: PERIODS[layer],
    variant=lambda layer, level, query: read_variant(query),
)
DEFAULT = ViewState(layer="poverty", level="ADM1", lang="en")


def read(query: str) -> tuple[ViewState, tuple[Rejected, ...]]:
    return parse_view(dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True)), KNOWN, "en")


def test_an_empty_address_is_the_default_view() -> None:
    assert read("") == (DEFAULT, ())
    assert parse_view({}, KNOWN, "ru")[0].lang == "ru"


VALUES = {
    "layer": "claims",
    "level": "ADM2",
    "period": "2021-01-01_2021-03-31",
    "country": "KGZ",
    "unit": "KZ 11 & co",
    "view": "-120,340,1200,900",
    "kept": "3",
    "table": True,
    "sort": "value-desc",
    "sex": "female",
    "age": "15-24",
    "scheme": "equal_interval",
    "k": "7",
    "breaks": "-1.5,0,12",
    "mid": "mean",
    "palette": "teals",
    "ramp": "1",
    "scale": "across",
    "upto": "1",
    "base": "2015",
    "measure": "percent",
    "second": "claims",
    "fill": "hatch",
    "whose": "female.15-24",
    "over": "poverty.fill.60;claims.fill.100.off;poverty.symbol.80;programmes.icons.100.off",
    "ref": "capitals,lakes",
    "inside": "KZ 11 & co",
    "filter": "country:KAZ|KGZ;value:10..20",
    "picked": "KZ-10,KZ 11 & co",
    "speed": "0.5",
    "loop": True,
    "span": "2015..2015-2016",
    "mode": "swipe",
    "other": "layer:poverty;period:2015",
    "at": "50",
    "grid": "period.3x4",
    "chart": "scatter",
    "against": "claims",
    "present": True,
    "lang": "ru",
}


def test_every_key_of_the_view_is_tried_here() -> None:
    assert set(VALUES) == set(ViewState.model_fields) - {"dataset"}  # chosen before the rest: test_datasets.py


@pytest.mark.parametrize(
    ("key", "value"), [*VALUES.items(), ("country", "all"), ("view", "0,0,1,1"), ("period", "latest")]
)
def test_every_key_round_trips(key: str, value: object) -> None:
    fields = {"layer": "poverty", "level": "ADM0" if (key, value) == ("layer", "claims") else "ADM1"} | {key: value}
    view = ViewState.model_validate(fields)
    assert read(view.query()) == (view, ())


@pytest.mark.parametrize("entry", [*"012345678", *STATES, VALUE, ESTIMATED])
def test_every_legend_entry_can_be_kept_in_the_address(entry: str) -> None:
    view = DEFAULT.model_copy(update={"kept": entry})
    assert read(view.query()) == (view, ())


def test_a_whole_view_round_trips() -> None:
    view = ViewState.model_validate(VALUES | {"layer": "poverty"} | {"unit": "KZ-1001"})
    assert read(view.query()) == (view, ())


def test_defaults_are_left_out_of_the_address() -> None:
    assert DEFAULT.query() == "?layer=poverty&level=ADM1&lang=en"
    assert DEFAULT.query(lang="ru", period="2015") == "?layer=poverty&level=ADM1&period=2015&lang=ru"


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("layer=wealth", Rejected("notice.unknown_layer", "wealth")),
        ("level=ADM3", Rejected("notice.unknown_level", "ADM3")),
        ("period=1066", Rejected("notice.unknown_period", "1066")),
        ("country=FRA", Rejected("notice.unknown_country", "FRA")),
        ("unit=KZ-1001", Rejected("notice.unknown_unit", "KZ-1001")),
        ("inside=KAZ", Rejected("notice.unknown_unit", "KAZ")),
        ("lang=tlh", Rejected("notice.unknown_language", "tlh")),
        ("view=1,2", Rejected("notice.bad_position", "1,2")),
        ("view=1,2,0.5,1", Rejected("notice.bad_position", "1,2,0.5,1")),
        ("view=1,2,0,10", Rejected("notice.bad_position", "1,2,0,10")),
        ("view=1,2,3,4%0A", Rejected("notice.bad_position", "1,2,3,4\n")),
        ("view=nan,nan,nan,nan", Rejected("notice.bad_position", "nan,nan,nan,nan")),
        ("kept=9", Rejected("notice.unknown_key", "9")),
        ("kept=nn", Rejected("notice.unknown_key", "nn")),
        ("table=yes", Rejected("notice.unknown_key", "yes")),
        ("sort=value", Rejected("notice.unknown_key", "value")),
        ("sort=value-asc%0A", Rejected("notice.unknown_key", "value-asc\n")),
        ("colour=red", Rejected("notice.unknown_key", "colour")),
    ],
)
def test_what_does_not_exist_is_rejected_and_the_default_taken(query: str, complaint: Rejected) -> None:
    view, rejected = read(query)
    assert view == DEFAULT
    assert rejected == (complaint,)
    assert complaint.value in load_words("en")(complaint.key, value=complaint.value)


def test_good_parts_of_a_bad_address_are_kept() -> None:
    view, rejected = read("layer=claims&period=2015&country=KAZ&unit=KZ-10")
    assert view == ViewState(layer="claims", level="ADM0", country="KAZ", lang="en")
    assert {r.key for r in rejected} == {"notice.unknown_period", "notice.unknown_unit"}


def test_a_long_value_is_cut_in_the_notice() -> None:
    assert read("layer=" + "x" * 500)[1] == (Rejected("notice.unknown_layer", "x" * 40),)


def test_unknown_fields_are_errors() -> None:
    with pytest.raises(ValidationError):
        ViewState.model_validate({"layer": "a", "level": "b", "colour": "red"})


keys = st.one_of(st.sampled_from(list(ViewState.model_fields)), st.text(max_size=12))
hostile = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"-?\d{1,7},-?\d{1,7},\d{1,7},[\d.]{1,7}\s?"),
    st.sampled_from(["inf,0,1,1", "{0}", "{value}"]),
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(keys, hostile, max_size=8))
def test_no_address_can_raise(query: dict[str, str]) -> None:
    view, rejected = parse_view(query, KNOWN, "en")
    assert view.layer in LEVELS
    assert view.level in LEVELS[view.layer]
    assert parse_view(dict(parse_qsl(view.query()[1:])), KNOWN, "en") == (view, ())
    for one in rejected:
        assert one.value in load_words("ru")(one.key, value=one.value)


@pytest.mark.parametrize(
    "query",
    [
        "k=1",
        "k=10",
        "breaks=3,2",
        "breaks=1,1",
        "scheme=jenks",
        "mid=top",
        "sex=f",
        "over=a",
        "grid=period.9x9",
        "loop=2",
    ],
)
def test_what_has_not_the_form_of_its_key_is_rejected(query: str) -> None:
    view, rejected = read(query)
    assert view == DEFAULT
    assert len(rejected) == 1


def test_how_the_base_and_the_second_layer_are_shown() -> None:
    view, rejected = read("layer=poverty&second=claims&over=poverty.fill.60;claims.fill.80.off;poverty.symbol.30")
    assert rejected == ()
    assert [view.share(layer) for layer in ("poverty", "claims", "other")] == [0.6, 0.0, 1.0]
    assert view.shown_second is None
    shown = view.model_copy(update={"over": "claims.fill.80;poverty.fill.0"})
    assert [shown.share(layer) for layer in ("poverty", "claims")] == [0.0, 0.8]
    assert shown.shown_second == "claims"
    assert shown.model_copy(update={"mode": "side"}).shown_second is None


@pytest.mark.parametrize("whose", ["female", "women.all", "female.young", "female.15-24;male.all"])
def test_a_group_that_is_none_is_rejected(whose: str) -> None:
    view, rejected = read(f"layer=poverty&second=claims&whose={quote(whose)}")
    assert view.whose is None
    assert rejected == (Rejected("notice.unknown_key", whose),)
