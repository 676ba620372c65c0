// Outlines of kinds of places (border, urban, peripheral, rural), told apart without colour.

import { el, svgEl } from "./ui.js";
import { legendOf, shown, tell, text, unitsOf } from "./overlay_base.js";
import { outlineOf, TYPOLOGIES, typologyOf } from "./overlay_rules.js";
import { isInside } from "../scene.js";

const drawn = new WeakMap();
let numbers = 0;

function write(mapView, g, groups) {
  numbers += 1;
  const parts = [];
  for (const kind of TYPOLOGIES.filter((one) => groups[one])) {
    const nodes = groups[kind].map((shape) => mapView.nodes[shape]);
    const paths = nodes.map((node) => node.getAttribute("d")).filter(Boolean);
    const id = `${mapView.prefix}ov-inside-${numbers}-${kind}`;
    const d = outlineOf(paths);
    const inner = svgEl("g", { class: `ov-outline ov-${kind}`, "clip-path": `url(#${id})` },
      svgEl("path", { class: "halo", d }), svgEl("path", { class: "line", d }));
    parts.push(svgEl("clipPath", { id }, svgEl("path", { d: paths.join("") })), inner);
    const markers = nodes.filter((node) => !node.getAttribute("d"));
    if (markers.length) parts.push(svgEl("g", { class: `ov-outline ov-ring ov-${kind}` }, markers.map((node) => svgEl("circle", {
      class: "line", cx: node.getAttribute("cx"), cy: node.getAttribute("cy"),
    }))));
  }
  g.replaceChildren(...parts);
}

const swatch = (kind) => svgEl("svg", { viewBox: "0 0 34 14", "aria-hidden": "true", class: `ov-outline ov-${kind}` },
  svgEl("path", { class: "line", d: "M1 7H33" }));

/** Which shapes are shown now: the outlines change only when another division comes. */
function refresh(atlas, mapView, entry, g, context) {
  const state = drawn.get(g);
  if (!state) return;
  const { scene, scope, period } = context;
  const { groups, none } = typologyOf(state.units, (i) => mapView.isDrawn(i) && isInside(scene, i, scope, period));
  const key = JSON.stringify(groups);
  if (state.key === key) return;
  state.key = key;
  write(mapView, g, groups);
  tell(atlas, mapView, entry, () => legend(atlas, groups, none));
}

function legend(atlas, groups, none) {
  const rows = TYPOLOGIES.filter((kind) => groups[kind]).map((kind) => [swatch(kind), text(atlas, `typology.${kind}`), groups[kind].length]);
  if (none) rows.push([el("span"), text(atlas, "typology.none"), none]);
  return [el("ul", { class: "ov-rows wide" }, rows.map(([mark, name, n]) => el("li", {}, mark,
    el("span", { text: name }), el("span", { class: "lg-n", text: shown(atlas, n) }))))];
}

export const outline = {
  single: true,
  title: (atlas) => text(atlas, "typology.title"),
  mark: (atlas) => text(atlas, "overlay.as_outline"),
  offers: (atlas) => (atlas.units.some((unit) => unit.typology) ? [{ id: "typology", kind: "outline", title: text(atlas, "typology.title") }] : []),
  describe: (atlas) => ({
    source: text(atlas, "typology.source"),
    note: atlas.units.some((unit) => unit.typology) ? "" : text(atlas, "typology.absent"),
  }),
  async draw(atlas, mapView, entry, g, context) {
    const units = await unitsOf(atlas, context.scene);
    if (!g.isConnected) return;
    drawn.set(g, { units, key: "" });
    refresh(atlas, mapView, entry, g, mapView === atlas.map ? atlas.stack.context : context);
  },
  paint: refresh,
  legend: (atlas, entry) => legendOf(entry, () => outline.title(atlas)),
  tip(atlas, entry, lines, shape) {
    const kind = atlas.units[shape]?.typology;
    if (kind) lines.push(["tip-over", text(atlas, `typology.${kind}`)]);
  },
};
