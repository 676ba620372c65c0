// assets/late/overlay_rules.js: what lies over the fills, worked out without a document.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const O = await load("late/overlay_rules.js");

const moves = {
  units: [{ id: "A", name: "A", x: 0, y: 0 }, { id: "B", name: "B", x: 100, y: 0 }, { id: "C", name: "C", x: 0, y: 100 }],
  periods: [{ id: "2018", end: "2018-12-31" }, { id: "2019", end: "2019-12-31" }],
  rows: [[[0, 1, 400], [1, 0, 100], [2, 0, 0], [0, 2, null, "s"], [1, 2, null, "n"]], [[1, 0, 900]]],
};

describe("circles", () => {
  test("shrink where places are many, so that together they cover no more", () => {
    assert.deepEqual([0, 1, 200].map(O.crowd), [1, 1, 1]);
    assert.equal(O.crowd(800), 0.5);
    assert.ok(Math.abs(3000 * O.crowd(3000) ** 2 - 200) < 1e-9);
  });
});

describe("names with options", () => {
  test("are taken apart and put together again", () => {
    assert.deepEqual(O.splitId("internal_moves__10_x__out"), { name: "internal_moves", options: ["10_x", "out"] });
    assert.equal(O.joinId("internal_moves", ["", "out", null]), "internal_moves__out");
    assert.equal(O.joinId("internal_moves", []), "internal_moves");
    assert.equal(O.slug("Water & Sanitation "), "water_sanitation");
  });
});

describe("symbols", () => {
  const scene = {
    states: ["vvsnx-", "nnnnnn"], values: [[100, 25, null, null, null, null], []], iso3: ["AAA", "AAA", "AAA", "BBB", "BBB", "BBB"],
    symbol: { max: 100 },
  };
  const shapes = scene.iso3.map((_, i) => ({ x: i, y: 2 * i }));

  test("have areas in proportion, largest first, and a sign where there is no figure", () => {
    const { circles, signs } = O.symbolsOf(scene, 0, "", shapes);
    assert.deepEqual(circles.map(({ shape, k }) => [shape, k]), [[0, 1], [1, 0.5]]);
    assert.equal(circles[1].k ** 2 / circles[0].k ** 2, 25 / 100);
    assert.deepEqual(signs, [{ shape: 2, x: 2, y: 4, state: "s" }, { shape: 3, x: 3, y: 6, state: "n" }]);
  });
  test("belong to the scope", () => {
    const { circles, signs } = O.symbolsOf(scene, 0, "BBB", shapes);
    assert.deepEqual([circles.length, signs.map(({ shape }) => shape)], [0, [3]]);
  });
  test("are none before the first period", () => {
    assert.deepEqual(O.symbolsOf(scene, -1, "", shapes), { circles: [], signs: [] });
  });
});

describe("moves", () => {
  test("show the largest; zeros, withheld and missing ones are no lines", () => {
    assert.deepEqual(O.flowsShown(moves, 0, { n: 1 }), { shown: [[0, 1, 400]], known: 2, withheld: 1, missing: 1 });
    assert.deepEqual(O.flowsShown(moves, -1, {}), { shown: [], known: 0, withheld: 0, missing: 0 });
  });
  test("are those of a place, out, in or both; without a place, all", () => {
    const of = (side, place) => O.flowsShown(moves, 0, { side, place }).shown.map(([from, to]) => `${from}${to}`);
    assert.deepEqual(of("out", "A"), ["01"]);
    assert.deepEqual(of("in", "A"), ["10"]);
    assert.deepEqual(of("both", "A"), ["01", "10"]);
    assert.deepEqual(of("out", "C"), []);
    assert.deepEqual(of("out", null), ["01", "10"]);
  });
  test("have widths in proportion to the largest of all periods", () => {
    assert.equal(O.flowTop(moves), 900);
    assert.equal(O.flowWidth(900, 900), O.FLOW_PIXELS);
    assert.equal(O.flowWidth(450, 900), O.FLOW_PIXELS / 2);
    assert.ok(O.flowWidth(1, 900) > 1);
  });
  test("are wide where they begin and thin where they end; the way back is another line", () => {
    const path = O.flowPath(moves.units[0], moves.units[1], 10);
    const numbers = path.match(/-?[\d.]+/g).map(Number);
    const at = (i) => [numbers[i], numbers[i + 1]];
    const start = Math.hypot(at(0)[0] - at(10)[0], at(0)[1] - at(10)[1]);
    const end = Math.hypot(at(4)[0] - at(6)[0], at(4)[1] - at(6)[1]);
    assert.ok(Math.abs(start - 10) < 0.3, `${start}`);
    assert.ok(end > 1 && end < 2.5, `${end}`);
    assert.ok(at(2)[1] > 0);
    assert.ok(O.flowPath(moves.units[1], moves.units[0], 10).match(/-?[\d.]+/g).map(Number)[3] < 0);
  });
  test("have three round numbers in the legend", () => {
    assert.deepEqual(O.flowSteps(900), [500, 200, 50]);
    assert.deepEqual(O.flowSteps(0), []);
  });
});

