"""Two layers on one map, as the server answers: the first page, the data, and what it refuses to put side by side."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard.factory import create_app
from dashboard.settings import Settings
from etl.__main__ import main
from layers.bivariate import COLOURS, FILLS
from layers.words import load_words

EN = load_words("en")
FIRST, SECOND = "unemployment_rate", "water_access"
VIEW = f"layer={FIRST}&level=ADM2&second={SECOND}"


@pytest.fixture(scope="module")
def client(root: Path, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Return a client of the restricted training country, which holds a severe layer."""
    out = tmp_path_factory.mktemp("restricted") / "out"
    assert main(["build", str(root / "packages/training"), "--out", str(out), "--tier", "restricted", "--quiet"]) == 0
    return create_app(Settings(snapshots=out, tier="restricted")).server.test_client()


def boot(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(re.search(r'id="boot">(.*?)</script>', page, re.DOTALL).group(1))  # type: ignore[union-attr]
    return found


def ask(client: FlaskClient, name: str, query: str = "", level: str = "ADM2") -> Any:
    return client.get(f"{boot(client.get('/').text)['pair']}/{level}/{name}.json{query}")


@pytest.mark.parametrize("fill", FILLS)
def test_the_first_page_shows_both_layers(client: FlaskClient, fill: str) -> None:
    page = client.get(f"/?{VIEW}&fill={fill}").text
    second = boot(page)["second"]
    headline = re.search(r'<h1 id="headline">(.*?)</h1>', page).group(1)  # type: ignore[union-attr]
    assert second is True
    assert "Safe water at home" in headline
    assert f"<title>{headline}" in page
    drawing = re.search(r'<svg id="map".*?</svg>', page, re.DOTALL).group(0)  # type: ignore[union-attr]
    painted = set(re.findall(r'<path d="[^"]*" id="u\d+" fill="(#\w+)"', drawing))
    marks = " ".join(re.findall(r'data-units="([\d ]+)"', drawing)).split()
    if fill == "bivariate":
        assert len(painted & set(COLOURS)) > 3
        assert marks == []
        assert page.count('class="bi-cell') == 9
    else:
        assert not painted & set(COLOURS)
        assert len(marks) > 10
        assert len(marks) == len(set(marks))
        assert set(re.findall(r'data-entry="([tmlw])"', page)) == set("tmlw")


def test_the_data_of_two_layers_hold_both_in_three_classes(client: FlaskClient) -> None:
    found = ask(client, f"{FIRST}.{SECOND}.bivariate", "?sex=female").json
    assert found["first"]["variant"] == {"sex": "female", "k": "3", "scheme": found["first"]["variant"]["scheme"]}
    assert "sex" not in found["second"]["variant"]
    for scene in (found["first"], found["second"]):
        assert all(len(scope["labels"]) <= 3 for scope in scene["scopes"].values())
        assert "html" not in scene
    assert found["second"]["title"] in found["headline"]
    assert ask(client, f"{FIRST}.{SECOND}.hatch").json["first"] is None


def test_the_second_layer_shows_a_group_of_its_own(client: FlaskClient) -> None:
    found = ask(client, f"{SECOND}.{FIRST}.bivariate", "?whose=female.all").json
    everyone = ask(client, f"{SECOND}.{FIRST}.bivariate").json
    assert found["second"]["variant"]["sex"] == "female"
    assert found["second"]["values"] != everyone["second"]["values"]
    assert found["first"] == everyone["first"]
    title = EN("group.headline", headline="Unemployment rate", group="women")
    assert found["second"]["title"] == title
    assert found["left"] == ""
    legend = found["legend"][""]
    assert EN("stack.more", title=title) in legend
    assert f"{title}: high" in legend
    assert title in found["headline"]
    assert title in client.get(f"/?layer={SECOND}&level=ADM2&second={FIRST}&whose=female.all&fill=hatch").text


def test_a_group_that_the_second_layer_does_not_have_is_left_out_and_that_is_said(client: FlaskClient) -> None:
    line = EN("stack.no_group", value="Unemployment rate")
    for whose in ("female.15-29", "all.60%2B"):
        found = ask(client, f"{SECOND}.{FIRST}.hatch", f"?whose={whose}").json
        assert found["left"] == line
        assert found["second"] == ask(client, f"{SECOND}.{FIRST}.hatch").json["second"]
        page = client.get(f"/?layer={SECOND}&level=ADM2&second={FIRST}&fill=hatch&whose={whose}").text
        assert line in html.unescape(page)
        assert boot(page)["view"]["whose"] is None
    assert ask(client, f"{SECOND}.{FIRST}.hatch", "?whose=women").status_code == 404
    assert boot(client.get("/?layer=water_access&level=ADM2&whose=female.all").text)["view"]["whose"] is None


def test_a_group_opens_no_way_to_a_layer_that_stands_alone(client: FlaskClient) -> None:
    answer = ask(client, f"{FIRST}.ftf_departures.hatch", "?whose=female.all")
    assert (answer.status_code, set(answer.json)) == (403, {"error"})


def test_the_first_page_draws_the_layers_as_faint_as_the_address_says(client: FlaskClient) -> None:
    page = client.get(f"/?{VIEW}&fill=hatch&over={FIRST}.fill.60;{SECOND}.fill.40").text
    assert '<div id="mapbox" style="--base:0.6;--over:0.4" data-faint>' in page
    assert re.search(r'<g id="shapes"[^>]* fill-opacity="0.6">', page)
    assert re.search(r'<g id="second"[^>]* fill-opacity="0.4" stroke-opacity="0.4">', page)
    assert "lg-hidden" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_a_hidden_base_leaves_borders_names_and_figures_and_the_legend_says_so(client: FlaskClient) -> None:
    page = client.get(f"/?layer={FIRST}&level=ADM2&over={FIRST}.fill.100.off").text
    plain = client.get(f"/?layer={FIRST}&level=ADM2").text
    assert f'<p class="lg-hidden">{EN("stack.hidden_base", title="Unemployment rate")}</p>' in page
    shapes = re.search(r'<g id="shapes"([^>]*)>', page).group(1)  # type: ignore[union-attr]
    assert 'fill-opacity="0"' in shapes
    assert "stroke-opacity" not in shapes
    labels = re.compile(r'aria-label="([^"]+)"')
    assert labels.findall(page) == labels.findall(plain)


def test_a_hidden_second_layer_is_not_drawn_and_stays_in_the_address(client: FlaskClient) -> None:
    start = boot(page := client.get(f"/?{VIEW}&over={SECOND}.fill.100.off").text)
    assert (start["second"], start["view"]["second"]) == (False, SECOND)
    assert "Safe water at home" not in re.search(r'<h1 id="headline">(.*?)</h1>', page).group(1)  # type: ignore[union-attr]
    assert 'class="bi-cell' not in page


@pytest.mark.parametrize(
    ("name", "level", "status"),
    [
        (f"{FIRST}.{SECOND}.mosaic", "ADM2", 404),
        (f"{FIRST}.nothing.hatch", "ADM2", 404),
        (f"nothing.{SECOND}.hatch", "ADM2", 404),
        (f"{FIRST}.{FIRST}.hatch", "ADM2", 403),
        (f"{FIRST}.population.hatch", "ADM2", 403),
        (f"{FIRST}.output_per_head.hatch", "ADM2", 403),
        (f"{FIRST}.{SECOND}.hatch", "ADM9", 404),
        (f"{FIRST}.ftf_departures_rate_3y.bivariate", "ADM1", 403),
        (f"ftf_departures_rate_3y.{FIRST}.bivariate", "ADM1", 403),
    ],
)
def test_what_is_no_pair_is_refused_in_one_line(client: FlaskClient, name: str, level: str, status: int) -> None:
    answer = ask(client, name, level=level)
    assert answer.status_code == status, answer.text
    assert "\n" not in answer.json["error"]
    assert set(answer.json) == {"error"}


def test_a_layer_that_stands_alone_is_left_out_of_the_first_page_and_that_is_said(client: FlaskClient) -> None:
    for first, second in ((FIRST, "ftf_departures_rate_3y"), ("ftf_departures_rate_3y", FIRST)):
        page = client.get(f"/?layer={first}&level=ADM1&second={second}&fill=hatch").text
        start = boot(page)
        assert start["view"]["second"] is None
        assert start["second"] is False
        title = next(one["title"] for one in layers(client) if one["id"] == second)
        assert EN("stack.not_joined", value=title) in page
        assert "data-mark=" not in re.search(r'<g id="second".*?</g>', page).group(0)  # type: ignore[union-attr]


def layers(client: FlaskClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(boot(client.get("/").text)["layers"]).json
    return found


def test_no_severe_layer_may_be_joined(client: FlaskClient) -> None:
    severe = [one for one in layers(client) if one["sensitivity"] == "severe"]
    assert severe
    assert all("join" not in one["allows"] for one in severe)
