"""Charts over HTTP: what is drawn of the training country, what is refused, what is written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.charts.chart import KINDS
from dashboard.factory import create_app
from dashboard.settings import Settings
from etl.__main__ import main

LAYER = {"layer": "unemployment_rate", "level": "ADM2", "lang": "en"}
SEVERE = {"layer": "ftf_departures", "level": "ADM1", "lang": "en"}
HIGH = {"layer": "returnees_per_1000", "level": "ADM2", "lang": "en"}
CHART = "..chart-plot.children...chart-data.data.."


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("private")


@pytest.fixture(scope="module")
def client(root: Path, private: Path, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Return a client of the training country at the restricted tier, which holds layers of every sensitivity."""
    out = tmp_path_factory.mktemp("out")
    package = root / "packages" / "training"
    assert main(["build", str(package), "--out", str(out), "--tier", "restricted", "--quiet"]) == 0
    return create_app(Settings(snapshots=out, tier="restricted", private=private)).server.test_client()


def call(client: FlaskClient, output: str, asked_of: str, data: dict[str, Any]) -> TestResponse:
    names = [dict(zip(("id", "property"), name.split("."), strict=True)) for name in output.strip(".").split("...")]
    body = {
        "output": output,
        "outputs": names if output.startswith("..") else names[0],
        "inputs": [{"id": asked_of, "property": "data", "value": data}],
        "changedPropIds": [f"{asked_of}.data"],
    }
    return client.post("/_dash-update-component", json=body)


def ask(client: FlaskClient, **data: Any) -> TestResponse:
    return call(client, CHART, "chart-ask", data)


