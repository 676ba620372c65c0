// Layers of categories: what is said of a code, what is offered, which places pass a filter by category.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const S = await load("scene.js");
const F = await load("late/filter.js");
const { kindsOf } = await load("late/charts.js");
const { faultOf } = await load("late/second.js");
const { hasSeries } = await load("late/table.js");
const { tipLines } = await load("tip.js");

const COLOURS = ["#6f9fd8", "#f2d98b", "#ba843d"];
const words = { "qualifier.about": "about {v}", "state.n": "no data", "state.s": "withheld", "tip.source": "Source: {source}", "tip.national": "Whole country: {value}", "unit.label": "{name}, {country}: {value} ({period})" };

/** Five places of one country in two years: codes 1, 2 and 5 of three categories. */
const scene = (changes = {}) => ({
  lang: "en", level: "ADM2", indicator: "water", mark: "fill", ground: "#eee", decimals: 1, sign: "", unit: "category",
  allows: ["sort", "join"], ids: ["a", "b", "c", "d", "e"], iso3: ["AAA", "AAA", "AAA", "AAA", "AAA"],
  categories: [{ code: 1, label: "Piped water" }, { code: 2, label: "Well" }, { code: 5, label: "Delivered" }],
  periods: [{ id: "2018", label: "2018", end: "2018-12-31" }, { id: "2020", label: "2020", end: "2020-12-31" }],
  states: ["vvvns", "vvvv-"], flags: [".....", "....."], values: [[1, 5, 2, null, null], [1, 1, 1, 5, null]],
  low: null, high: null, qualifiers: {}, own: null, national: [{ AAA: 2 }, {}], notes: {}, sources: [{ publisher: "P", title: "T" }],
  source: [[0, 0, 0, -1, -1], [0, 0, 0, 0, -1]], ranks: null, rank_of: null,
  scopes: { "": { from: 0, bins: [1, 2, 5], colours: COLOURS, labels: ["Piped water", "Well", "Delivered"], classes: ["021--", "0002-"] } },
  ...changes,
});
const rate = () => scene({ categories: undefined, allows: ["sort", "join", "rank", "correlate", "trend"] });
const units = Array.from({ length: 5 }, () => ({ name: "Place", country: "Land", kind: "district" }));

describe("what is painted and said", () => {
  test("every figure has the colour and the name of its category", () => {
    const one = scene();
    assert.deepEqual([0, 1, 2].map((shape) => S.fillOf(one, 0, shape, "")), [COLOURS[0], COLOURS[2], COLOURS[1]]);
    assert.deepEqual([0, 1, 2, 3, 4].map((shape) => S.shownText(one, words, 0, shape)), ["Piped water", "Delivered", "Well", "no data", "withheld"]);
    assert.equal(S.unitLabel(one, words, units[0], 0, 1), "Place, Land: Delivered (2018)");
  });
  test("the legend counts every category", () => {
    assert.deepEqual(S.legendCounts(scene(), 1, ""), { v: 4, 0: 3, 2: 1 });
  });
  test("the tip names the category of the place and of the country", () => {
    const texts = tipLines(scene(), words, units[0], 0, 0).map(([, text]) => text);
    assert.ok(texts.includes("Piped water"));
    assert.ok(texts.includes("Whole country: Well"));
    assert.ok(!texts.some((text) => /\b1\.0\b/.test(text)));
  });
});

describe("what is offered", () => {
  test("charts without an axis of codes", () => {
    assert.deepEqual(kindsOf(scene()), ["distribution", "heatmap"]);
  });
  test("no series in the table", () => {
    assert.equal(hasSeries(scene()), false);
    assert.equal(hasSeries(rate()), true);
  });
  test("no second fill, and the reason is of its own", () => {
    const layer = (id, kind) => ({ id, kind, mark: "fill", allows: ["join"], levels: ["ADM2"] });
    const layers = [layer("water", "category"), layer("poverty", "rate"), layer("trust", "rate")];
    const atlas = (open) => ({ layers, view: { layer: open, level: "ADM2" } });
    assert.equal(faultOf(atlas("water"), layers[1]), "stack.no_categories");
    assert.equal(faultOf(atlas("poverty"), layers[0]), "stack.no_categories");
    assert.equal(faultOf(atlas("poverty"), layers[2]), null);
  });
  test("no range of codes", () => {
    assert.equal(F.canRange({ kind: "category", mark: "fill", allows: ["join"] }), false);
    assert.equal(F.canRange({ kind: "rate", mark: "fill", allows: ["join"] }), true);
  });
});

describe("the filter", () => {
  const passing = (text, about = {}) => {
    const { passes, of, passing: n, unknown } = F.evaluate(F.readFilter(text), { scene: scene(), units, period: 0, scope: "", ...about });
    return { ids: scene().ids.filter((_, i) => passes[i]).join(""), of, n, unknown };
  };
  test("places of the chosen categories pass; a missing figure is of none", () => {
    assert.deepEqual(passing("category:1,5"), { ids: "ab", of: 5, n: 2, unknown: 2 });
    assert.deepEqual(passing("category:2"), { ids: "c", of: 5, n: 1, unknown: 2 });
  });
  test("it follows the period", () => {
    assert.equal(passing("category:5", { period: 1 }).ids, "d");
  });
  test("a range of codes is not asked", () => {
    assert.equal(passing("value:2..9").ids, "abcde");
  });
  test("it says nothing of another layer", () => {
    assert.equal(passing("category:5", { scene: rate() }).ids, "abcde");
    assert.equal(passing("category:5", { isOpen: false }).ids, "abcde");
  });
  test("the address holds codes and nothing else", () => {
    assert.equal(F.spellFilter(F.readFilter("category:1,5")), "category:1,5");
    for (const text of ["category:", "category:x", "category:-1", "category:100", "category:1.5"]) assert.equal(F.spellFilter(F.readFilter(text)), null);
  });
  test("it asks for figures", () => {
    assert.equal(F.asksFigures(F.readFilter("category:1")), true);
    assert.equal(F.asksFigures(F.readFilter("kind:district")), false);
  });
});
