// The second fill: two layers in one square of colours, or the second as a hatch or an inner outline over the first.
import * as B from "./bivariate.js";
import { svgEl } from "./ui.js";
import { plural, say, variantOf } from "../scene.js";

const STROKE = "#101a26";
/** Hatches over the fill of the first layer (dashboard/export/svg.py draws the same). */
const PATTERNS = {
  m: () => [svgEl("path", { d: "M-6-6L30 30", stroke: STROKE, "stroke-width": "1.4" })],
  t: () => [svgEl("path", { d: "M-6-6L30 30M-6 6L18 30M6-6L30 18", stroke: STROKE, "stroke-width": "2.6" })],
  w: () => [svgEl("circle", { cx: 12, cy: 12, r: "3.4", fill: "#fff", stroke: STROKE, "stroke-width": "1.6" })],
};

function addPattern(map, name, parts) {
  if (map.part(name)) return;
  map.part("patterns").append(svgEl("pattern", {
    id: `${map.prefix}${name}`, width: 24, height: 24, patternUnits: "userSpaceOnUse",
    patternTransform: `scale(${(map.units * 0.5).toFixed(3)})`,
  }, parts));
}

function addPatterns(map, fill) {
  if (fill === "hatch") for (const [mark, parts] of Object.entries(PATTERNS)) addPattern(map, `second-${mark}`, parts());
  if (fill !== "bivariate") return;
  B.COLOURS.forEach((colour, cell) => addPattern(map, `both-${cell}`, [
    svgEl("rect", { width: 24, height: 24, fill: colour }),
    svgEl("path", { d: "M-2 26L26-2", stroke: STROKE, "stroke-width": "1.4" }),
  ]));
}

/** Hatches or inner outlines of a period, on a map; only what differs from the former period is touched. */
export function drawMarks(map, pair, period, scope) {
  const group = map.part("second");
  if (!pair || pair.fill === "bivariate") { group.replaceChildren(); return; }
  const drawn = new Map([...group.querySelectorAll("[data-unit]")].map((node) => [Number(node.dataset.unit), node]));
  map.nodes.forEach((shape, i) => {
    const mark = B.markOf(pair, period, i, scope);
    const node = drawn.get(i);
    if (mark === null || mark === "l") {
      if (node) remove(group, node, map, i);
      return;
    }
    const made = node ?? add(group, map, shape, i, pair.fill);
    if (pair.fill === "hatch") made.setAttribute("fill", `url(#${map.prefix}second-${mark})`);
    else made.setAttribute("class", `${shape.classList.contains("marker") ? "marker " : ""}in in-${mark}`);
  });
}

function add(group, map, shape, i, fill) {
  const marker = shape.classList.contains("marker");
  const form = marker ? { cx: shape.getAttribute("cx"), cy: shape.getAttribute("cy") } : { d: shape.getAttribute("d") };
  const node = svgEl(marker ? "circle" : "path", { ...form, "data-unit": i, ...(marker ? { class: "marker" } : {}) });
  if (fill === "outline") {
    const clip = `${map.prefix}inside-${i}`;
    let defs = group.querySelector("defs");
    if (!defs) {
      defs = svgEl("defs");
      group.prepend(defs);
    }
    defs.append(svgEl("clipPath", { id: clip }, svgEl("use", { href: `#${map.prefix}u${i}` })));
    node.setAttribute("fill", "none");
    node.setAttribute("clip-path", `url(#${clip})`);
  }
  group.append(node);
  return node;
}

function remove(group, node, map, i) {
  node.remove();
  map.svg.querySelector(`#${map.prefix}inside-${i}`)?.remove();
}

/** Why a second layer cannot be shown over the open one, as the key of a text; null if it can. */
export function faultOf(atlas, layer) {
  if (atlas.view.mode) return "stack.not_compared";
  const open = atlas.layers.find((one) => one.id === atlas.view.layer);
  if (!layer || !open?.allows.includes("join") || !layer.allows.includes("join")) return "stack.not_joined";
  if (layer.id === open.id) return "stack.same";
  if (layer.mark !== "fill" || open.mark !== "fill") return "stack.no_classes";
  return layer.levels.includes(atlas.view.level) ? null : "stack.not_at_level";
}

