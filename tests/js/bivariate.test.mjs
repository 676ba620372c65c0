// assets/late/bivariate.js: two layers on one map; tests/unit/dashboard/test_pairs_agree.py compares it with Python.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const B = await load("late/bivariate.js");

const scene = (changes) => ({
  lang: "en", mark: "fill", sign: "%", decimals: 0, unit: "% of people", title: "Water", ground: "#eee", ids: ["a", "b", "c", "d"],
  iso3: ["AAA", "AAA", "AAA", "BBB"], qualifiers: {}, own: null, source: [[0, 0, -1, 0]], sources: [{ publisher: "Office", title: "Yearbook" }],
  periods: [{ label: "2015", end: "2015-12-31" }], states: ["vvnv"], flags: ["...e"], values: [[1, 5, null, 9]], withheld: "withheld: small",
  scopes: { "": { from: 0, labels: ["1", "2", "3"], classes: ["01-2"] } }, ...changes,
});
const words = {
  "stack.second": "{title}: {value}, {period}", "stack.second_none": "{title}: none yet", "stack.second_elsewhere": "{title}: elsewhere in {period}",
  "value.percent": "{v}%", "state.s": "withheld", "tip.source": "Source: {source}", "tip.status": "Status: {status}", "flag.e": "estimate",
};
const second = scene({ title: "Moves", states: ["vsv-"], classes: null, scopes: { "": { from: 0, labels: ["1", "2", "3"], classes: ["2-0-"] } } });
const pair = { fill: "bivariate", base: scene(), first: scene(), second };

describe("paint", () => {
  test("a cell where both have a figure, else the state of the one that lacks it", () => {
    assert.deepEqual([0, 1, 2, 3].map((i) => B.paintOf(pair, 0, i, "")), [B.COLOURS[6], "url(#state-s)", "url(#state-n)", "url(#state-n)"]);
  });

  test("counts name each place once by what it shows", () => {
    assert.deepEqual(B.countsOf(pair, 0, ""), { v: 1, 6: 1, s: 1, n: 2 });
  });

  test("a hatch lies over figures only, and a place without a second figure has its own mark", () => {
    const hatched = { ...pair, fill: "hatch" };
    assert.deepEqual([0, 1, 2, 3].map((i) => B.markOf(hatched, 0, i, "")), ["t", "w", null, "w"]);
    assert.deepEqual(B.entriesOf(hatched, 0, 3, ""), ["v", "2", "e", "w"]);
  });
});

describe("tooltip", () => {
  test("a figure has its own period and source", () => {
    assert.deepEqual(B.secondLines(pair, words, 0, 0), [
      ["tip-more", "Moves"], ["tip-value", "1%"], ["", "2015 · % of people"], ["tip-source", "Source: Office"],
    ]);
  });

  test("a withheld figure says why and nothing else", () => {
    assert.deepEqual(B.secondLines(pair, words, 0, 1), [
      ["tip-more", "Moves"], ["tip-value", "withheld"], ["", "2015"], ["quiet", "withheld: small"],
    ]);
  });

  test("figures on other boundaries, or none yet, are said so", () => {
    assert.deepEqual(B.secondLines(pair, words, 0, 3), [["tip-more", "Moves: elsewhere in 2015"]]);
    const late = { ...pair, base: scene({ periods: [{ label: "2010", end: "2010-12-31" }] }) };
    assert.deepEqual(B.secondLines(late, words, 0, 0), [["tip-more", "Moves: none yet"]]);
  });
});
