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
        ({"layer": "nothing", "level": "ADM1", "lang": "en", "chart": "series"}, 404),
    ],
)
def test_what_is_refused(client: FlaskClient, data: dict[str, Any], status: int) -> None:
    answer = ask(client, **data)
    assert answer.status_code == status
    assert list(answer.json) == ["error"]


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