describe("outlines", () => {
  test("read the rings of a path of a map file", () => {
    assert.deepEqual(O.ringsOf("M10 20l5 5-3-7zM0 0l1 0 0 1z"), [[[10, 20], [15, 25], [12, 18]], [[0, 0], [1, 0], [1, 1]]]);
  });
  test("leave out what two places share", () => {
    const left = "M0 0l0 10 10 0 0-10z"; // both turn the same way, so a shared edge is there and back
    const right = "M10 0l0 10 10 0 0-10z";
    assert.equal(O.outlineOf([left]), "M0 0L0 10L10 10L10 0Z");
    const both = O.outlineOf([left, right]);
    assert.equal(both.match(/M/g).length, 1);
    assert.ok(!/10 0L10 10|10 10L10 0/.test(both), both);
  });
  test("keep places that do not touch apart", () => {
    assert.equal(O.outlineOf(["M0 0l0 1 1 0z", "M5 5l0 1 1 0z"]).match(/M/g).length, 2);
  });
  test("count places by kind", () => {
    const units = [{ typology: "urban" }, { typology: "border" }, {}, { typology: "urban" }];
    assert.deepEqual(O.typologyOf(units, (i) => i < 3), { groups: { urban: [0], border: [1] }, none: 1 });
  });
});

describe("programmes", () => {
  const data = {
    units: [{ id: "A", iso3: "AAA" }, { id: "B", iso3: "BBB" }],
    items: [
      [0, "One", "water sanitation", "", "completed", "2016-05-01", "2018-03-31"], [0, "Two", "health", "", "ongoing", "2018-01-01", "2020-12-31"],
      [0, "One", "health", "", "suspended", "2018-02-01", "2018-12-31"], [1, "One", "health", "", "planned", "2019-01-01", "2020-12-31"],
    ],
  };
  const counts = (found) => [...found.values()].map(({ unit, items, organisations }) => [unit.id, items.length, organisations.size]);

  test("are at work by their dates, in the year of the slider up to its day", () => {
    assert.deepEqual(O.yearOf("2018-06-30"), ["2018-01-01", "2018-06-30"]);
    assert.deepEqual(counts(O.programmesOf(data, O.yearOf("2018-12-31"))), [["A", 3, 2]]);
    assert.deepEqual(counts(O.programmesOf(data, O.yearOf("2019-12-31"))), [["A", 1, 1], ["B", 1, 1]]);
    assert.deepEqual(counts(O.programmesOf(data, O.yearOf("2010-12-31"))), []);
    assert.equal(O.programmesOf(data, null).size, 0);
  });
  test("are filtered by sector, status and country", () => {
    const span = O.yearOf("2018-12-31");
    assert.deepEqual(counts(O.programmesOf(data, span, { sector: "water_sanitation" })), [["A", 1, 1]]);
    assert.deepEqual(counts(O.programmesOf(data, span, { status: "suspended" })), [["A", 1, 1]]);
    assert.deepEqual(counts(O.programmesOf(data, span, { scope: "BBB" })), []);
  });
  test("have shapes that differ", () => {
    assert.equal(new Set(O.SECTOR_SHAPES).size, O.SECTOR_SHAPES.length);
    assert.equal(O.sectorShape([{ id: "a" }, { id: "b" }], "b"), O.SECTOR_SHAPES[1]);
  });
});

describe("names", () => {
  const box = [0, 0, 100, 100];
  const name = (words, x, y, rank, more = {}) => ({ words, x, y, rank, width: 20, height: 10, ...more });

  test("do not touch one another: the most important is written", () => {
    const placed = O.placeLabels([name("low", 50, 50, 1), name("high", 55, 52, 9), name("far", 20, 20, 0)], box, 1);
    assert.deepEqual(placed.map(({ words }) => words), ["high", "far"]);
  });
  test("move to another side before they are left out, and keep off obstacles and the edge", () => {
    const beside = { anchors: [[15, 0], [-15, 0]] };
    const [placed] = O.placeLabels([name("a", 80, 50, 1, beside)], box, 1, [[90, 40, 99, 60]]);
    assert.deepEqual([placed.atX, placed.atY], [65, 50]);
    assert.deepEqual(O.placeLabels([name("b", 95, 50, 1)], box, 1), []);
  });
  test("need more room on the map when it is zoomed out", () => {
    const two = [name("a", 20, 50, 2), name("b", 60, 50, 1)];
    assert.equal(O.placeLabels(two, box, 1).length, 2);
    assert.equal(O.placeLabels(two, [-200, -200, 500, 500], 3).length, 1);
  });
});

describe("graticule", () => {
  const lines = [{ axis: "lon", degree: 60, xy: [40, -50, 60, 150] }, { axis: "lat", degree: 45, xy: [-50, 30, 150, 30] }, { axis: "lat", degree: 90, xy: [-50, -30, 150, -30] }];
  test("is labelled where it crosses the edges of what is shown", () => {
    assert.deepEqual(O.edgeLabels(lines, [0, 0, 100, 100], 10), [{ axis: "lon", degree: 60, x: 54, y: 90 }, { axis: "lat", degree: 45, x: 10, y: 30 }]);
  });
  test("is drawn as lines", () => assert.equal(O.linePath([1, 2, 3, 4, 5, 6]), "M1 2L3 4L5 6"));
});
