// Reference layers: land and neighbours, lakes, capitals and cities, names of units, graticule, scale bar. For orientation;
// they never answer to the pointer.

import { later, svgEl } from "./ui.js";
import { offered, once, text, unitsOf } from "./overlay_base.js";
import { edgeLabels, linePath, placeLabels } from "./overlay_rules.js";
import { isInside } from "../scene.js";

const LABEL = { height: 14, pad: 6 };
const INSET = 14;
const RANKS = { capital: 900, neighbour: 800, city: 600, town: 300, lake: 400, unit: 100 };
const AROUND = [[0, -11], [0, 11]];

/** Wider words for a place, beside its marker: right, left, above, below. */
const beside = (width) => [[width / 2 + 6, 0], [-width / 2 - 6, 0], ...AROUND];

const pens = new Map();
/** Width of a text on the screen, in pixels. */
function widthOf(words, font) {
  if (!pens.has(font)) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = font;
    pens.set(font, pen);
  }
  return pens.get(font).measureText(words).width + LABEL.pad;
}

const STYLES = { capital: [11, 600], city: [11, 400], town: [11, 400], neighbour: [12, 600], lake: [11, 400], unit: [11, 500] };
const fontOf = (atlas, kind) => `${STYLES[kind][1]} ${STYLES[kind][0]}px ${getComputedStyle(document.body).fontFamily}`;

/** How much larger letters on the map are than on a desk: on a wall they are read from afar (everyone.css). */
const letters = () => Number(getComputedStyle(document.documentElement).getPropertyValue("--letters")) || 1;

const boards = new WeakMap();
/** All names of a map are placed together: those of one reference layer make way for those of another. */
function boardOf(mapView) {
  if (!boards.has(mapView)) {
    const g = svgEl("g", { class: "ref-names", "pointer-events": "none", "aria-hidden": "true" });
    mapView.part("marks").before(g);
    const board = { g, groups: new Map(), nodes: new Map() };
    board.soon = later(() => arrange(mapView, board), 160);
    boards.set(mapView, board);
  }
  return boards.get(mapView);
}

/** Names of countries are written by the map itself, in its middle: other names keep off them. */
function obstacles(mapView) {
  const isFocused = document.body.classList.contains("focus-country") || mapView.svg.classList.contains("focus-country");
  if (isFocused) return [];
  const units = mapView.units * letters();
  return mapView.geometry.countries.map((country) => {
    const half = (widthOf(mapView.names[country.iso3] ?? "", fontOf(null, "neighbour")) / 2) * units;
    return [country.x - half, country.y - 12 * units, country.x + half, country.y + 5 * units];
  });
}

/** What the screen shows, in map units: more than the view box where the screen is wider or higher. */
function visible(mapView) {
  const [x, y, w, h] = mapView.box;
  const frame = mapView.svg.getBoundingClientRect();
  const wide = frame.width * mapView.units;
  const high = frame.height * mapView.units;
  return [mapView.toLeft ? x : x - (wide - w) / 2, y - (high - h) / 2, wide, high];
}

function arrange(mapView, board) {
  const box = visible(mapView);
  if (!box[2]) return;
  const placed = placeLabels([...board.groups.values()].flat(), box, mapView.units * letters(), obstacles(mapView));
  board.g.replaceChildren(...placed.map(({ words, kind, atX, atY }) => svgEl("text", {
    x: Math.round(atX), y: Math.round(atY), class: `ref-name ref-name-${kind}`, dy: ".35em",
  }, words)));
}

function setNames(mapView, id, labels) {
  const board = boardOf(mapView);
  if (labels) board.groups.set(id, labels); else board.groups.delete(id);
  board.soon();
}

function label(atlas, words, x, y, kind, more = {}) {
  const width = widthOf(words, fontOf(atlas, kind));
  return { words, x, y, kind, width, height: LABEL.height, rank: RANKS[kind] + (more.rank ?? 0), anchors: more.beside ? beside(width) : [[0, 0], ...AROUND] };
}

const read = (atlas) => once(atlas, offered().reference);
const nameOf = ({ name }) => name[offered().language] ?? name.en ?? "";

/** Areas beneath the units. */
function under(mapView, nodes) {
  mapView.svg.querySelector(":scope > .ref-under")?.remove();
  if (nodes.length) mapView.part("shapes").before(svgEl("g", { class: "ref-under", "pointer-events": "none" }, nodes));
}

const neighbours = {
  id: "neighbours", on: true, top: false,
  title: (atlas) => text(atlas, "overlay.ref_neighbours"),
  async draw(atlas, mapView, g) {
    const data = await read(atlas);
    if (!g.isConnected) return;
    under(mapView, [svgEl("path", { class: "ref-land", d: data.land }), svgEl("path", { class: "ref-borders", d: data.borders })]);
    setNames(mapView, "neighbours", data.neighbours.map((one) => label(atlas, nameOf(one), one.x, one.y, "neighbour")));
  },
  moved: (atlas, mapView) => boardOf(mapView).soon(),
  off(atlas, mapView) { under(mapView, []); setNames(mapView, "neighbours", null); },
};

/** Water is hatched, so that no class of a layer can be read into it; the hatch is of the screen. */
const waves = (mapView, g) => g.water?.setAttribute("patternTransform", `scale(${(mapView.units * 0.5).toFixed(3)})`);

