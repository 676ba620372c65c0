"""The summary of selected places over HTTP: what it says, what it refuses, nothing of it in the wrong tier."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.factory import create_app
from dashboard.settings import Settings
from layers.words import load_words


@pytest.fixture(scope="module")
def client(snapshots: Path) -> FlaskClient:
    return create_app(Settings(snapshots=snapshots)).server.test_client()


def address(client: FlaskClient, layer: str, level: str, lang: str = "en", query: str = "") -> str:
    found = re.search(r'"data":"(/data/\w+)/', client.get("/").text)
    assert found is not None
    return f"{found[1].replace('/data/', '/selection/')}/{lang}/{layer}.{level}.json{query}"


def ask(client: FlaskClient, layer: str, units: list[str], **where: str) -> TestResponse:
    return client.post(address(client, layer, **({"level": "ADM1"} | where)), json={"units": units})


def rows(answer: TestResponse, period: int = -1) -> dict[str, dict[str, str]]:
    assert answer.status_code == 200
    return {row["id"]: row for row in answer.json["periods"][period]["rows"]}


def test_a_rate_has_range_gap_and_national_figure(client: FlaskClient) -> None:
    answer = ask(client, "poverty_rate", ["KG-B", "KG-J", "KG-N"])
    scene = client.get(address(client, "poverty_rate", "ADM1").replace("/selection/", "/data/")).json
    assert len(answer.json["periods"]) == len(scene["periods"])
    period = next(i for i, stop in enumerate(scene["periods"]) if stop["id"] == "2019")
    shapes = [scene["ids"].index(unit) for unit in ("KG-B", "KG-J", "KG-N")]
    figures = [scene["values"][period][shape] for shape in shapes]
    assert None not in figures
    found = rows(answer, period)
    assert found["lowest"]["text"] == f"{min(figures):.1f}%"
    assert found["highest"]["text"] == f"{max(figures):.1f}%"
    assert found["gap"]["text"] == f"{max(figures) - min(figures):.1f} percentage points"
    assert found["national"]["label"] == "Kyrgyzstan as a whole"
    assert found["national"]["text"] == f"{scene['national'][period]['KGZ']:.1f}%"
    for row in found.values():
        assert "2019" in row["note"] or row["text"] == "–"
    assert answer.json["periods"][period]["source"]


def test_the_answer_is_in_the_language_asked_for(client: FlaskClient) -> None:
    answer = ask(client, "poverty_rate", ["KG-B", "KG-J"], lang="ru")
    words = load_words("ru")
    assert {row["label"] for one in answer.json["periods"] for row in one["rows"]} >= {
        words("pick.mean"),
        words("pick.gap"),
    }


def test_a_count_is_added_up_and_not_averaged(client: FlaskClient) -> None:
    scene = client.get(address(client, "population", "ADM1").replace("/selection/", "/data/")).json
    period = next(i for i, states in enumerate(scene["states"]) if states.count("v") > 1)
    known = [i for i, state in enumerate(scene["states"][period]) if state == "v"][:2]
    found = rows(ask(client, "population", [scene["ids"][i] for i in known]), period)
    assert found["total"]["text"] == f"{sum(scene['values'][period][i] for i in known):,.0f}"
    assert list(found) == ["total", "lowest", "highest", "gap"]


def test_claims_are_neither_averaged_nor_ordered(client: FlaskClient) -> None:
    answer = ask(client, "ftf_departures_claimed", ["KAZ", "KGZ", "TJK"], level="ADM0")
    for one in answer.json["periods"]:
        assert [row["id"] for row in one["rows"]] == ["range"]
        assert one["rows"][0]["text"] == "–"


def test_a_variant_is_summarised_as_it_is_shown(client: FlaskClient) -> None:
    plain = ask(client, "poverty_rate", ["KG-B", "KG-J"]).json
    changed = ask(client, "poverty_rate", ["KG-B", "KG-J"], query="?base=2018").json
    assert plain["periods"] != changed["periods"]


@pytest.mark.parametrize(
    "body",
    [None, {}, [], {"units": []}, {"units": "KG-B"}, {"units": [1]}, {"units": [""]}, {"units": ["x" * 81]},
     {"units": ["KG-B"], "more": 1}, {"units": ["KG-B"] * 501}],
)  # fmt: skip
def test_nonsense_is_refused(client: FlaskClient, body: Any) -> None:
    answer = client.post(address(client, "poverty_rate", "ADM1"), json=body)
    assert answer.status_code == 400
    assert "makes no sense" in answer.json["error"]


def test_what_does_not_exist_is_not_found(client: FlaskClient) -> None:
    assert ask(client, "no_such_layer", ["KG-B"]).status_code == 404
    assert ask(client, "poverty_rate", ["KG-B"], level="ADM9").status_code == 404
    assert ask(client, "poverty_rate", ["KG-B"], query="?base=1700").status_code == 404
    assert ask(client, "poverty_rate", ["nowhere"]).json["periods"][0]["rows"] == []


def test_a_sensitive_layer_gives_counts_of_places_and_no_figure(small_snapshots: Path) -> None:
    """`returns` is of high sensitivity: its figures are combined by nobody, and in the public tier it is not there."""
    public = create_app(Settings(snapshots=small_snapshots)).server.test_client()
    partner = create_app(Settings(snapshots=small_snapshots, tier="partner")).server.test_client()
    assert ask(public, "returns", ["XB-UP"]).status_code == 404
    scene = partner.get(address(partner, "returns", "ADM1").replace("/selection/", "/data/")).json
    answer = ask(partner, "returns", scene["ids"])
    assert answer.headers["Cache-Control"] == "no-store, private"
    said = [row for one in answer.json["periods"] for row in one["rows"]]
    assert said
    assert {row["text"] for row in said if row["id"] != "national"} == {"–"}
    assert answer.json["handling"]
