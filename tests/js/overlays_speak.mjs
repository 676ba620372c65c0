// Says as JSON what the browser's rules for overlays make of what is on its input; a Python test compares.
import { readFileSync } from "node:fs";
import { load } from "./load.mjs";

const O = await load("late/overlay_rules.js");
const asked = JSON.parse(readFileSync(0, "utf8"));

process.stdout.write(JSON.stringify({
  symbols: asked.symbols.map(([scene, period, scope, shapes]) => O.symbolsOf(scene, period, scope, shapes)),
  flows: asked.flows.map(([data, period, options]) => O.flowsShown(data, period, options)),
  widths: asked.widths.map(([persons, top]) => O.flowWidth(persons, top)),
  paths: asked.paths.map(([from, to, width]) => O.flowPath(from, to, width)),
  outlines: asked.outlines.map((paths) => O.outlineOf(paths)),
  programmes: asked.programmes.map(([data, end, options]) => (
    [...O.programmesOf(data, O.yearOf(end), options)].map(([unit, { items }]) => [unit, items]))),
  labels: asked.labels.map(([labels, box, units, obstacles]) => O.placeLabels(labels, box, units, obstacles)),
  edges: asked.edges.map(([lines, box, inset]) => O.edgeLabels(lines, box, inset)),
}));
