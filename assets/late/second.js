// The second fill: two layers in one square of colours, or the second as a hatch or an inner outline over the first.
import * as B from "./bivariate.js";
import { Marks } from "./marks.js";
import { lookOf } from "./over.js";
import { svgEl } from "./ui.js";
import { plural, say, variantOf } from "../scene.js";

const STROKE = "#101a26";

function addPattern(map, name, parts) {
  if (map.part(name)) return;
  map.part("patterns").append(svgEl("pattern", {
    id: `${map.prefix}${name}`, width: 24, height: 24, patternUnits: "userSpaceOnUse",
    patternTransform: `scale(${(map.units * 0.5).toFixed(3)})`,
  }, parts));
}

/** Patterns of the nine colours with a hatch that says "estimate". */
function addPatterns(map) {
  B.COLOURS.forEach((colour, cell) => addPattern(map, `both-${cell}`, [
    svgEl("rect", { width: 24, height: 24, fill: colour }),
    svgEl("path", { d: "M-2 26L26-2", stroke: STROKE, "stroke-width": "1.4" }),
  ]));
}

/** Why a second layer cannot be shown over the open one, as the key of a text; null if it can. */
export function faultOf(atlas, layer) {
  if (atlas.view.mode) return "stack.not_compared";
  const open = atlas.layers.find((one) => one.id === atlas.view.layer);
  if (!layer || !open?.allows.includes("join") || !layer.allows.includes("join")) return "stack.not_joined";
  if (layer.id === open.id) return "stack.same";
  if (layer.kind === "category" || open.kind === "category") return "stack.no_categories";
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
    this.marks = new Marks(map);
    const plain = map.entries;
    map.entries = (scene, period, shape, scope) => (
      this.of(scene) ? B.entriesOf(this.pair, period, shape, scope) : plain(scene, period, shape, scope));
    map.also = (label, shape, period) => (this.of(atlas.scene)
      ? say(atlas.words, "stack.label", { label, second: B.secondText(this.pair, atlas.words, period, shape) }) : label);
    const single = map.single.bind(map);
    map.single = (...asked) => {
      const had = map.dimmed;
      single(...asked);
      if (had || map.dimmed) this.marks.again();
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
    const { pair, asked } = this;
    const { second, fill, whose, over } = this.atlas.view;
    const now = { pair, scene, second, fill, whose, over };
    if (!asked || Object.keys(now).some((key) => now[key] !== asked[key])) { // asked of every place at every step
      this.asked = { ...now, isIt: this.address() === this.key };
    }
    if (!this.asked.isIt) return null;
    this.pair.base = scene;
    if (this.pair.fill !== "bivariate") this.pair.first = scene;
    return this.pair;
  }

  get shown() { return this.of(this.atlas.scene); }

  address() {
    const { view, boot, scene } = this.atlas;
    if (!view.second || lookOf(view.over, view.second).off) return "";
    const query = new URLSearchParams({ ...variantOf(view), ...(view.whose && { whose: view.whose }) }).toString();
    const name = `${scene.indicator}.${view.second}.${view.fill ?? B.FILLS[0]}.json`;
    return `${boot.pair}/${scene.level}/${name}${query ? `?${query}` : ""}`;
  }

  /** Fetch what the address asks for and show it; what cannot be shown is left out, and said. */
  async load() {
    const { atlas } = this;
    const layer = atlas.layers.find((one) => one.id === atlas.view.second);
    if (atlas.view.second && faultOf(atlas, layer)) {
      if (layer?.id === atlas.view.layer) { // it is the open one now
        Object.assign(atlas.view, { second: null, fill: null, whose: null });
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
    if (data.left) { // the group is not there: everyone's figures are shown
      atlas.view.whose = null;
      atlas.address();
      atlas.notice(data.left);
      this.found.set(this.address(), { ...data, left: "" });
    }
    this.key = this.address();
    this.pair = { ...data, base: atlas.scene, first: data.first ?? atlas.scene };
    if (data.fill === "bivariate") addPatterns(atlas.map);
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
    this.marks.draw(null, null);
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
    const marks = pair.fill === "bivariate" ? null : scene.ids.map((_, shape) => B.markOf(pair, period, shape, scope));
    return { ...frame, fills, marks, counts: B.countsOf(pair, period, scope), source: B.sourceOf(pair, words, period, scope) };
  }

  paint() {
    const pair = this.shown;
    const { atlas } = this;
    if (!pair) { if (!atlas.boot.second) this.marks.draw(null, null); return; }
    this.marks.draw(pair.fill, atlas.frame(atlas.period).marks);
    const text = B.periodText(pair, atlas.words, atlas.period);
    document.querySelectorAll("[data-bind=second]").forEach((node) => { node.textContent = text; });
    this.name();
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