export class Second {
  constructor(atlas) {
    this.atlas = atlas;
    this.found = new Map();
    this.pair = null;
    this.key = "";
    atlas.steps.push((frame, at) => this.step(frame, at));
    atlas.tipParts.push((lines, shape) => this.tip(lines, shape));
    atlas.rowSteps.push((rows) => this.rows(rows));
    atlas.on("table", (grid) => {
      this.grid = grid;
      this.column();
    });
    const { map } = atlas;
    const plain = map.entries;
    map.entries = (scene, period, shape, scope) => (
      this.of(scene) ? B.entriesOf(this.pair, period, shape, scope) : plain(scene, period, shape, scope));
    map.also = (label, shape, period) => (this.of(atlas.scene)
      ? say(atlas.words, "stack.label", { label, second: B.secondText(this.pair, atlas.words, period, shape) }) : label);
    const single = map.single.bind(map);
    map.single = (...asked) => {
      single(...asked);
      this.dim();
    };
    atlas.on("layer", () => this.load());
    atlas.on("address", () => this.load());
    atlas.on("panes", () => this.load());
    atlas.on("dress", () => this.dress());
    atlas.on("paint", () => this.paint());
    this.bindReading();
  }

  /** The pair, if it is of the scene that is open. */
  of(scene) {
    if (!this.pair) return null;
    const { second, fill } = this.atlas.view;
    const { pair, asked } = this;
    if (!asked || asked.pair !== pair || asked.scene !== scene || asked.second !== second || asked.fill !== fill) {
      this.asked = { pair, scene, second, fill, isIt: this.address() === this.key }; // asked of every place at every step
    }
    if (!this.asked.isIt) return null;
    this.pair.base = scene;
    if (this.pair.fill !== "bivariate") this.pair.first = scene;
    return this.pair;
  }

  get shown() { return this.of(this.atlas.scene); }

  address() {
    const { view, boot, scene } = this.atlas;
    if (!view.second) return "";
    const query = new URLSearchParams(variantOf(view)).toString();
    const name = `${scene.indicator}.${view.second}.${view.fill ?? B.FILLS[0]}.json`;
    return `${boot.pair}/${scene.level}/${name}${query ? `?${query}` : ""}`;
  }

  /** Fetch what the address asks for and show it; what cannot be shown is left out, and said. */
  async load() {
    const { atlas } = this;
    const layer = atlas.layers.find((one) => one.id === atlas.view.second);
    if (atlas.view.second && faultOf(atlas, layer)) {
      if (layer?.id === atlas.view.layer) { // it is the open one now
        Object.assign(atlas.view, { second: null, fill: null });
        atlas.address();
      }
      if (this.pair) this.clear();
      atlas.stack?.refresh();
      return;
    }
    const key = this.address();
    if (key === this.key && (this.pair || !key)) return;
    if (!key) { this.clear(); return; }
    this.wanted = key;
    try {
      if (!this.found.has(key)) this.found.set(key, await atlas.fetchJson(key));
    } catch (error) {
      console.warn(error.message);
      if (this.wanted === key) atlas.notice(say(atlas.words, "notice.offline"));
      return;
    }
    if (this.wanted !== key || this.address() !== key) return;
    const data = this.found.get(key);
    this.key = key;
    this.pair = { ...data, base: atlas.scene, first: data.first ?? atlas.scene };
    addPatterns(atlas.map, data.fill);
    atlas.map.part("second").replaceChildren();
    atlas.dress();
    atlas.repaint();
    this.column();
    atlas.fillTable();
    atlas.stack?.refresh();
  }

  clear() {
    const { atlas } = this;
    const had = this.pair;
    this.pair = null;
    this.key = "";
    this.wanted = "";
    if (!had) return;
    atlas.map.part("second").replaceChildren();
    document.getElementById("foot-scene").innerHTML = atlas.scene.html.foot;
    this.handling(atlas.scene.handling ?? "");
    atlas.dress();
    atlas.repaint();
    this.column();
    atlas.fillTable();
    atlas.stack?.refresh();
  }

