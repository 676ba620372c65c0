// What the parts of looking inside and of searching work out without a page.
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.mjs";

const S = await load("scene.js");
const { stepsOf, levelsOfCountry } = await load("late/drill.js");
const { levelFor, periodOf, placeNote } = await load("late/search.js");

const place = { id: "D1", level: "ADM2", path: [
  { id: "AAA", level: "ADM0", name: "Land A" }, { id: "A2", level: "ADM1", name: "Two" }, { id: "D1", level: "ADM2", name: "One" },
] };

test("the steps lead from the region down to the place", () => {
  assert.deepEqual(stepsOf(null, S.REGION, { AAA: "Land A" }, "Region"), []);
  assert.deepEqual(stepsOf(null, "AAA", { AAA: "Land A" }, "Region").map((step) => step.name), ["Region", "Land A"]);
  assert.deepEqual(stepsOf(place, "AAA", { AAA: "Land A" }, "Region").map((step) => step.name), ["Region", "Land A", "Two", "One"]);
  assert.deepEqual(stepsOf(place, "AAA", {}, "Region").map((step) => step.level), [null, "ADM0", "ADM1", "ADM2"]);
});

test("a place is shown at the level below it, or at the finest that has figures of it", () => {
  assert.equal(S.below("ADM1"), "ADM2");
  assert.equal(S.levelInside(["ADM0", "ADM1", "ADM2"], "ADM2"), "ADM2");
  assert.equal(S.levelInside(["ADM0", "ADM1"], "ADM2"), "ADM1");
  assert.equal(S.levelInside(["ADM1", "ADM3"], "ADM2"), "ADM3");
  assert.equal(S.levelInside([], "ADM2"), null);
});

test("a layer has figures of a country at the levels that cover it", () => {
  const layer = { levels: ["ADM0", "ADM1"], countries: { ADM0: ["AAA", "BBB"], ADM1: ["AAA"] } };
  assert.deepEqual(levelsOfCountry(layer, "BBB"), ["ADM0"]);
  assert.deepEqual(levelsOfCountry(layer, "CCC"), []);
});

test("what is found is shown at its own level, else above it, else below it", () => {
  assert.equal(levelFor(["ADM0", "ADM1", "ADM2"], "ADM2"), "ADM2");
  assert.equal(levelFor(["ADM0", "ADM1"], "ADM3"), "ADM1");
  assert.equal(levelFor(["ADM2", "ADM1"], "ADM0"), "ADM1");
  assert.equal(levelFor([], "ADM1"), null);
});

test("a place of another time is shown at the nearest period in which it is on the map", () => {
  const scene = { periods: [{}, {}, {}, {}], states: ["v-", "n-", "-v", "-v"] };
  assert.equal(periodOf(scene, 3, 0), 1);
  assert.equal(periodOf(scene, 0, 0), 0);
  assert.equal(periodOf(scene, 0, 1), 2);
  assert.equal(periodOf({ periods: [{}], states: ["-"] }, 0, 0), null);
});

test("type, parent, country, end and the name that was found tell homonyms apart", () => {
  const words = { "search.parent": "in {parent}", "search.until": "until {year}" };
  assert.equal(placeNote(words, { type: "district", parent: "Two", country: "Land A" }), "district · in Two · Land A");
  assert.equal(placeNote(words, { type: "region", country: "Land A", until: "2018", why: "also Ош" }), "region · Land A · until 2018 · also Ош");
});

test("without a period a shape is inside if it is in any", () => {
  const scene = { iso3: ["AAA", "AAA", "BBB"], within: ["100", "010"] };
  assert.equal(S.isInside(scene, 1, "AAA", 0), false);
  assert.equal(S.isInside(scene, 1, "AAA", 1), true);
  assert.equal(S.isInside(scene, 1, "AAA"), true);
  assert.equal(S.isInside(scene, 2, S.REGION), false);
});
