"""A reader with much patience: asks a running process for everything that it answers, over HTTP."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from tests.crawler.truth import EVERYBODY, Group

CALLBACK = "/_dash-update-component"
BOOT = re.compile(r'<script type="application/json" id="boot">(.*?)</script>', re.DOTALL)
LINK = re.compile(r"""(?:href|src|action)\s*=\s*["']([^"'#]+)""")
QUOTED_PATH = re.compile(r'"(/[A-Za-z0-9_][^"\\\s<>]{2,200})"')
PAGES = ("/healthz", "/quality", "/governance", "/bring", "/audit", "/robots.txt", "/sitemap.xml", "/_dash-layout",
         "/_dash-dependencies", "/_favicon.ico", "/data", "/data.csv", "/export", "/export.csv", "/api", "/embed",
         "/download")  # fmt: skip
SAME_PATH = 40
VARIANTS = (
    "k=3", "scheme=fisher_jenks", "scheme=equal_interval&k=5", "breaks=10,20,40", "ramp=1", "upto=1", "base=2012",
    "base=2012&measure=percent", "scale=across", "mid=mean",
)  # fmt: skip
GROUPS = ({"sex": "female"}, {"sex": "male"}, {"age": "15-29"})
CHARTS = ("series", "ranking", "distribution", "scatter")
"""Of one period; the one of all places and periods is asked for once."""
CHART_OUTPUT = "..chart-plot.children...chart-data.data.."
WRONG = ("/nowhere", "/?layer=nothing", "/?period=1066", "/data/none/en/none.ADM1.json", "/geo/none.json",
         "/a/none/none.js", "/units/none/en/ADM1.json", "/quality?indicator=none",
         "/governance?dataset=none")  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What the process answered, and what it was asked about."""

    address: str
    status: int
    kind: str
    text: str
    dataset: str | None = None
    layer: str | None = None
    level: str | None = None
    lang: str | None = None
    period: str | None = None
    unit: str | None = None
    group: Group = EVERYBODY
    chart: str | None = None
    at: str | None = None

    @property
    def is_told_by_place(self) -> bool:
        """Whether its figures are judged by where they stand, and not by the names of places beside them."""
        return self.group != EVERYBODY or self.chart == "heatmap"


@dataclass
class Scope:
    """How much is asked: of the concerned layers everything, of the others every scene and a sample of places."""

    concerned: Collection[str]
    languages: Sequence[str] = ("en", "ru")
    only: Collection[str] | None = None
    levels: Sequence[str] = ("ADM0", "ADM1", "ADM2", "ADM3")
    sample: int = 1
    files: Sequence[Path] = ()


@dataclass
class Walker:
    """Asks over one connection, each address once."""

    port: int
    scope: Scope
    dataset: str
    is_default: bool = True
    seen: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def _request(self, method: str, address: str, body: bytes | None = None) -> tuple[int, str, bytes]:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"} if body else {}
        self._connection.request(method, address, body=body, headers=headers)
        answer = self._connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()

    def get(self, address: str, **about: Any) -> Answer:
        """Return the answer of an address and note the addresses that it names."""
        self.seen.add(address)
        status, kind, body = self._request("GET", address)
        is_text = kind.startswith(("text/", "application/json", "application/javascript", "image/svg"))
        text = body.decode("utf-8" if is_text else "latin-1", errors="replace")
        if kind.startswith(("text/html", "application/json")) and not address.startswith("/geo/"):
            links = [unescape(link) for link in LINK.findall(text) + QUOTED_PATH.findall(text)]
            for link in links:
                target = urljoin(address, link)
                if not urlsplit(target).netloc and target.startswith("/") and target not in self.seen:
                    self.found.append(target)
        return Answer(address, status, kind, text, self.dataset, **about)

    def call(self, output: str, asked_of: str, data: dict[str, Any]) -> Answer:
        """Call a callback as Dash's renderer does."""
        names = [dict(zip(("id", "property"), name.split("."), strict=True)) for name in output.strip(".").split("...")]
        ask = {"dataset": None if self.is_default else self.dataset, **data}
        body = {
            "output": output,
            "outputs": names if output.startswith("..") else names[0],
            "inputs": [{"id": asked_of, "property": "data", "value": ask}],
            "changedPropIds": [f"{asked_of}.data"],
        }
        status, kind, answer = self._request("POST", CALLBACK, json.dumps(body).encode())
        about = {key: data.get(key) for key in ("layer", "level", "lang", "unit", "chart")}
        about |= {"at": data.get("period"), "group": _group_of(data.get("variant", {}))}
        return Answer(f"{output} {urlencode(data)}", status, kind, answer.decode(), self.dataset, **about)

    def query(self, **view: str) -> str:
        """Return the address of a view."""
        own = {} if self.is_default else {"dataset": self.dataset}
        return "/?" + urlencode(own | view)

    # -- the walk --

    def walk(self) -> Iterator[Answer]:
        """Yield every answer: pages, scenes, units, geometry, callbacks, files, errors, and all that these link to."""
        for lang in self.scope.languages:
            page = self.get(self.query(lang=lang), lang=lang)
            yield page
            boot = boot_of(page)
            for level in sorted(set(re.findall(r'data-level="(ADM\d)"', page.text)) | set(boot["scene"]["levels"])):
                address = re.sub(r"ADM\d", level, boot["scene"]["units"])
                yield self.get(address, lang=lang, level=level)
            layers = list(dict.fromkeys(re.findall(r'data-layer="([a-z0-9_]+)"', page.text)))
            for layer in [*layers, *(one for one in self.scope.concerned if one not in layers)]:
                if self.scope.only is None or layer in self.scope.only:
                    yield from self._layer(boot, layer, lang)
        yield from self._the_rest()

    def _layer(self, boot: dict[str, Any], layer: str, lang: str) -> Iterator[Answer]:
        is_concerned = layer in self.scope.concerned
        for level in self.scope.levels:
            about = {"layer": layer, "level": level, "lang": lang}
            answer = self.get(f"{boot['data']}/{layer}.{level}.json", **about)
            yield answer
            if answer.status != 200:
                continue
            scene = json.loads(answer.text)
            if scene["map"] not in self.seen:
                yield self.get(scene["map"], level=level)
            if is_concerned or layer == scene_layer(boot):  # the frame of the table is the same for all others
                yield self.call("drawer.children", "table-ask", {**about, "sort": "value-desc"})
            yield self.call("..method.is_open...method.children..", "method-ask", about)
            units = scene["ids"] if is_concerned else scene["ids"][: self.scope.sample]
            for unit in units:
                yield self.call("panel.children", "panel-ask", {**about, "unit": unit})
            if is_concerned:
                yield from self._workbench(boot["data"], scene, about)
                for period in scene["periods"]:
                    view = {**about, "period": period["id"]}
                    yield self.get(self.query(**view, table="1"), **view)

    def _workbench(self, data: str, scene: dict[str, Any], about: dict[str, str]) -> Iterator[Answer]:
        """Ask for the layer looked at in every other way: variants, charts, a summary of several places, a pair."""
        layer, level, lang = about["layer"], about["level"], about["lang"]
        path = f"{layer}.{level}.json"
        for variant in VARIANTS:
            yield self.get(f"{data}/{path}?{variant}", **about)
        yield from self._charts(scene, about, {})
        for group in GROUPS:
            answer = self.get(f"{data}/{path}?{urlencode(group)}", **about, group=_group_of(group))
            if answer.status == 200:
                yield answer
                yield from self._charts(scene, about, group)
        for units in (scene["ids"], scene["ids"][:2]):
            address = f"{data.replace('/data/', '/selection/')}/{path}"
            status, kind, body = self._request("POST", address, json.dumps({"units": units[:500]}).encode())
            yield Answer(address, status, kind, body.decode(), self.dataset, layer, level, lang)
        pair = f"{data.replace('/data/', '/pair/')}/{level}"
        for first, second in ((layer, "population"), ("population", layer), ("poverty_rate", layer)):
            yield self.get(f"{pair}/{first}.{second}.bivariate.json", **about)

    def _charts(self, scene: dict[str, Any], about: dict[str, str], group: dict[str, str]) -> Iterator[Answer]:
        """Ask for the charts of a layer, of everybody or of a group of people, with and without a filter."""
        for chart in CHARTS:
            ask: dict[str, Any] = {**about, "chart": chart, "against": "population", "variant": group}
            ask |= {"unit": scene["ids"][0]} if chart == "series" else {}
            for period in scene["periods"][-2:]:
                yield self.call(CHART_OUTPUT, "chart-ask", {**ask, "period": period["id"]})
        for passing in (None, scene["ids"][:3]):
            ask = {**about, "chart": "heatmap", "variant": group, "passing": passing}
            yield self.call(CHART_OUTPUT, "chart-ask", ask)

    def _the_rest(self) -> Iterator[Answer]:
        for address in (*PAGES, *WRONG):
            for lang in self.scope.languages:
                mark = "&" if "?" in address else "?"
                own = "" if self.is_default or "dataset" in address else f"&dataset={self.dataset}"
                yield self.get(f"{address}{mark}lang={lang}{own}", lang=lang)
        for path in self.scope.files:
            for folder in ("/", "/assets/", "/geo/", "/data/"):
                yield self.get(f"{folder}{path.name}")
        followed: dict[str, int] = {}
        while self.found:
            address = self.found.pop(0)
            path = urlsplit(address).path
            if address not in self.seen and not self._is_view(address) and followed.get(path, 0) < SAME_PATH:
                followed[path] = followed.get(path, 0) + 1
                yield self.get(address)

    def _is_view(self, address: str) -> bool:
        parts = urlsplit(address)
        return (
            parts.path == "/"
            or "layer=" in parts.query
            or parts.path.startswith(("/_dash-component-suites", "/sign-out", "/auth/"))
        )


def _group_of(variant: Mapping[str, str]) -> Group:
    return variant.get("sex", "all"), variant.get("age", "all")


def boot_of(answer: Answer) -> dict[str, Any]:
    """Return the data that came with a page."""
    found = BOOT.search(answer.text)
    assert found is not None, f"{answer.address} answered {answer.status}: {answer.text[:200]}"
    boot: dict[str, Any] = json.loads(found[1])
    return boot


def scene_layer(boot: dict[str, Any]) -> str:
    """Return the layer that a page opened with."""
    return str(boot["scene"]["indicator"])
