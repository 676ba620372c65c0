// Who does what where: how many programmes are at work in the year of the slider, as counts or as icons of sectors.

import { choice, el, field, svgEl } from "./ui.js";
import { lastDay, legendOf, offered, once, shown, tell, text } from "./overlay_base.js";
import { joinId, MOST_ICONS, programmesOf, sectorShape, slug, splitId, yearOf } from "./overlay_rules.js";
import { plural } from "../scene.js";

const drawn = new WeakMap();
const LISTED = 6;
const BADGE = 9;
const ICON = 13;

function optionsOf(entry, data) {
  const { options } = splitId(entry.id);
  return {
    sector: data.sectors.map(({ id }) => slug(id)).find((id) => options.includes(id)) ?? null,
    status: data.statuses.map(({ id }) => id).find((id) => options.includes(id)) ?? null,
  };
}

function change(atlas, entry, options) {
  const id = joinId(splitId(entry.id).name, [options.sector, options.status]);
  if (id !== entry.id) atlas.stack.change(entry, { id });
}

/** A number in a small box; that of a whole region has round sides. */
function badge({ unit, items }, level) {
  const label = String(items.length);
  const wide = BADGE + 3.5 * label.length;
  return svgEl("g", { class: `ov-badge${unit.level === level ? "" : " whole"}`, transform: `translate(${unit.x} ${unit.y})` },
    svgEl("g", { class: "ov-screen" }, svgEl("rect", { x: -wide / 2, y: -8, width: wide, height: 16, rx: unit.level === level ? 2 : 8 }),
      svgEl("text", { y: 4 }, label)));
}

/** Shapes of the sectors in a row, the most frequent first; "+" where there are more. */
function icons({ unit, sectors }, data) {
  const most = [...sectors.keys()].sort((a, b) => sectors.get(b) - sectors.get(a) || data.sectors.findIndex((s) => s.id === a) - data.sectors.findIndex((s) => s.id === b));
  const few = most.slice(0, MOST_ICONS);
  const more = most.length > few.length;
  const left = (-(few.length + (more ? 1 : 0) - 1) * ICON) / 2;
  const g = svgEl("g", { class: "ov-screen" }, few.map((sector, i) => svgEl("path", {
    class: "ov-icon", transform: `translate(${left + i * ICON} 0)`, d: sectorShape(data.sectors, sector),
  })));
  if (more) g.append(svgEl("text", { x: left + few.length * ICON, y: 4 }, "+"));
  return svgEl("g", { class: "ov-badge", transform: `translate(${unit.x} ${unit.y})` }, g);
}

function write(atlas, mapView, entry, g, context, { force = false } = {}) {
  const state = drawn.get(g);
  if (!state) return;
  const { data } = state;
  const span = yearOf(lastDay(context));
  const key = `${span}|${context.scope}`;
  if (!force && state.key === key) return;
  const options = optionsOf(entry, data);
  const found = programmesOf(data, span, { ...options, scope: context.scope });
  Object.assign(state, { key, found, year: span?.[0].slice(0, 4) });
  const all = [...found.values()].sort((a, b) => a.items.length - b.items.length);
  g.replaceChildren(...all.map((one) => (entry.mark === "icons" ? icons(one, data) : badge(one, data.level))));
  tell(atlas, mapView, entry, () => legend(atlas, entry, state, options));
}

function list(atlas, data, found) {
  const items = [...found.values()].sort((a, b) => a.unit.name.localeCompare(b.unit.name, atlas.lang)).map(({ unit, items: own }) => el("li", {},
    el("b", { text: unit.name }), el("ul", {}, own.map((item) => el("li", { text: words(data, item) })))));
  return el("details", {}, el("summary", { text: text(atlas, "overlay.programme_list"), data: { act: "list" } }), el("ul", { class: "ov-list" }, items));
}

function words(data, [, organisation, sector, , status]) {
  const title = data.sectors.find(({ id }) => id === sector)?.title ?? sector;
  return `${organisation} (${title}, ${data.statuses.find(({ id }) => id === status)?.title ?? status})`;
}