def told(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json["response"]["chart-data"]["data"]
    return found


def figure(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json["response"]["chart-plot"]["children"]["props"]["figure"]
    return found


def scene(client: FlaskClient, layer: str, level: str) -> dict[str, Any]:
    page = client.get(f"/?layer={layer}&level={level}&lang=en").text
    data = json.loads(page.split('id="boot">', 1)[1].split("</script>", 1)[0])
    found: dict[str, Any] = data["scene"]
    return found


def audit(private: Path) -> list[tuple[str, str]]:
    lines = (private / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    return [(entry["what"], entry["indicator"]) for entry in map(json.loads, lines)]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "scatter"])
def test_every_kind_of_chart_says_what_it_shows(client: FlaskClient, kind: str) -> None:
    answer = ask(client, **LAYER, chart=kind, scope="XTR")
    data = told(answer)
    assert figure(answer)["data"]
    assert (data["kind"], data["public"]) == (kind, True)
    assert data["source"].startswith("Source: ")
    assert data["watermark"]
    assert data["summary"]
    assert all(len(row) == len(data["columns"]) for row in data["rows"])


def test_the_ranking_has_the_figures_and_the_order_of_the_map(client: FlaskClient) -> None:
    data = told(ask(client, **LAYER, chart="ranking", period="2015", scope="XTR"))
    shown = scene(client, "unemployment_rate", "ADM2")
    at = [stop["id"] for stop in shown["periods"]].index("2015")
    expected = sorted((v for v in shown["values"][at] if v is not None), reverse=True)
    assert [row[4] for row in data["rows"]] == expected
    ranks = sorted(rank for rank in shown["ranks"][at] if rank)
    assert sorted(row[3] for row in data["rows"]) == ranks


def test_a_variant_is_drawn_like_any_layer(client: FlaskClient) -> None:
    women = told(ask(client, **LAYER, chart="ranking", variant={"sex": "female"}, period="2015"))
    everyone = told(ask(client, **LAYER, chart="ranking", period="2015"))
    assert women["rows"] != everyone["rows"]
    assert ask(client, **LAYER, chart="ranking", variant={"sex": "other"}).status_code == 404


def test_only_what_lies_inside_a_place_is_drawn(client: FlaskClient) -> None:
    place = scene(client, "unemployment_rate", "ADM1")["ids"][0]
    inside = told(ask(client, **LAYER, chart="ranking", inside=place))["rows"]
    every = told(ask(client, **LAYER, chart="ranking"))["rows"]
    assert 0 < len(inside) < len(every)
    assert {row[0] for row in inside} < {row[0] for row in every}


def places_of(answer: TestResponse) -> set[str]:
    """Return the ids of the places that a chart draws, of whichever kind."""
    links = figure(answer)["layout"]["meta"]
    return {*links["spots"], *links["rows"]}


@pytest.mark.parametrize("kind", KINDS)
def test_only_places_that_pass_the_filter_are_drawn(client: FlaskClient, kind: str) -> None:
    about = LAYER | {"chart": kind, "against": "water_access", "period": "2015"}
    ids = scene(client, "unemployment_rate", "ADM2")["ids"]
    about |= {"picked": ids[:6]} if kind == "series" else {}
    passing = ids[2:30]
    answer = ask(client, **about, passing=passing)
    shown = places_of(answer)
    every = places_of(ask(client, **about))
    assert shown
    assert shown == every & set(passing) < every
    n, of = told(answer)["passing"]
    assert (n, of) == (4, 6) if kind == "series" else len(shown) <= n <= len(passing) < of
    assert told(ask(client, **about))["passing"] is None
    if kind == "heatmap":
        assert (n, of) == (len(shown), len(every)), "of a chart of all periods, its rows"


def test_the_axis_of_a_spread_stays_whatever_the_filter(client: FlaskClient) -> None:
    about = LAYER | {"chart": "distribution", "period": "2015"}
    ids = scene(client, "unemployment_rate", "ADM2")["ids"]
    few, all_ = (figure(ask(client, **about, **more))["layout"]["xaxis"] for more in ({"passing": ids[:9]}, {}))
    assert few["range"] == all_["range"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_that_no_place_passes_leaves_nothing_to_draw(client: FlaskClient, kind: str) -> None:
    answer = ask(client, **LAYER, chart=kind, against="water_access", passing=[])
    assert told(answer)["summary"] == "No place passes the filter in this period, so there is nothing to draw."
    assert told(answer)["drawn"] is False
    assert told(answer)["rows"] == []


def test_the_national_line_stands_for_the_whole_country_whatever_the_filter(client: FlaskClient) -> None:
    ids = scene(client, "unemployment_rate", "ADM2")["ids"]
    few, all_ = (ask(client, **LAYER, chart="series", **more) for more in ({"passing": ids[:3]}, {}))
    assert told(few)["rows"] == told(all_)["rows"]
    assert told(few)["passing"] == [0, 0]


def test_a_filter_of_withheld_places_tells_no_figure(client: FlaskClient) -> None:
    shown = scene(client, "ftf_departures", "ADM1")
    at, withheld = next(
        (period, [unit for unit, state in zip(shown["ids"], row, strict=True) if state == "s"])
        for period, row in enumerate(shown["states"])
        if "s" in row
    )
    about = SEVERE | {"period": shown["periods"][at]["id"], "passing": withheld}
    spread = told(ask(client, **about, chart="distribution"))
    assert spread["drawn"] is False
    grid = told(ask(client, **about, chart="heatmap"))
    column = grid["columns"].index(shown["periods"][at]["label"])
    assert {type(row[column]) for row in grid["rows"]} == {str}
    assert len(grid["rows"]) == len(withheld)


def test_two_layers_of_which_the_points_are_sized_by_residents(client: FlaskClient) -> None:
    answer = ask(client, **LAYER, chart="scatter", against="water_access", period="2015")
    data = told(answer)
    assert data["notes"][0].startswith("Places are not people")
    assert len({size for trace in figure(answer)["data"] for size in trace["marker"]["size"]}) > 5
    assert all(isinstance(row[-1], int | float) for row in data["rows"])


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (SEVERE | {"chart": "ranking"}, 403),
        (SEVERE | {"chart": "scatter", "against": "doctors"}, 403),
        ({"layer": "doctors", "level": "ADM1", "lang": "en", "chart": "scatter", "against": "ftf_departures"}, 403),
        (HIGH | {"chart": "ranking"}, 403),
        ({"layer": "ftf_departures_claimed", "level": "ADM0", "lang": "en", "chart": "series"}, 403),
        (LAYER | {"chart": "scatter"}, 400),
        (LAYER | {"chart": "scatter", "against": "unemployment_rate"}, 400),
        (LAYER | {"chart": "scatter", "against": "nothing"}, 404),
        (LAYER | {"chart": "pie"}, 400),
        (LAYER | {"chart": "series", "scope": "ZZZ"}, 404),
        (LAYER | {"chart": "series", "inside": "nowhere"}, 404),
        (LAYER | {"chart": "series", "picked": ["x"] * 501}, 400),
        (LAYER | {"chart": "series", "passing": ["x" * 81]}, 400),
        (LAYER | {"chart": "series", "passing": "all"}, 400),
        (SEVERE | {"chart": "ranking", "passing": []}, 403),
        ({"layer": "nothing", "level": "ADM1", "lang": "en", "chart": "series"}, 404),
    ],
)
def test_what_is_refused(client: FlaskClient, data: dict[str, Any], status: int) -> None:
    answer = ask(client, **data)
    assert answer.status_code == status
    assert list(answer.json) == ["error"]


