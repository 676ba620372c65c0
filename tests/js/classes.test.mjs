// assets/late/classes.js: what is counted, how a bound moves, what of an address goes together.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const C = await load("late/classes.js");
const S = await load("scene.js");

/** Four places of two countries in two periods and "latest"; one is withheld, one has none, one is an estimate. */
function scene(changes = {}) {
  return {
    lang: "en", mark: "fill", sign: "%", decimals: 1, ground: "#eee",
    ids: ["a", "b", "c", "d"], iso3: ["AAA", "AAA", "AAA", "BBB"],
    periods: [{ id: "2015", label: "2015" }, { id: "2016", label: "2016" }, { id: "latest", label: "Latest", latest: true }],
    states: ["vvsv", "vnvv", "vvvv"], flags: [".e..", "....", ".e.."],
    values: [[1, 2, null, 30], [3, null, 4, 40], [3, 2, 4, 40]], qualifiers: {},
    scopes: {
      "": {
        from: 0, bins: [], colours: ["#1", "#2", "#3"], labels: ["Lowest", "2", "Highest"], classes: ["00-0", "2-22", "2022"],
        within: {
          AAA: { low: 1, bins: [2, 3, 4], labels: ["1–2", "2–3", "3–4"], slots: [0, 1, 2] },
          BBB: { low: 30, bins: [30, 40], labels: ["30", "30–40"], slots: [0, 2] },
        },
      },
      AAA: { from: 0, low: 1, bins: [2, 3, 4], colours: ["#1", "#2", "#3"], labels: ["1–2", "2–3", "3–4"], classes: ["00-", "1-2", "102"] },
    },
    ...changes,
  };
}

describe("the histogram", () => {
  test("counts figures of all dated periods, never a missing or withheld one, and none twice", () => {
    assert.deepEqual(C.valuesOf(scene(), ""), [1, 2, 30, 3, 4, 40]);
    assert.deepEqual(C.valuesOf(scene(), "AAA"), [1, 2, 3, 4]);
    assert.deepEqual(C.valuesOf(scene(), "AAA", 1), [3, 4]);
    assert.deepEqual(C.valuesOf(scene(), "", 2), [3, 2, 4, 40]);
  });

  test("has every figure in one bar, the highest in the last", () => {
    assert.deepEqual(C.histogram([0, 1, 2.5, 5, 9.9, 10], 0, 10, 4), [2, 1, 1, 2]);
    assert.deepEqual(C.histogram([7, 7], 7, 7, 3), [2, 0, 0]);
    assert.deepEqual(C.histogram([], 0, 1, 2), [0, 0]);
  });
});

describe("bounds", () => {
  const limits = { low: 0, high: 100, decimals: 1 };

  test("a class holds its upper bound", () => {
    assert.deepEqual([5, 10, 10.1, 20, 99].map((value) => C.classAt([10, 20], value)), [0, 0, 1, 1, 2]);
  });

  test("a bound stays between its neighbours and inside the figures", () => {
    assert.deepEqual(C.moved([10, 20, 30], 1, 25.04, limits), [10, 25, 30]);
    assert.deepEqual(C.moved([10, 20, 30], 1, 55, limits), [10, 29.9, 30]);
    assert.deepEqual(C.moved([10, 20, 30], 1, -5, limits), [10, 10.1, 30]);
    assert.deepEqual(C.moved([10, 20, 30], 0, -5, limits), [0, 20, 30]);
    assert.deepEqual(C.moved([10, 20, 30], 2, 500, limits), [10, 20, 99.9]);
  });

  test("a step is round and can be printed", () => {
    assert.equal(C.stepOf(0, 100, 1), 1);
    assert.equal(C.stepOf(0, 23.9, 1), 0.1);
    assert.equal(C.stepOf(0, 0.5, 1), 0.1);
    assert.equal(C.stepOf(0, 52000, 0), 100);
    assert.equal(C.stepOf(3, 3, 1), 0.1);
  });

  test("a preview changes only places in a class", () => {
    const made = scene();
    const fills = made.ids.map((_, shape) => S.fillOf(made, 0, shape, "AAA"));
    assert.deepEqual(fills, ["#1", "url(#estimated-0)", "url(#state-s)", "#eee"]);
    assert.deepEqual(C.previewFills(made, 0, "AAA", [1, 1.5], fills), ["#1", "url(#estimated-2)", "url(#state-s)", "#eee"]);
    const filtered = ["#eee", ...fills.slice(1)];
    assert.equal(C.previewFills(made, 0, "AAA", [0.5, 0.7], filtered)[0], "#eee");
  });
});

describe("what is offered and what goes together", () => {
  const classing = {
    scheme: "quantiles", k: 5, palette: "blues", mid: null, own: { scheme: "quantiles", k: 5, palette: "blues", breaks: [], mid: null },
  };
  const table = { one: { diverging: false, most: 5 }, many: { diverging: false, most: 9 }, two: { diverging: true, most: 3 } };

  test("palettes that hold for the number of classes", () => {
    assert.deepEqual(C.offered(["one", "many", "two"], 5, false, table), ["one", "many"]);
    assert.deepEqual(C.offered(["one", "many", "two"], 6, false, table), ["many"]);
    assert.deepEqual(C.offered(["one", "many", "two"], 6, true, table), ["two"]);
    assert.deepEqual(C.offered(["one", "many", "two"], 8, true, table), []);
  });

  test("own bounds and a scheme exclude one another", () => {
    assert.deepEqual(C.settled(classing, { breaks: "1,2" }), { breaks: "1,2", scheme: null, k: null });
    assert.deepEqual(C.settled(classing, { scheme: "pretty" }), { scheme: "pretty", breaks: null });
    assert.deepEqual(C.settled({ ...classing, scheme: "user_defined" }, { k: 4 }), { k: "4", breaks: null, scheme: "quantiles" });
  });

  test("what the map does by itself is not spelt", () => {
    assert.deepEqual(C.settled({ ...classing, scheme: "pretty" }, { scheme: "quantiles" }), { scheme: null, breaks: null });
    assert.deepEqual(C.settled({ ...classing, k: 4 }, { k: 5 }), { k: null, breaks: null });
    assert.deepEqual(C.settled(classing, { palette: "blues" }), { palette: null });
    assert.deepEqual(C.settled(classing, { scale: "within" }), { scale: null });
    assert.deepEqual(C.settled(classing, { scale: "across" }), { scale: "across" });
  });

  test("a scheme without sides does away with a midpoint, a midpoint with the palette", () => {
    assert.deepEqual(C.settled({ ...classing, mid: "zero" }, { scheme: "head_tail" }), { scheme: "head_tail", breaks: null, mid: null, palette: null });
    assert.deepEqual(C.settled(classing, { mid: "mean" }), { mid: "mean", breaks: null, palette: null });
  });
});

describe("the tip", () => {
  const words = { "classes.within": "Within {country}: {range} (class {n} of {k})" };

  test("tells the range and the class within the country", () => {
    assert.equal(C.withinLine(scene(), words, 1, 3, "", "Land B"), "Within Land B: 30–40 (class 2 of 2)");
    assert.equal(C.withinLine(scene(), words, 1, 0, "", "Land A"), "Within Land A: 3–4 (class 3 of 3)");
  });

  test("tells nothing of places without a figure, in a country and with one scale for all", () => {
    assert.equal(C.withinLine(scene(), words, 0, 2, "", "Land A"), null);
    assert.equal(C.withinLine(scene(), words, 0, 0, "AAA", "Land A"), null);
  });
});
