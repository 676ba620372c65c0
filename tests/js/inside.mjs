// Says as JSON what the browser makes of scenes of which a place is looked into; a Python test compares.
import { readFileSync } from "node:fs";
import { load } from "./load.mjs";

const S = await load("scene.js");
const { scenes, words, country } = JSON.parse(readFileSync(0, "utf8"));

process.stdout.write(JSON.stringify(scenes.map(({ scene, place }) => {
  S.narrow(scene, place);
  return scene.periods.map((_, period) => ({
    within: scene.within[period],
    text: S.insideText(scene, words, country, period),
    fills: scene.ids.map((__, shape) => S.fillOf(scene, period, shape, place.iso3)),
    counts: S.legendCounts(scene, period, place.iso3),
    source: S.sourceText(scene, words, period, place.iso3),
  }));
})));
