// Pure rules of what lies over the fills: symbols, lines of moves, outlines, programmes, labels. No document; tested with
// node; dashboard/export/overlays.py draws by the same rules.

import { REGION, isInside, symbolShare } from "../scene.js";

/** What an entry of the stack says beside its name: `internal_moves__25_out` is "internal_moves" with ["25", "out"]. */
export function splitId(id) {
  const [name, ...options] = id.split("__");
  return { name, options };
}

export function joinId(name, options) {
  return [name, ...options.filter(Boolean)].join("__");
}

/** A text as it can stand in an address. */
export const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");

// -- proportional symbols -----------------------------------------------------------------------------------------

const UNCROWDED = 200;

/** Circles shrink on a map of many places, so that together they cover no more than those of few (layers/overlays.py). */
export const crowd = (places) => (places ? Math.min(1, Math.sqrt(UNCROWDED / places)) : 1);

/** Circles, largest first, and the signs of places without a figure: what a count shows in a period. */
export function symbolsOf(scene, period, scope, shapes) {
  const most = crowd(shapes.length);
  const circles = [];
  const signs = [];
  if (period === null || period < 0) return { circles, signs };
  scene.states[period].split("").forEach((state, shape) => {
    if (state === "-" || !isInside(scene, shape, scope, period)) return;
    const { x, y } = shapes[shape];
    const value = scene.values[period][shape];
    if (state === "v" && value !== null) {
      circles.push({ shape, x, y, k: most * symbolShare(value, scene.symbol.max), negative: value < 0 });
    } else if (state !== "x") signs.push({ shape, x, y, state });
  });
  circles.sort((a, b) => b.k - a.k || a.shape - b.shape);
  return { circles, signs };
}

/** Paths of the signs, in a square of 10 around the middle: withheld, no data, not assessed. */
export const SIGNS = {
  s: "M-4 -4H4V4H-4ZM-4 -4L4 4M4 -4L-4 4",
  n: "M-3.5 -3.5L3.5 3.5M3.5 -3.5L-3.5 3.5",
  a: "M-4 0H-2.5M-.75 0H.75M2.5 0H4",
};

// -- moves --------------------------------------------------------------------------------------------------------

export const FLOW_COUNTS = [10, 25, 50];
export const FLOW_SIDES = ["all", "out", "in", "both"];
export const FLOW_PIXELS = 12;
const FLOW_LEAST = 1.2;
const BEND = 0.16;
const TAIL = 0.18;

/** The largest n moves of a period, or those from, to, or from and to a place; and how many there are of each state. */
export function flowsShown(data, period, { n = 25, side = "all", place = null } = {}) {
  const rows = period === null || period < 0 ? [] : data.rows[period];
  const at = place === null ? -1 : data.units.findIndex((unit) => unit.id === place);
  const fits = {
    all: () => true,
    out: ([from]) => from === at,
    in: ([, to]) => to === at,
    both: ([from, to]) => from === at || to === at,
  }[side === "all" || at < 0 ? "all" : side];
  const chosen = rows.filter(fits);
  const known = chosen.filter(([, , persons]) => persons > 0);
  return {
    shown: known.slice(0, n),
    known: known.length,
    withheld: chosen.filter((row) => row[3] === "s").length,
    missing: chosen.filter((row) => row[3] === "n").length,
  };
}

/** The largest number of any period: widths mean the same in all of them. */
export function flowTop(data) {
  return data.rows.reduce((top, rows) => rows.reduce((most, [, , persons]) => Math.max(most, persons ?? 0), top), 0);
}

/** Width of a line where it begins, in pixels, in proportion to the number. */
export function flowWidth(persons, top) {
  return top > 0 ? Math.max(FLOW_LEAST, (FLOW_PIXELS * persons) / top) : FLOW_LEAST;
}

const round = (value) => Math.round(value * 10) / 10;

/**
 * Outline of a curved line that is wide where it begins and thin where it ends. It bends to the right of its way, so that
 * the way back is another line. `width` is in map units.
 */
