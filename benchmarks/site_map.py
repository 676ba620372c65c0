"""What a browser finds in the app: files, layers, places, and how Dash's renderer calls its callbacks."""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import asdict, dataclass
from html import unescape
from typing import Any

from benchmarks.result import MeasuringError

SITE_VARIABLE, THINK_VARIABLE = "BENCHMARKS_SITE", "BENCHMARKS_THINK_S"
LAYERS, PLACES = 3, 3
_PATIENCE_S = 60.0
_FILES = re.compile(r'(?:src|href)="(/a/[^"]+)"')
_BOOT = re.compile(r'<script type="application/json" id="boot">(.*?)</script>', re.DOTALL)
_LAYER = re.compile(r'href="\?layer=(\w+)&level=(\w+)&lang=en"')


@dataclass(frozen=True)
class Site:
    """What a browser finds.

    Attributes
    ----------
    files, late : list of str
        Addresses of the scripts and styles that the page names, and of those that only the table needs.
    layers : list of tuple of str
        Layer and level, as the menu offers them.
    geometry : dict
        By level: addresses of the map and of the names of its units.
    places : list of str
        Units of the first map.
    view : dict
        The first view.
    data : str
        Where the layers are.
    """

    files: list[str]
    late: list[str]
    layers: list[tuple[str, str]]
    geometry: dict[str, list[str]]
    places: list[str]
    view: dict[str, Any]
    data: str

    def call(self, output: str, asked_of: str, unit: str | None) -> dict[str, Any]:
        """Return the body of a Dash callback about the first layer, as its renderer sends it."""
        names = [dict(zip(("id", "property"), part.split("."), strict=True)) for part in output.strip(".").split("...")]
        value = {key: self.view[key] for key in ("dataset", "layer", "level", "lang")} | {"unit": unit}
        return {
            "output": output,
            "outputs": names if output.startswith("..") else names[0],
            "inputs": [{"id": asked_of, "property": "data", "value": value}],
            "changedPropIds": [f"{asked_of}.data"],
        }

    def as_json(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Site:
        """Return what `as_json` wrote."""
        return cls(**json.loads(text))


def read_site(url: str) -> Site:
    """Read what the first page names; ask for one layer of each level where its geometry is.

    Raises
    ------
    MeasuringError
        If the page names no files, too few layers or no places.
    """
    page = _read(url)
    found = _BOOT.search(page)
    if found is None:
        raise MeasuringError("the first page has no boot data")
    boot = json.loads(found[1])
    layers = _LAYER.findall(unescape(page))
    files = [*dict.fromkeys(_FILES.findall(page)), *boot["scripts"]]
    places = [unit["id"] for unit in boot["units"]]
    if not files or not places or len(layers) < LAYERS:
        raise MeasuringError(f"the first page names {len(files)} files, {len(layers)} layers, {len(places)} places")
    geometry = {}
    for level, layer in {level: layer for layer, level in layers}.items():
        scene = json.loads(_read(f"{url.rstrip('/')}{boot['data']}/{layer}.{level}.json"))
        geometry[level] = [scene["map"], scene["units"]]
    view = {key: boot["view"].get(key) for key in ("dataset", "layer", "level")} | {"lang": "en"}
    return Site(files, boot["late"], layers, geometry, places, view, boot["data"])


def _read(url: str) -> str:
    request = urllib.request.Request(url, headers={"Accept-Language": "en"})
    with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
        return str(answer.read().decode())
