"""What a page shows, as plain data: read from the HTML that the server sends, or from what the browser drew."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from playwright.sync_api import Page

VOID = {"meta", "link", "input", "br", "img"}
BOUND = ("period", "coverage", "scope", "sources")


@dataclass
class Node:
    """An element of the HTML."""

    tag: str
    attributes: dict[str, str]
    content: list[Node | str] = field(default_factory=list)

    def __getitem__(self, name: str) -> str | None:
        return self.attributes.get(name)

    def __iter__(self) -> Iterator[Node]:
        """Go through all elements inside, in the order of the document."""
        for child in self.children:
            yield child
            yield from child

    @property
    def children(self) -> list[Node]:
        return [child for child in self.content if isinstance(child, Node)]

    @property
    def text(self) -> str:
        text = "".join(part if isinstance(part, str) else part.text for part in self.content)
        return re.sub(r"[ \t\n]+", " ", text).strip(" ")

    def find(self, **attributes: str) -> Node:
        return next(self.find_all(**attributes))

    def find_all(self, **attributes: str) -> Iterator[Node]:
        wanted = {k.strip("_").replace("_", "-"): v for k, v in attributes.items()}
        return (node for node in self if all(node[k] == v for k, v in wanted.items()))

    def has_class(self, name: str) -> bool:
        return name in (self["class"] or "").split()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Node("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {k: v or "" for k, v in attrs})
        self.open[-1].content.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].content.append(Node(tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


def read_html(text: str) -> Node:
    """Return the root of an HTML document; an element that is closed out of turn is an error."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is never closed"
    return reader.open[0]


def fetch_page(address: str) -> Node:
    """Return the page as the server sends it, before any script."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        return read_html(answer.read().decode())


def served_picture(root: Node) -> dict[str, Any]:
    """Return what the served page shows of its map and around it."""
    drawing = root.find(id="map")
    paints = {n["id"]: [(part.tag, dict(part.attributes)) for part in n] for n in drawing if n.tag == "pattern"}

    def seen(node: Node) -> list[Any]:
        form = [node.tag, node["d"], node["cx"], node["cy"]]
        if node["display"] == "none":
            return [*form, None]
        fill = node["fill"] or ""
        return [*form, [fill, paints.get(fill[5:-1]), node["aria-label"], node["role"], node["aria-selected"]]]

    legend = root.find(id="legend")
    rows = [
        [
            row["data-entry"],
            next(n.text for n in row if n.has_class("lg-range")),
            next(n.text for n in row if n.has_class("lg-n")),
            next(n["style"] or n.children[0]["fill"] for n in row if n.has_class("sw")),
            row["title"],
        ]
        for row in legend
        if row["data-entry"] is not None
        and not any(row in item.children for item in legend if "hidden" in item.attributes)
    ]
    marks = [
        [node["data-unit"], node["cx"], node["cy"], node["fill"], node["style"]] for node in root.find(id="symbols")
    ]
    return {
        "shapes": [seen(node) for node in root.find(id="shapes").children],
        "label": root.find(id="shapes")["aria-label"],
        "symbols": marks,
        "texts": [[node["class"], node["x"], node["y"], node.text] for node in root.find(id="texts").children],
        "outlines": [[node["data-iso3"], node["d"]] for node in root.find(id="outlines").children],
        "legend": rows,
        "legend_notes": [n.text for n in legend if n.has_class("lg-note") or n.has_class("lg-unit")],
        "legend_symbols": [n.text for n in legend if n.has_class("lg-symbol")],
        "head": root.find(id="head").text,
        "foot": root.find(id="foot-scene").text,
        "bound": {name: next(root.find_all(data_bind=name)).text for name in BOUND},
        "title": next(n.text for n in root if n.tag == "title"),
        "ticks": [[n["style"], n.has_class("latest")] for n in root if n.has_class("tick")],
        "stops": [[n["style"], n.text] for n in root if n.has_class("stop-place")],
        "slider": next((n["value"] for n in root.find_all(id="slider")), None),
    }


_DRAWN = """() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const text = node => node.textContent.replace(/[ \\t\\n]+/g, ' ').replace(/^ | $/g, '');
  const take = (node, ...names) => names.map(name => node.getAttribute(name));
  const paints = {};
  for (const node of all('#map pattern')) {
    paints[node.id] = all('*', node).map(part =>
      [part.localName, Object.fromEntries([...part.attributes].map(a => [a.name, a.value]))]);
  }
  const seen = node => {
    const form = [node.localName, ...take(node, 'd', 'cx', 'cy')];
    if (node.getAttribute('display') === 'none') return [...form, null];
    const fill = node.getAttribute('fill');
    return [...form, [fill, paints[fill.slice(5, -1)] ?? null, ...take(node, 'aria-label', 'role', 'aria-selected')]];
  };
  const rows = all('#legend [data-entry]').filter(row => !row.parentElement.hidden).map(row => {
    const swatch = $('.sw', row);
    return [row.dataset.entry, text($('.lg-range', row)), text($('.lg-n', row)),
      swatch.getAttribute('style') ?? swatch.firstElementChild.getAttribute('fill'), row.getAttribute('title')];
  });
  return {
    shapes: all('#shapes > *').map(seen),
    label: $('#shapes').getAttribute('aria-label'),
    symbols: all('#symbols > *').map(node => take(node, 'data-unit', 'cx', 'cy', 'fill', 'style')),
    texts: all('#texts > *').map(node => [...take(node, 'class', 'x', 'y'), text(node)]),
    outlines: all('#outlines > *').map(node => take(node, 'data-iso3', 'd')),
    legend: rows,
    legend_notes: all('#legend .lg-note, #legend .lg-unit').map(text),
    legend_symbols: all('#legend .lg-symbol').map(text),
    head: text($('#head')),
    foot: text($('#foot-scene')),
    bound: Object.fromEntries(['period', 'coverage', 'scope', 'sources'].map(n => [n, text($(`[data-bind=${n}]`))])),
    title: document.title,
    ticks: all('.tick').map(node => [node.getAttribute('style'), node.classList.contains('latest')]),
    stops: all('.stop-place').map(node => [node.getAttribute('style'), text(node)]),
    slider: $('#slider')?.value ?? null,
  };
}"""


def drawn_picture(page: Page) -> dict[str, Any]:
    """Return what the browser shows, in the same words as `served_picture`."""
    found: dict[str, Any] = page.evaluate(_DRAWN)
    for node in found["shapes"]:
        if node[-1] and node[-1][1]:
            node[-1][1] = [(tag, attributes) for tag, attributes in node[-1][1]]
    return found