export function flowPath(from, to, width) {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = Math.hypot(dx, dy) || 1;
  const cx = (from.x + to.x) / 2 - dy * BEND;
  const cy = (from.y + to.y) / 2 + dx * BEND;
  const across = (ax, ay, half) => {
    const size = Math.hypot(ax, ay) || 1;
    return [(-ay / size) * half, (ax / size) * half];
  };
  const [sx, sy] = across(cx - from.x, cy - from.y, width / 2);
  const [mx, my] = across(dx, dy, (width * (1 + TAIL)) / 4);
  const [ex, ey] = across(to.x - cx, to.y - cy, (width * TAIL) / 2);
  const p = (x, y) => `${round(x)} ${round(y)}`;
  return length < 1 ? "" : `M${p(from.x + sx, from.y + sy)}Q${p(cx + mx, cy + my)} ${p(to.x + ex, to.y + ey)}`
    + `L${p(to.x - ex, to.y - ey)}Q${p(cx - mx, cy - my)} ${p(from.x - sx, from.y - sy)}Z`;
}

/** Three round numbers for the legend of the widths. */
export function flowSteps(top) {
  if (!(top > 0)) return [];
  const nice = (value) => {
    const power = 10 ** Math.floor(Math.log10(value));
    return ([5, 2, 1].find((step) => step * power <= value) ?? 1) * power;
  };
  return [...new Set([nice(top), nice(top / 3), nice(top / 12)])].filter((value) => value >= 1);
}

// -- outlines of kinds of places ----------------------------------------------------------------------------------

export const TYPOLOGIES = ["urban", "rural", "border", "peripheral"];

/** The corners of each ring of a path of a map file: absolute M, relative l, z. */
export function ringsOf(path) {
  return path.split("M").slice(1).map((ring) => {
    const [start, steps = ""] = ring.replace(/z.*/, "").split("l");
    const [x, y] = start.match(/-?\d+/g).map(Number);
    const corners = [[x, y]];
    const numbers = (steps.match(/-?\d+/g) ?? []).map(Number);
    for (let i = 0; i + 1 < numbers.length; i += 2) {
      const [lastX, lastY] = corners.at(-1);
      corners.push([lastX + numbers[i], lastY + numbers[i + 1]]);
    }
    return corners;
  });
}

/** The outline of what several paths cover together: edges that two of them share are no part of it. */
export function outlineOf(paths) {
  const edges = new Map();
  for (const path of paths) {
    for (const ring of ringsOf(path)) {
      ring.forEach(([x, y], i) => {
        const [u, v] = ring[(i + 1) % ring.length];
        if (x === u && y === v) return;
        const back = `${u} ${v},${x} ${y}`;
        if (edges.has(back)) edges.delete(back);
        else edges.set(`${x} ${y},${u} ${v}`, [`${x} ${y}`, `${u} ${v}`]);
      });
    }
  }
  const next = new Map();
  for (const [from, to] of edges.values()) next.set(from, [...(next.get(from) ?? []), to]);
  let d = "";
  for (const first of next.keys()) {
    while (next.get(first)?.length) {
      d += `M${first}`;
      for (let at = first; next.get(at)?.length;) {
        at = next.get(at).pop();
        d += at === first ? "" : `L${at}`;
        if (at === first) { d += "Z"; break; }
      }
    }
  }
  return d;
}

/** Places of each kind that a map shows: shape numbers by kind, and how many have none. */
export function typologyOf(units, isShown) {
  const groups = {};
  let none = 0;
  units.forEach((unit, shape) => {
    if (!isShown(shape)) return;
    if (TYPOLOGIES.includes(unit.typology)) (groups[unit.typology] ??= []).push(shape);
    else none += 1;
  });
  return { groups, none };
}

// -- programmes ---------------------------------------------------------------------------------------------------

const [UNIT, ORGANISATION, SECTOR, , STATUS, START, END] = [0, 1, 2, 3, 4, 5, 6];

/** The span of days that a stop of the slider stands for in programmes: the year of its last day, up to that day. */
export function yearOf(end) {
  return end ? [`${end.slice(0, 4)}-01-01`, end] : null;
}

/**
 * Programmes at work in a span of days, by unit: how many, of how many organisations, in which sectors. Planned and
 * suspended ones count by their dates like the others, unless a status is asked for.
 */
export function programmesOf(data, span, { sector = null, status = null, scope = REGION } = {}) {
  const found = new Map();
  if (!span) return found;
  const [first, last] = span;
  for (const item of data.items) {
    const unit = data.units[item[UNIT]];
    if (item[START] > last || item[END] < first) continue;
    if ((sector && slug(item[SECTOR]) !== sector) || (status && item[STATUS] !== status)) continue;
    if (scope !== REGION && unit.iso3 !== scope) continue;
    const here = found.get(item[UNIT]) ?? { unit, items: [], organisations: new Set(), sectors: new Map() };
    here.items.push(item);
    here.organisations.add(item[ORGANISATION]);
    here.sectors.set(item[SECTOR], (here.sectors.get(item[SECTOR]) ?? 0) + 1);
    found.set(item[UNIT], here);
  }
  return found;
}

