// Moves of people from place to place as curved lines: wide where they begin, thin where they end.

import { choice, el, field, svgEl } from "./ui.js";
import { legendOf, offered, once, shown, tell, text } from "./overlay_base.js";
import { FLOW_COUNTS, FLOW_PIXELS, FLOW_SIDES, flowPath, flowSteps, flowTop, flowWidth, flowsShown, joinId, splitId } from "./overlay_rules.js";
import { periodFor, plural } from "../scene.js";

const drawn = new WeakMap();
const flowOf = (entry) => offered().flows.find((one) => one.id === splitId(entry.id ?? "").name);

function optionsOf(entry) {
  const { options } = splitId(entry.id);
  return {
    n: FLOW_COUNTS.find((n) => options.includes(String(n))) ?? 25,
    side: FLOW_SIDES.find((side) => options.includes(side)) ?? "all",
  };
}

/** The place of the flow's level that the selected place is, or lies in. */
function placeOf(atlas, data) {
  const chosen = atlas.indexOf(atlas.view.unit);
  const ids = [atlas.view.unit, atlas.units[chosen]?.parent].filter(Boolean);
  return ids.find((id) => data.units.some((unit) => unit.id === id)) ?? null;
}

function change(atlas, entry, { n, side }) {
  const { name } = splitId(entry.id);
  const now = { ...optionsOf(entry), ...(n ? { n } : {}), ...(side ? { side } : {}) };
  const id = joinId(name, [now.n === 25 ? "" : String(now.n), now.side === "all" ? "" : now.side]);
  if (id !== entry.id) atlas.stack.change(entry, { id });
}

const sentence = (atlas, data, period, [from, to, persons]) => text(atlas, "overlay.flow_line", {
  from: data.units[from].name, to: data.units[to].name, n: shown(atlas, persons), unit: data.unit, period: data.periods[period].label,
});

/** Draw the lines of a period: their widths are of the screen, so they are drawn anew when the map has been zoomed. */
function write(atlas, mapView, entry, g, context, { force = false } = {}) {
  const state = drawn.get(g);
  if (!state) return;
  const { data, top } = state;
  const period = periodFor(data, context.end) ?? -1;
  const place = placeOf(atlas, data);
  const key = `${period}|${place}|${mapView.units.toFixed(3)}`;
  if (!force && state.key === key) return;
  const isOther = state.period !== period || state.place !== place;
  Object.assign(state, { key, period, place });
  const options = optionsOf(entry);
  const found = flowsShown(data, period, { ...options, place });
  state.found = found;
  const lines = [...found.shown].reverse().map((row) => {
    const [from, to, persons] = row;
    const d = flowPath(data.units[from], data.units[to], flowWidth(persons, top) * mapView.units);
    const path = svgEl("path", { class: "ov-flow", d });
    path.row = row;
    return path;
  });
  g.replaceChildren(...lines);
  if (isOther || force) tell(atlas, mapView, entry, () => legend(atlas, entry, state, options));
}

function table(atlas, data, period, found) {
  const rows = found.shown.map((row) => el("tr", {}, el("td", { text: data.units[row[0]].name }), el("td", { text: data.units[row[1]].name }),
    el("td", { class: "num", text: shown(atlas, row[2]) })));
  return el("details", {}, el("summary", { text: text(atlas, "overlay.flow_list"), data: { act: "list" } }),
    el("table", { class: "ov-table" }, el("caption", { text: `${data.title}, ${data.periods[period].label}, ${data.unit}` }),
      el("thead", {}, el("tr", {}, ["from", "to", "number"].map((name) => el("th", { scope: "col", text: text(atlas, `overlay.flow_${name}`) })))),
      el("tbody", {}, rows)));
}

function widths(atlas, top) {
  return el("div", { class: "ov-widths" }, flowSteps(top).map((value) => {
    const wide = flowWidth(value, top);
    return el("span", {}, svgEl("svg", { viewBox: `0 0 44 ${FLOW_PIXELS + 2}`, "aria-hidden": "true" },
      svgEl("path", { class: "ov-flow", d: `M2 ${7 - wide / 2}L42 ${7 - wide * 0.09}L42 ${7 + wide * 0.09}L2 ${7 + wide / 2}Z` })), el("span", { text: shown(atlas, value) }));
  }));
}

