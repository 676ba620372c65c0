// Says as JSON what the browser makes of two layers on one map; a Python test compares.
import { readFileSync } from "node:fs";
import { load } from "./load.mjs";

const B = await load("late/bivariate.js");
const { asked } = JSON.parse(readFileSync(0, "utf8"));

function speak({ fill, base, first, second, words, scopes }) {
  const pair = { fill, base, first: first ?? base, second };
  const shapes = [...base.ids.keys()];
  return base.periods.map((_, period) => ({
    other: B.otherPeriod(pair, period),
    note: B.periodText(pair, words, period),
    texts: shapes.map((shape) => B.secondText(pair, words, period, shape)),
    scopes: scopes.map((scope) => ({
      paints: shapes.map((shape) => B.paintOf(pair, period, shape, scope)),
      marks: shapes.map((shape) => B.markOf(pair, period, shape, scope)),
      entries: shapes.map((shape) => B.entriesOf(pair, period, shape, scope)),
      counts: B.countsOf(pair, period, scope),
      source: B.sourceOf(pair, words, period, scope),
    })),
  }));
}

process.stdout.write(JSON.stringify({
  pairs: asked.map(speak), colours: B.COLOURS, thirds: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => [...Array(k).keys()].map((d) => B.third(d, k))),
}));
