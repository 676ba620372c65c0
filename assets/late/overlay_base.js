// What all overlays have in common: files fetched once, names of places, legends that stay up to date.

import { el } from "./ui.js";
import { number, say } from "../scene.js";

const files = new Map();
/** A file of the server, fetched once. */
export function once(atlas, address) {
  if (!files.has(address)) {
    const asked = atlas.fetchJson(address);
    files.set(address, asked);
    asked.catch(() => files.delete(address));
  }
  return files.get(address);
}

let index = { flows: [], programmes: null, reference: null, language: "en", levels: [] };
/** What the dataset offers over its fills; empty until `install`. */
export const offered = () => index;

export async function readIndex(atlas) {
  index = await once(atlas, `${atlas.boot.data.replace("/data/", "/overlays/")}.json`);
}

export const shown = (atlas, value) => number(atlas.lang, value, 0);
export const text = (atlas, key, fields) => say(atlas.words, key, fields);

const legends = new Map();
const keyOf = (entry) => `${entry.id}.${entry.mark}`;

/** The legend of an entry: a box that `tell` writes anew whenever what is drawn on the page's map has changed. */
export function legendOf(entry, title) {
  const box = el("div", { class: "ov-legend" });
  clearTimeout(legends.get(keyOf(entry))?.waiting);
  legends.set(keyOf(entry), { box, title, waiting: 0 });
  return box;
}

const PAUSE = 150;
/** Have the legend of an entry written by `make`: at once if it is empty, else when the steps of the slider pause. */
export function tell(atlas, mapView, entry, make) {
  const legend = legends.get(keyOf(entry));
  if (!legend || mapView !== atlas.map) return;
  clearTimeout(legend.waiting);
  if (legend.box.firstChild) legend.waiting = setTimeout(() => write(legend, make()), PAUSE);
  else write(legend, make());
}

/** A part that has the focus or is open stays so. */
function write(legend, parts) {
  const open = [...legend.box.querySelectorAll("details")].map((node) => node.open);
  const focused = legend.box.contains(document.activeElement) ? document.activeElement.dataset.act : null;
  legend.box.replaceChildren(el("h3", { text: legend.title() }), ...parts);
  legend.box.querySelectorAll("details").forEach((node, i) => { node.open = open[i] ?? false; });
  if (focused) legend.box.querySelector(`[data-act="${focused}"]`)?.focus();
}

/** The last day of what the slider shows; where it stands at "latest", that of the last period of the layer. */
export function lastDay({ scene, end }) {
  return end ?? scene.periods.reduce((last, stop) => (stop.end > last ? stop.end : last), "") ?? null;
}

/** Names and kinds of the places of a scene, which may be that of another map than the page's. */
export async function unitsOf(atlas, scene) {
  return scene.map === atlas.scene.map ? atlas.units : once(atlas, scene.units);
}

/** Positions of the places of a scene on a map whose own scene may be of another level. */
export async function shapesOf(atlas, mapView, scene, own) {
  return scene.map === own.map ? mapView.geometry.shapes : (await once(atlas, scene.map)).shapes;
}
