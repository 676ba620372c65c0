// Says as JSON what the browser's functions make of the scenes and numbers on its input; a Python test compares.
import { readFileSync } from "node:fs";
import { load } from "./load.mjs";

const S = await load("scene.js");
const asked = JSON.parse(readFileSync(0, "utf8"));

function speak({ scene, words, units, scopes }) {
  return scene.periods.map((_, period) => scopes.map((scope) => ({
    fills: scene.ids.map((__, shape) => S.fillOf(scene, period, shape, scope)),
    labels: scene.ids.map((__, shape) => (
      scene.states[period][shape] === "-" ? null : S.unitLabel(scene, words, units[shape], period, shape))),
    counts: S.legendCounts(scene, period, scope),
    sources: S.sourceText(scene, words, period, scope),
  })));
}

process.stdout.write(JSON.stringify({
  scenes: asked.scenes.map(speak),
  numbers: asked.numbers.map(([lang, value, decimals]) => S.number(lang, value, decimals)),
  plurals: asked.counts.map(([lang, n]) => S.plural(asked.words[lang], lang, "foot.sources_more", n)),
  ordinals: asked.counts.map(([lang, n]) => S.ordinal(asked.words[lang], lang, n)),
  shares: asked.shares.map(([value, top]) => S.symbolShare(value, top)),
  queries: asked.views.map((view) => S.queryOf(view)),
}));
