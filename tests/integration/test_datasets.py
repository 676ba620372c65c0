"""Several datasets in one process: the switch, the watermark of invented data, and nothing mixed up between them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard.factory import create_app
from dashboard.settings import Settings
from geodata.errors import DashboardError
from geodata.snapshot import dataset_roots

MARK = {"en": "SYNTHETIC TRAINING DATA", "ru": "СИНТЕТИЧЕСКИЕ УЧЕБНЫЕ ДАННЫЕ"}


@pytest.fixture(scope="module")
def both(root: Path, snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the snapshots of both packages that ship."""
    out = tmp_path_factory.mktemp("both")
    shutil.copytree(snapshots, out / "central_asia")
    command = [sys.executable, "-m", "etl", "build", "packages/training", "--out", str(out / "training")]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def client(both: Path) -> FlaskClient:
    return create_app(Settings(snapshots=both)).server.test_client()


def boot(html: str) -> dict:
    return json.loads(re.search(r'id="boot">(.*?)</script>', html, re.DOTALL).group(1))


def test_real_data_come_first(client: FlaskClient) -> None:
    assert list(client.get("/healthz").json["snapshots"]) == ["central_asia", "training"]
    page = client.get("/").text
    assert boot(page)["view"]["dataset"] is None
    assert MARK["en"] not in re.sub(r'<nav id="datasets".*?</nav>|<script.*?</script>', "", page, flags=re.DOTALL)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_invented_data_say_so_everywhere(client: FlaskClient, lang: str) -> None:
    page = client.get(f"/?dataset=training&lang={lang}").text
    drawing = re.search(r'<svg id="map".*?</svg>', page, re.DOTALL).group(0)
    assert MARK[lang] in drawing
    assert 'fill="url(#watermark)"' in drawing
    assert MARK[lang] in re.search(r'<p class="watermark".*?</p>', page, re.DOTALL).group(0)
    assert MARK[lang] in re.search(r'<nav id="datasets".*?</nav>', page, re.DOTALL).group(0)
    start = boot(page)
    assert start["scene"]["synthetic"] is True
    assert start["words"]["notice.synthetic"] == MARK[lang]  # what the tooltip and the table's caption say


def test_every_layer_and_level_of_the_training_country_opens(client: FlaskClient) -> None:
    layers = re.findall(r'data-layer="([a-z0-9_]+)"', client.get("/?dataset=training").text)
    assert len(layers) > 20
    for layer in layers:
        start = boot(client.get(f"/?dataset=training&layer={layer}").text)
        assert start["view"]["layer"] == layer
        for level in start["scene"]["levels"]:
            answer = client.get(f"{start['data']}/{layer}.{level}.json")
            assert answer.status_code == 200
            assert answer.json["synthetic"] is True


def test_links_keep_the_dataset(client: FlaskClient) -> None:
    page = client.get("/?dataset=training").text
    for href in re.findall(r'href="(\?[^"]+)" data-layer', page):
        assert href.startswith("?dataset=training&amp;")
    assert 'hreflang="ru"' in page
    assert "?dataset=training&amp;" in re.search(r'<a class="lang"[^>]+>', page).group(0)


def test_an_unknown_dataset_gives_a_notice_and_the_default(client: FlaskClient) -> None:
    page = client.get("/?dataset=atlantis").text
    assert "dataset atlantis" in page
    assert boot(page)["view"]["dataset"] is None


def test_addresses_of_one_dataset_do_not_answer_for_the_other(client: FlaskClient) -> None:
    real, invented = (boot(client.get(f"/{query}").text)["data"] for query in ("", "?dataset=training"))
    assert real != invented
    assert client.get(f"{invented}/mpi_headcount_ratio.ADM1.json").status_code == 404


def test_panels_come_from_the_dataset_that_was_asked(client: FlaskClient) -> None:
    start = boot(client.get("/?dataset=training").text)
    ask = {k: start["view"][k] for k in ("dataset", "layer", "level", "lang")} | {"unit": start["scene"]["ids"][0]}
    call = {
        "output": "panel.children",
        "outputs": {"id": "panel", "property": "children"},
        "inputs": [{"id": "panel-ask", "property": "data", "value": ask}],
        "changedPropIds": ["panel-ask.data"],
    }
    assert start["units"][0]["name"] in client.post("/_dash-update-component", json=call).text
    call["inputs"][0]["value"] = ask | {"dataset": None}
    assert client.post("/_dash-update-component", json=call).status_code == 404


def test_the_same_dataset_twice_is_refused(snapshots: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copytree(snapshots, tmp_path / name)
    with pytest.raises(DashboardError, match="two snapshots of one dataset"):
        create_app(Settings(snapshots=tmp_path))


def test_a_folder_of_one_snapshot_is_a_dataset_of_its_own(snapshots: Path, both: Path, tmp_path: Path) -> None:
    assert dataset_roots(snapshots, "public") == (snapshots,)
    assert [path.name for path in dataset_roots(both, "public")] == ["central_asia", "training"]
    assert dataset_roots(tmp_path / "nowhere", "public") == (tmp_path / "nowhere",)