def test_categories_are_counted_and_shown_by_period_and_stand_on_no_axis(client: FlaskClient) -> None:
    """Codes are no amounts: only charts without an axis of them are drawn, in the colours and names of the map."""
    water = {"layer": "drinking_water_source", "level": "ADM2", "lang": "en", "scope": "XTR", "period": "2024"}
    shown = scene(client, "drinking_water_source", "ADM2")
    found = shown["scopes"]["XTR"]
    row = shown["values"][[stop["id"] for stop in shown["periods"]].index("2024")]
    counts = [row.count(one["code"]) for one in shown["categories"]]
    assert sum(counts) > 50
    spread = ask(client, **water, chart="distribution")
    assert told(spread)["rows"] == [[label, n] for label, n in zip(found["labels"], counts, strict=True)]
    bars = figure(spread)["data"][0]
    assert (bars["x"], bars["y"], bars["marker"]["color"]) == (counts, found["labels"], found["colours"])
    heat = ask(client, **water, chart="heatmap")
    cells = {cell for one in told(heat)["rows"] for cell in one[1:]}
    assert set(found["labels"]) <= cells
    assert not any(isinstance(cell, float | int) for cell in cells)
    used = {pair[1] for pair in figure(heat)["data"][0]["colorscale"]}
    assert used == set(found["colours"])
    for kind in ("series", "ranking", "scatter"):
        answer = ask(client, **water, chart=kind, against="poverty_rate")
        assert answer.status_code == 403, kind
        assert "its figures are codes of categories" in answer.text
    assert ask(client, **LAYER, chart="scatter", against="drinking_water_source").status_code == 403


def test_withheld_figures_of_a_severe_layer_are_in_no_chart(client: FlaskClient) -> None:
    shown = scene(client, "ftf_departures", "ADM1")
    withheld = sum(row.count("s") for row in shown["states"])
    assert withheld
    grid = told(ask(client, **SEVERE, chart="heatmap"))
    cells = [cell for row in grid["rows"] for cell in row[1:]]
    assert sum(isinstance(cell, int | float) for cell in cells) <= sum(row.count("v") for row in shown["states"])
    spread = ask(client, **SEVERE, chart="distribution")
    assert figure(spread)["layout"]["meta"]["spots"] == {}
    assert all(row[2] is not None for row in told(spread)["rows"])


def test_a_chart_above_the_public_tier_says_how_to_handle_it(client: FlaskClient) -> None:
    data = told(ask(client, **SEVERE, chart="series"))
    assert data["handling"].startswith("Tier: restricted.")
    assert data["public"] is False
    both = told(ask(client, **LAYER, chart="scatter", against="returnees_per_1000"))
    assert both["handling"].startswith("Tier: partner.")
    assert both["public"] is False


def test_who_looks_at_a_sensitive_chart_and_who_takes_it_away_is_written_down(
    client: FlaskClient, private: Path
) -> None:
    before = len(audit(private))
    assert ask(client, **HIGH, chart="series").status_code == 200
    assert audit(private)[before:] == [("chart", "returnees_per_1000")]
    before += 1
    answer = call(client, "chart-head.data-granted", "export-ask", HIGH | {"chart": "series", "ticket": "t-1"})
    assert answer.json["response"]["chart-head"]["data-granted"] == "t-1"
    assert audit(private)[before:] == [("export", "returnees_per_1000")]
    assert call(client, "chart-head.data-granted", "export-ask", HIGH | {"chart": "ranking"}).status_code == 403


def test_looking_at_an_open_layer_is_not_written_down(client: FlaskClient, private: Path) -> None:
    before = audit(private)
    assert ask(client, **LAYER, chart="series").status_code == 200
    assert audit(private) == before
