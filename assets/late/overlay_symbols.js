// Proportional symbols of a count over any fill: areas in proportion, a sign where there is no figure.

import { circlesFor } from "./circles.js";
import { el, svgEl } from "./ui.js";
import { legendOf, shapesOf, shown, tell, text } from "./overlay_base.js";
import { SIGNS, crowd, symbolsOf } from "./overlay_rules.js";
import { shownText, ownPeriod, sourceText, symbolShare, withSign, isInside } from "../scene.js";

const TINTS = ["#ffffff", "#fff1b8", "#ffd9e8"];
const drawn = new WeakMap();

const layerOf = (atlas, entry) => atlas.layers.find((one) => one.id === entry.id);

/** The level at which a layer is drawn on a map: that of the map, or else the finest above it, or its coarsest. */
function levelFor(layer, level) {
  if (layer.levels.includes(level)) return level;
  const above = layer.levels.filter((one) => one < level).sort();
  return above.at(-1) ?? [...layer.levels].sort()[0];
}

function tintOf(atlas, entry) {
  const at = atlas.stack.entries().filter(({ mark }) => mark === "symbol").findIndex(({ id }) => id === entry.id);
  return TINTS[Math.max(0, at) % TINTS.length];
}

/** What a period shows, from memory if it was worked out before: {now, lacking, counts}. */
function foundIn(state, period, scope) {
  const key = `${period} ${scope}`;
  if (!state.found.has(key)) {
    const { circles, signs } = symbolsOf(state.scene, period, scope, state.shapes);
    const counts = { v: circles.length };
    for (const { state: one } of signs) counts[one] = (counts[one] ?? 0) + 1;
    state.found.set(key, { now: new Map(circles.map((circle) => [circle.shape, circle])), lacking: signs, counts });
  }
  return state.found.get(key);
}

function write(atlas, mapView, entry, g, context) {
  const state = drawn.get(g);
  if (!state) return;
  const period = atlas.stack.periodIn(state.scene, context);
  if (state.period === period && state.scope === context.scope) return;
  Object.assign(state, { period, scope: context.scope });
  Object.assign(state, foundIn(state, period, context.scope));
  state.circles.draw(state.now, state.lacking, mapView);
  tell(atlas, mapView, entry, () => legend(atlas, entry, state));
}

function legend(atlas, entry, { scene, period, counts, shapes }) {
  const sizes = [1, 0.25, 0.05].map((share) => scene.symbol.max * share);
  const nice = (value) => { const power = 10 ** Math.floor(Math.log10(value)); return Math.floor(value / power) * power; };
  const steps = [...new Set(sizes.filter((value) => value > 0).map(nice))];
  return [
    el("p", { class: "ov-note", text: period < 0 ? text(atlas, "overlay.no_period") : `${scene.periods[period].label} · ${scene.unit}` }),
    el("div", { class: "lg-symbols" }, steps.map((value) => el("span", { class: "lg-symbol", style: `--k:${(crowd(shapes.length) * symbolShare(value, scene.symbol.max)).toFixed(4)}` },
      svgEl("svg", { "aria-hidden": "true" }, svgEl("circle", { class: "ov-circle", fill: tintOf(atlas, entry) })), el("span", { text: shown(atlas, value) })))),
    el("ul", { class: "ov-rows" }, Object.entries(counts).filter(([state]) => state !== "v").map(([state, n]) => el("li", {},
      svgEl("svg", { viewBox: "-6 -6 12 12", "aria-hidden": "true" }, svgEl("path", { class: "ov-sign ink", d: SIGNS[state] ?? SIGNS.n })),
      el("span", { text: text(atlas, `state.${state}`) }), el("span", { class: "lg-n", text: shown(atlas, n) })))),
  ];
}

export const symbol = {
  title: (atlas, entry) => layerOf(atlas, entry)?.menu_title ?? entry.id,
  mark: (atlas) => text(atlas, "overlay.as_symbol"),
  offers: (atlas) => atlas.layers.filter((layer) => layer.mark === "symbol" && layer.menu && layer.id !== atlas.view.layer && atlas.stack.allows(layer))
    .map((layer) => ({ id: layer.id, kind: "symbol", title: layer.menu_title, driver_title: layer.driver_title })),

  describe(atlas, entry) {
    const layer = layerOf(atlas, entry);
    if (layer && !atlas.stack.allows(layer)) return { note: text(atlas, "stack.alone") };
    const state = [...(atlas.stack.groupsOf(atlas.map).drawn.values())].find((one) => one.entry?.id === entry.id && one.kind === symbol);
    const held = state && drawn.get(state.g);
    if (!held) return { tier: layer?.tier };
    const { scene, period } = held;
    return {
      period: period < 0 ? text(atlas, "overlay.no_period") : scene.periods[period].label, tier: layer?.tier,
      source: period < 0 ? "" : sourceText(scene, atlas.words, period, atlas.scope),
      note: scene.level === atlas.scene.level ? "" : text(atlas, "overlay.at_level", { level: text(atlas, `level.${scene.level}`) }),
    };
  },

  async draw(atlas, mapView, entry, g, context) {
    const layer = layerOf(atlas, entry);
    if (!layer) throw new Error(`no layer ${entry.id} to draw as symbols`);
    if (!atlas.stack.allows(layer)) return;
    const level = levelFor(layer, context.scene.level);
    const scene = await atlas.stack.sceneOf(entry.id, { level });
    const shapes = await shapesOf(atlas, mapView, scene, context.scene);
    if (!g.isConnected || !scene.symbol) return;
    const state = { scene, shapes, period: null, found: new Map() };
    state.circles = circlesFor(shapes, scene.values, tintOf(atlas, entry));
    drawn.set(g, state);
    g.replaceChildren(...state.circles.nodes);
    write(atlas, mapView, entry, g, mapView === atlas.map ? atlas.stack.context : context);
    atlas.stack.refresh();
  },

  paint: write,

  moved(atlas, mapView, entry, g) {
    const state = drawn.get(g);
    if (state?.now) state.circles.draw(state.now, state.lacking, mapView); // they keep their size on the screen
  },

  legend: (atlas, entry) => legendOf(entry, () => symbol.title(atlas, entry)),

  tip(atlas, entry, lines, shape) {
    const held = [...atlas.stack.groupsOf(atlas.map).drawn.values()].find((one) => one.entry?.id === entry.id && one.kind === symbol);
    const state = held && drawn.get(held.g);
    if (!state || state.period < 0 || state.period === null) return;
    const { scene, period } = state;
    const id = atlas.scene.ids[shape];
    const at = [id, atlas.units[shape]?.parent].map((one) => scene.ids.indexOf(one)).find((i) => i >= 0) ?? -1;
    if (at < 0 || !isInside(scene, at, atlas.scope, period) || scene.states[period][at] === "-") return;
    const value = scene.states[period][at] === "v" ? withSign(atlas.words, shownText(scene, atlas.words, period, at), "") : shownText(scene, atlas.words, period, at);
    lines.push(["tip-over", text(atlas, "overlay.tip", {
      title: symbol.title(atlas, entry), value, period: scene.periods[ownPeriod(scene, period, at)].label,
    })]);
  },
};
