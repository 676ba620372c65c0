// Says as JSON what lines the browser draws inside places; a Python test compares them with its own.
import { readFileSync } from "node:fs";
import { load } from "./load.mjs";

const F = await load("late/strokes.js");
const { places, steps, units, frame } = JSON.parse(readFileSync(0, "utf8"));

process.stdout.write(JSON.stringify(places.map(({ rings, x, y }) => {
  const form = F.formOf(rings, [x, y]);
  return {
    hatches: steps.map((step) => F.hatchOf(form, step, frame)),
    dots: steps.map((step) => F.dotsOf(form, step, frame)),
    widths: units.map((unit) => F.widthOf(form, unit)),
    insets: units.map((unit) => F.insetOf(form, (F.widthOf(form, unit) * unit) / 2, unit / 4, frame)),
  };
})));