/** Shapes by which sectors are told apart without colour, in a square of 12 around the middle. */
export const SECTOR_SHAPES = [
  "M-5 0A5 5 0 1 1 5 0A5 5 0 1 1 -5 0Z",
  "M-4.5 -4.5H4.5V4.5H-4.5Z",
  "M0 -5.5L5.2 4.2H-5.2Z",
  "M0 -6L6 0L0 6L-6 0Z",
  "M-1.8 -5.5H1.8V-1.8H5.5V1.8H1.8V5.5H-1.8V1.8H-5.5V-1.8H-1.8Z",
  "M-5.2 -4.2H5.2L0 5.5Z",
  "M0 -5.7L5.4 -1.8L3.4 4.6H-3.4L-5.4 -1.8Z",
  "M0 -6L1.6 -2.1L5.8 -1.9L2.5 .8L3.6 4.9L0 2.6L-3.6 4.9L-2.5 .8L-5.8 -1.9L-1.6 -2.1Z",
  "M-5.5 0L-2.8 -4.8H2.8L5.5 0L2.8 4.8H-2.8Z",
];
export const MOST_ICONS = 4;

/** Which shape a sector has: by its place in the list of all. */
export function sectorShape(sectors, sector) {
  return SECTOR_SHAPES[sectors.findIndex((one) => one.id === sector) % SECTOR_SHAPES.length];
}

// -- names and the graticule --------------------------------------------------------------------------------------

const meets = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

/**
 * Which labels can be written without touching one another, an obstacle or the edge of the screen: the most important
 * first. A label is {x, y, width, height, rank, anchors}; it is tried at each of its anchors, [dx, dy] from its point to
 * its middle, in pixels. `units` are map units per pixel, `box` is what the screen shows in map units.
 * Returns the labels with the place of their middle, in map units.
 */
export function placeLabels(labels, box, units, obstacles = []) {
  const [x0, y0, w, h] = box;
  const taken = [...obstacles];
  const placed = [];
  const ordered = labels.map((label, i) => [label, i]).sort(([a, i], [b, j]) => b.rank - a.rank || i - j);
  for (const [label] of ordered) {
    for (const [dx, dy] of label.anchors ?? [[0, 0]]) {
      const x = label.x + dx * units;
      const y = label.y + dy * units;
      const half = (label.width / 2) * units;
      const tall = (label.height / 2) * units;
      const room = [x - half, y - tall, x + half, y + tall];
      const inside = room[0] >= x0 && room[1] >= y0 && room[2] <= x0 + w && room[3] <= y0 + h;
      if (!inside || taken.some((other) => meets(room, other))) continue;
      taken.push(room);
      placed.push({ ...label, atX: x, atY: y });
      break;
    }
  }
  return placed;
}

/**
 * Where lines of the graticule cross the edges of what is shown: meridians the lower one, parallels the left one. `inset`
 * is how far inside the edge, in map units.
 */
export function edgeLabels(lines, box, inset) {
  const [x0, y0, w, h] = box;
  const found = [];
  for (const { axis, degree, xy } of lines) {
    const along = axis === "lon" ? 1 : 0;
    const edge = axis === "lon" ? y0 + h - inset : x0 + inset;
    for (let i = 0; i + 3 < xy.length; i += 2) {
      const a = xy[i + along];
      const b = xy[i + 2 + along];
      if (a === b || (a - edge) * (b - edge) > 0) continue;
      const share = (edge - a) / (b - a);
      const other = xy[i + 1 - along] + share * (xy[i + 3 - along] - xy[i + 1 - along]);
      const [x, y] = axis === "lon" ? [other, edge] : [edge, other];
      if (x >= x0 + inset && x <= x0 + w - inset && y >= y0 + inset && y <= y0 + h - inset) found.push({ axis, degree, x, y });
      break;
    }
  }
  return found;
}

/** Points of a line of the graticule as an SVG path. */
export function linePath(xy) {
  let d = `M${xy[0]} ${xy[1]}`;
  for (let i = 2; i + 1 < xy.length; i += 2) d += `L${xy[i]} ${xy[i + 1]}`;
  return d;
}