  /** Headline, legend and sources speak of both layers. */
  dress() {
    const pair = this.shown;
    if (!pair) return;
    const { atlas } = this;
    document.getElementById("headline").textContent = pair.headline;
    document.title = `${pair.headline} · ${document.title.split(" · ").pop()}`;
    document.getElementById("legend").innerHTML = pair.legend[atlas.scope] ?? pair.legend[""];
    document.getElementById("foot-scene").innerHTML = pair.foot;
    atlas.map.group.setAttribute("aria-label", say(atlas.words, "map.label", { headline: pair.headline }));
    this.handling(pair.handling);
  }

  handling(text) {
    const node = document.querySelector("#head .handling");
    if (node) {
      node.hidden = !text;
      node.lastChild.textContent = ` ${text}`;
    } else if (text) {
      const made = document.createElement("p");
      made.className = "handling";
      made.setAttribute("role", "note");
      const name = document.createElement("b");
      name.textContent = `${say(this.atlas.words, "handling.title")}:`;
      made.append(name, ` ${text}`);
      document.querySelector("#head .sub").after(made);
    }
  }

  step(frame, { scene, period, scope }) {
    const pair = this.of(scene);
    if (!pair) return frame;
    const { words } = this.atlas;
    const fills = pair.fill === "bivariate"
      ? scene.ids.map((_, shape) => B.paintOf(pair, period, shape, scope)) : frame.fills;
    return { ...frame, fills, counts: B.countsOf(pair, period, scope), source: B.sourceOf(pair, words, period, scope) };
  }

  paint() {
    const pair = this.shown;
    const { atlas } = this;
    if (!pair) { if (!atlas.boot.second) atlas.map.part("second").replaceChildren(); return; }
    drawMarks(atlas.map, pair, atlas.period, atlas.scope);
    const text = B.periodText(pair, atlas.words, atlas.period);
    document.querySelectorAll("[data-bind=second]").forEach((node) => { node.textContent = text; });
    this.name();
    this.dim();
  }

  /** The name of every cell says its reading and how many places there are now. */
  name() {
    const { words, lang } = this.atlas;
    const { counts } = this.atlas.frame(this.atlas.period);
    document.querySelectorAll("#legend .bi-cell").forEach((cell) => {
      const places = plural(words, lang, "stack.places", counts[cell.dataset.entry] ?? 0);
      cell.setAttribute("aria-label", say(words, "stack.reading", { text: cell.title, places }));
    });
  }

  /** What is over a dimmed place is dimmed too. */
  dim() {
    const { map } = this.atlas;
    for (const node of map.part("second").children) {
      if (node.dataset.unit) node.classList.toggle("dim", map.nodes[node.dataset.unit].classList.contains("dim"));
    }
  }

  /** A cell that is pointed at is read beside it. */
  bindReading() {
    const legend = document.getElementById("legend");
    const { tip } = this.atlas;
    let read = null;
    const look = (event) => {
      const cell = event.target.closest?.(".bi-cell") ?? null;
      if (cell === read) return;
      read = cell;
      if (!cell) { tip.hide(); return; }
      const { left, top, right, bottom } = cell.getBoundingClientRect();
      tip.dismissed = null;
      tip.show([["", cell.getAttribute("aria-label") ?? cell.title]], { x: left, y: top, right, bottom }, "cell");
    };
    const leave = () => {
      if (read) tip.hide();
      read = null;
    };
    for (const kind of ["pointerover", "focusin"]) legend.addEventListener(kind, look);
    for (const kind of ["pointerleave", "focusout"]) legend.addEventListener(kind, leave);
  }

  /** The table has a column more while there is a second layer. */
  column() { this.grid?.setColumnsVisible?.(["second"], Boolean(this.shown)); }

  rows(rows) {
    const pair = this.shown;
    if (!pair) return rows;
    const { period, words, indexOf } = this.atlas;
    return rows.map((row) => ({ ...row, second: B.figureText(pair, words, period, indexOf(row.id)) }));
  }

  tip(lines, shape) {
    const pair = this.shown;
    if (pair) lines.push(...B.secondLines(pair, this.atlas.words, this.atlas.period, shape));
  }
}