function legend(atlas, entry, { data, found, year }, options) {
  const n = [...found.values()].reduce((sum, { items }) => sum + items.length, 0);
  const places = [...found.values()].filter(({ unit }) => unit.level === data.level).length;
  const any = text(atlas, "overlay.any");
  const parts = [
    el("p", { class: "ov-note", text: `${year}: ${plural(atlas.words, atlas.lang, "overlay.programmes", n)}, ${plural(atlas.words, atlas.lang, "overlay.places", places)}` }),
  ];
  if (entry.mark === "icons") {
    const used = new Set([...found.values()].flatMap(({ sectors }) => [...sectors.keys()]));
    parts.push(el("ul", { class: "ov-rows" }, data.sectors.filter(({ id }) => used.has(id)).map(({ id, title }) => el("li", {},
      svgEl("svg", { viewBox: "-7 -7 14 14", "aria-hidden": "true" }, svgEl("path", { class: "ov-icon", d: sectorShape(data.sectors, id) })), el("span", { text: title })))));
  } else if ([...found.values()].some(({ unit }) => unit.level !== data.level)) {
    parts.push(el("p", { class: "ov-note", text: text(atlas, "overlay.programme_whole") }));
  }
  parts.push(
    field(text(atlas, "overlay.sector"), choice([["", any], ...data.sectors.map(({ id, title }) => [slug(id), title])], options.sector ?? "",
      (sector) => change(atlas, entry, { ...options, sector }), { data: { act: "sector" } })),
    field(text(atlas, "overlay.status"), choice([["", any], ...data.statuses.map(({ id, title }) => [id, title])], options.status ?? "",
      (status) => change(atlas, entry, { ...options, status }), { data: { act: "status" } })),
    el("p", { class: "ov-note", text: text(atlas, "overlay.programme_none") }),
    list(atlas, data, found),
  );
  return parts;
}

const stateOf = (atlas, entry) => {
  const held = [...atlas.stack.groupsOf(atlas.map).drawn.values()].find((one) => one.entry?.id === entry.id && one.entry.mark === entry.mark);
  return held && drawn.get(held.g);
};

function offers(atlas, mark) {
  const open = atlas.layers.find((one) => one.id === atlas.view.layer);
  const taken = atlas.stack.entries().some((entry) => entry.mark === mark);
  return offered().programmes && !taken && atlas.stack.allows(open) ? [{ id: "programmes", kind: mark, title: text(atlas, "overlay.programmes_title") }] : [];
}

const kind = (mark) => ({
  single: true,
  title: (atlas) => text(atlas, "overlay.programmes_title"),
  mark: (atlas) => text(atlas, `overlay.as_${mark}`),
  offers: (atlas) => offers(atlas, mark),
  describe(atlas, entry) {
    const state = stateOf(atlas, entry);
    return state ? { period: state.year, source: state.data.source } : {};
  },
  async draw(atlas, mapView, entry, g, context) {
    const open = atlas.layers.find((one) => one.id === atlas.view.layer);
    if (!offered().programmes) throw new Error("no programmes to draw");
    if (!atlas.stack.allows(open)) return;
    const data = await once(atlas, `${offered().programmes}/${context.scene.level}.json`);
    if (!g.isConnected) return;
    drawn.set(g, { data, key: "" });
    write(atlas, mapView, entry, g, mapView === atlas.map ? atlas.stack.context : context, { force: true });
    atlas.stack.refresh();
  },
  paint: write,
  legend: (atlas, entry) => legendOf(entry, () => text(atlas, "overlay.programmes_title")),
  tip(atlas, entry, lines, shape) {
    const state = stateOf(atlas, entry);
    if (!state?.found) return;
    const { data, found, year } = state;
    const ids = [atlas.scene.ids[shape], atlas.units[shape]?.parent];
    const here = ids.map((id) => [...found.values()].find(({ unit }) => unit.id === id));
    const own = here[0]?.items ?? [];
    lines.push(["tip-over", own.length
      ? text(atlas, "overlay.programme_tip", { year, n: plural(atlas.words, atlas.lang, "overlay.programmes", own.length) })
      : text(atlas, "overlay.programme_tip_none", { year })]);
    own.slice(0, LISTED).forEach((item) => lines.push(["quiet", words(data, item)]));
    if (own.length > LISTED) lines.push(["quiet", text(atlas, "overlay.more", { n: shown(atlas, own.length - LISTED) })]);
    if (here[1]) lines.push(["quiet", text(atlas, "overlay.programme_region", {
      place: here[1].unit.name, n: plural(atlas.words, atlas.lang, "overlay.programmes", here[1].items.length),
    })]);
  },
});

export const counts = kind("counts");
export const sectors = kind("icons");