function legend(atlas, entry, { data, top, period, place, found }, options) {
  const name = place && data.units.find((unit) => unit.id === place)?.name;
  const sides = FLOW_SIDES.map((side) => [side, text(atlas, `overlay.side_${side}`)]);
  const parts = [el("p", { class: "ov-note", text: period < 0 ? text(atlas, "overlay.no_period") : `${data.periods[period].label} · ${data.unit}` })];
  if (period >= 0) parts.push(widths(atlas, top), el("p", { class: "ov-note", text: text(atlas, "overlay.flow_taper") }));
  parts.push(field(text(atlas, "overlay.flow_most"), choice(FLOW_COUNTS.map((n) => [String(n), shown(atlas, n)]), String(options.n),
    (n) => change(atlas, entry, { n: Number(n) }), { data: { act: "most" } })),
  field(text(atlas, "overlay.flow_which"), choice(sides, options.side, (side) => change(atlas, entry, { side }), { data: { act: "side" } })));
  if (options.side !== "all") parts.push(el("p", { class: "ov-note", text: name ? text(atlas, "overlay.flow_place", { place: name }) : text(atlas, "overlay.flow_choose") }));
  if (found && period >= 0) {
    parts.push(el("p", { class: "ov-note", text: text(atlas, "overlay.flow_shown", { n: shown(atlas, found.shown.length), of: shown(atlas, found.known) }) }));
    if (found.withheld) parts.push(el("p", { class: "ov-note", text: plural(atlas.words, atlas.lang, "overlay.flow_withheld", found.withheld) }));
    if (found.missing) parts.push(el("p", { class: "ov-note", text: plural(atlas.words, atlas.lang, "overlay.flow_missing", found.missing) }));
    parts.push(table(atlas, data, period, found));
  }
  return parts;
}

/** Lines answer to the pointer; the list in the legend says the same by keyboard. */
function bind(atlas, mapView, g, state) {
  g.style.pointerEvents = "auto";
  g.addEventListener("pointermove", (event) => {
    const { row } = event.target;
    if (!row || event.pointerType === "touch" || event.buttons) return;
    event.stopPropagation();
    const lines = [["tip-name", state.data.title], ["tip-value", sentence(atlas, state.data, state.period, row)], ["tip-source", text(atlas, "tip.source", { source: state.data.source })]];
    if (atlas.scene.synthetic) lines.unshift(["tip-synthetic", text(atlas, "notice.synthetic")]);
    atlas.tip.show(lines, { x: event.clientX, y: event.clientY }, `flow-${row[0]}-${row[1]}`);
  });
  g.addEventListener("pointerout", () => atlas.tip.hide());
}

const stateOf = (atlas, entry) => {
  const held = [...atlas.stack.groupsOf(atlas.map).drawn.values()].find((one) => one.entry?.id === entry.id && one.kind === flow);
  return held && drawn.get(held.g);
};

export const flow = {
  title: (atlas, entry) => flowOf(entry)?.title ?? text(atlas, "overlay.flow"),
  mark: (atlas) => text(atlas, "overlay.as_flow"),
  offers(atlas) {
    const open = atlas.layers.find((one) => one.id === atlas.view.layer);
    if (!atlas.stack.allows(open)) return [];
    const taken = atlas.stack.entries().filter(({ mark }) => mark === "flow").map(({ id }) => splitId(id).name);
    return offered().flows.filter(({ id }) => !taken.includes(id)).map(({ id, title }) => ({ id, kind: "flow", title }));
  },
  describe(atlas, entry) {
    const state = stateOf(atlas, entry);
    if (!state) return {};
    return {
      period: state.period < 0 ? text(atlas, "overlay.no_period") : state.data.periods[state.period].label, source: state.data.source,
    };
  },
  async draw(atlas, mapView, entry, g, context) {
    const open = atlas.layers.find((one) => one.id === atlas.view.layer);
    const offer = flowOf(entry);
    if (!offer) throw new Error(`no moves ${entry.id}`);
    if (!atlas.stack.allows(open)) return;
    const data = (await once(atlas, offer.address))[offer.id];
    if (!g.isConnected) return;
    const state = { data, top: flowTop(data), key: "", period: null, place: null };
    drawn.set(g, state);
    write(atlas, mapView, entry, g, mapView === atlas.map ? atlas.stack.context : context, { force: true });
    bind(atlas, mapView, g, state);
    atlas.stack.refresh();
  },
  paint: write,
  moved: write,
  legend: (atlas, entry) => legendOf(entry, () => flow.title(atlas, entry)),
  tip(atlas, entry, lines, shape) {
    const state = stateOf(atlas, entry);
    if (!state || state.period < 0) return;
    const { data, period } = state;
    const at = data.units.findIndex(({ id }) => id === atlas.scene.ids[shape]);
    if (at < 0) return;
    for (const side of ["out", "in"]) {
      const { shown: most } = flowsShown(data, period, { n: 1, side, place: data.units[at].id });
      if (most.length) lines.push(["tip-over", text(atlas, `overlay.most_${side}`, {
        place: data.units[most[0][side === "out" ? 1 : 0]].name, n: shown(atlas, most[0][2]), period: data.periods[period].label,
      })]);
    }
  },
};

/** Lines follow the place that is selected. */
export function follow(atlas) {
  atlas.on("select", () => {
    for (const entry of atlas.stack.entries().filter(({ mark, off }) => mark === "flow" && !off)) {
      const held = [...atlas.stack.groupsOf(atlas.map).drawn.values()].find((one) => one.entry?.id === entry.id && one.kind === flow);
      if (held) write(atlas, atlas.map, entry, held.g, atlas.stack.context);
    }
  });
}