const lakes = {
  id: "lakes", on: true, top: false,
  title: (atlas) => text(atlas, "overlay.ref_lakes"),
  async draw(atlas, mapView, g) {
    const data = await read(atlas);
    if (!g.isConnected) return;
    const id = `${mapView.prefix}ref-water`;
    g.water = svgEl("pattern", { id, width: 12, height: 12, patternUnits: "userSpaceOnUse" },
      svgEl("rect", { width: 12, height: 12, class: "ref-water" }), svgEl("path", { d: "M0 3H12M0 9H12", class: "ref-waves" }));
    g.replaceChildren(g.water, svgEl("path", { class: "ref-lake", fill: `url(#${id})`, d: data.lakes.map((lake) => lake.d).join("") }));
    waves(mapView, g);
    const named = data.lakes.filter((lake) => nameOf(lake));
    setNames(mapView, "lakes", named.map((lake) => label(atlas, nameOf(lake), lake.x, lake.y, "lake", { rank: Math.min(150, lake.size / 10) })));
  },
  moved(atlas, mapView, g) { waves(mapView, g); boardOf(mapView).soon(); },
  off(atlas, mapView) { setNames(mapView, "lakes", null); },
};

const capitals = {
  id: "capitals", on: true, top: true,
  title: (atlas) => text(atlas, "overlay.ref_capitals"),
  async draw(atlas, mapView, g) {
    const data = await read(atlas);
    if (!g.isConnected) return;
    g.replaceChildren(...data.places.map(({ x, y, kind }) => svgEl("g", { transform: `translate(${x} ${y})` }, svgEl("g", { class: "ov-screen" },
      kind === "capital" ? [svgEl("rect", { class: "ref-place", x: -3, y: -3, width: 6, height: 6 })] : [svgEl("circle", { class: "ref-place", r: 2.2 })]))));
    setNames(mapView, "capitals", data.places.map((one) => label(atlas, nameOf(one), one.x, one.y, one.kind, { beside: true })));
  },
  moved: (atlas, mapView) => boardOf(mapView).soon(),
  off(atlas, mapView) { setNames(mapView, "capitals", null); },
};

const labels = {
  id: "labels", on: false, top: true,
  title: (atlas) => text(atlas, "overlay.ref_labels"),
  async draw(atlas, mapView, g, context) {
    const units = await unitsOf(atlas, context.scene);
    if (!g.isConnected) return;
    write(atlas, mapView, units, mapView === atlas.map ? atlas.stack.context : context);
    g.units = units;
  },
  paint(atlas, mapView, g, context) { if (g.units) write(atlas, mapView, g.units, context); },
  moved: (atlas, mapView) => boardOf(mapView).soon(),
  off(atlas, mapView) { setNames(mapView, "labels", null); },
};

function write(atlas, mapView, units, { scene, scope, period }) {
  const key = `${scene.map}|${scope}|${mapView.hidden.map(Number).join("")}`;
  const board = boardOf(mapView);
  if (board.key === key && board.groups.has("labels")) return;
  board.key = key;
  const most = mapView.whole[2];
  setNames(mapView, "labels", mapView.geometry.shapes.flatMap(({ x, y, box }, i) => (mapView.isDrawn(i) && isInside(scene, i, scope, period)
    ? [label(atlas, units[i].name, x, y, "unit", { rank: Math.round((150 * Math.max(box[2] - box[0], box[3] - box[1])) / most) })] : [])));
}

/** The words of a degree: 60° E. */
function degree(atlas, { axis, degree: value }) {
  const side = axis === "lon" ? (value < 0 ? "west" : "east") : value < 0 ? "south" : "north";
  return value === 0 ? "0°" : text(atlas, `overlay.degree_${side}`, { n: Math.abs(value) });
}

function edges(atlas, mapView, g) {
  if (!g.lines) return;
  g.texts.replaceChildren(...edgeLabels(g.lines, visible(mapView), INSET * mapView.units).map((one) => svgEl("text", {
    x: Math.round(one.x), y: Math.round(one.y), class: "ref-degree",
  }, degree(atlas, one))));
}

const graticule = {
  id: "graticule", on: false, top: false,
  title: (atlas) => text(atlas, "overlay.ref_graticule"),
  async draw(atlas, mapView, g) {
    const data = await read(atlas);
    if (!g.isConnected) return;
    g.lines = data.graticule;
    g.texts = svgEl("g", { "aria-hidden": "true" });
    g.replaceChildren(svgEl("path", { class: "ref-lines", d: data.graticule.map(({ xy }) => linePath(xy)).join("") }), g.texts);
    edges(atlas, mapView, g);
  },
  moved: edges,
};

const scale = {
  id: "scale", on: true, top: true,
  title: (atlas) => text(atlas, "overlay.ref_scale"),
  draw: (atlas, mapView) => { if (mapView.scale) mapView.scale.hidden = false; },
  off: (atlas, mapView) => { if (mapView.scale) mapView.scale.hidden = true; },
};

/** Reference layers that a dataset has; names of units, and the scale bar, every one has. */
export function referencesOf() {
  return offered().reference ? [neighbours, lakes, capitals, labels, graticule, scale] : [labels, scale];
}
