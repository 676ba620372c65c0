// assets/late/comparison.js: how a comparison is spelt, which small maps there are, what two maps share.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const C = await load("late/comparison.js");

const layers = [
  { id: "work", levels: ["ADM1", "ADM2"], allows: ["join", "rank"] },
  { id: "water", levels: ["ADM1"], allows: ["join"] },
  { id: "claims", levels: ["ADM0"], allows: ["rank"] },
];

function scene(changes = {}) {
  return {
    indicator: "work", allows: ["join", "rank"], variant: {}, countries: ["AAA", "BBB"], levels: ["ADM1", "ADM2"],
    groups: [["all", "all"], ["all", "15-29"], ["female", "all"], ["male", "all"]],
    periods: [{ id: "2015" }, { id: "2016" }, { id: "latest", latest: true }], ids: ["a", "b", "c"],
    ...changes,
  };
}

describe("other", () => {
  test("is read and spelt the same, in one order", () => {
    assert.deepEqual(C.readOther("sex:female"), { sex: "female" });
    assert.deepEqual(C.readOther("scale:across;country:UZB"), { country: "UZB", scale: "across" });
    assert.equal(C.spellOther(C.readOther("scale:across;country:UZB")), "country:UZB;scale:across");
    assert.equal(C.spellOther({}), null);
  });

  test("leaves out what it cannot mean and keeps the first of two", () => {
    assert.deepEqual(C.readOther("colour:red;layer:;period:2015;period:2016"), { period: "2015" });
    assert.deepEqual(C.readOther(null), {});
    assert.deepEqual(C.readOther("colour:red"), {});
  });

  test("names the ways, not the settings", () => {
    assert.deepEqual(C.waysOf({ country: "UZB", scale: "across" }), ["country"]);
    assert.deepEqual(C.waysOf({ pick: "last" }), []);
  });
});

describe("the second scene", () => {
  const variant = { sex: "female", k: "4", scheme: "quantiles", upto: "1", palette: "teal" };

  test("is the first's but for the group of people", () => {
    assert.deepEqual(C.otherVariant(variant, { sex: "male" }), { ...variant, sex: "male" });
    assert.deepEqual(C.otherVariant({ sex: "female" }, { sex: "all" }), {});
    assert.deepEqual(C.otherVariant({}, { age: "15-29" }), { age: "15-29" });
  });

  test("is classified by the first's inner bounds where these are given", () => {
    assert.deepEqual(C.otherVariant(variant, { sex: "male" }, [1.25, 0.1 + 0.2]),
      { sex: "male", upto: "1", palette: "teal", breaks: "1.25,0.3" });
  });

  test("of another layer keeps only what is wanted of every layer", () => {
    assert.deepEqual(C.otherVariant(variant, { layer: "water" }, [1]), { upto: "1" });
  });
});

describe("refusal", () => {
  const of = (other, mode = "side", changes = {}) => C.refusal(C.readOther(other), mode, scene(changes), layers);

  test("lets through what is there", () => {
    for (const other of ["layer:water", "level:ADM2", "period:2015", "sex:female", "age:15-29", "country:BBB"]) assert.equal(of(other), null, other);
  });

  test("of what is not there", () => {
    for (const other of ["", "pick:last", "layer:none", "level:ADM3", "period:1999", "sex:other", "age:0-4", "country:CCC"]) {
      assert.equal(of(other), "compare.nothing", other);
    }
    assert.equal(of("sex:female", "side", { variant: { age: "15-29" } }), "compare.nothing"); // nobody counted young women
  });

  test("of joining a sensitive layer with another, either way round", () => {
    assert.equal(of("layer:claims"), "compare.alone");
    assert.equal(of("layer:water", "side", { allows: ["rank"] }), "compare.alone");
  });

  test("not of a sensitive layer's own periods and groups", () => {
    for (const other of ["period:2015", "sex:female", "level:ADM2"]) assert.equal(of(other, "side", { allows: [] }), null, other);
  });

  test("of two countries under one divider", () => {
    assert.equal(of("country:BBB", "swipe"), "compare.apart");
  });
});

test("groups are those that are there beside the other choice", () => {
  assert.deepEqual(C.groupsOf(scene(), "sex"), ["all", "female", "male"]);
  assert.deepEqual(C.groupsOf(scene(), "age"), ["all", "15-29"]);
  assert.deepEqual(C.groupsOf(scene({ variant: { sex: "female" } }), "age"), ["all"]);
});

describe("small maps", () => {
  test("a grid is read or is none", () => {
    assert.deepEqual(C.readGrid("period.3x4"), { by: "period", rows: 3, columns: 4, n: 12 });
    for (const text of ["period.7x2", "layer.2x2", "period.3", "", null]) assert.equal(C.readGrid(text), null, text);
  });

  test("all periods are shown where there is room", () => {
    assert.deepEqual(C.periodsShown(3, 6, 0), [0, 1, 2]);
    assert.deepEqual(C.periodsShown(6, 6, 5, "last"), [0, 1, 2, 3, 4, 5]);
  });

  test("evenly: the first and the last are among them, none twice", () => {
    assert.deepEqual(C.periodsShown(17, 5, 0), [0, 4, 8, 12, 16]);
    for (let count = 2; count <= 40; count += 1) {
      for (let n = 2; n <= 24; n += 1) {
        const shown = C.periodsShown(count, n, 0);
        assert.equal(shown.length, Math.min(count, n));
        assert.equal(new Set(shown).size, shown.length);
        assert.deepEqual([shown[0], shown.at(-1)], [0, count - 1]);
      }
    }
  });

  test("the last ones end where the slider stands and never run out", () => {
    assert.deepEqual(C.periodsShown(17, 4, 16, "last"), [13, 14, 15, 16]);
    assert.deepEqual(C.periodsShown(17, 4, 9, "last"), [6, 7, 8, 9]);
    assert.deepEqual(C.periodsShown(17, 4, 1, "last"), [0, 1, 2, 3]);
  });

  test("periods without any figure in the country in focus are left out", () => {
    const found = { ids: ["a", "b", "c"], states: ["nnv", "vnn", "snv", "anx"] };
    assert.deepEqual(C.periodsWithFigures(found, () => true), [0, 1, 2]);
    assert.deepEqual(C.periodsWithFigures(found, (shape) => shape < 2), [1, 2]); // a withheld figure is one
    assert.deepEqual(C.periodsWithFigures(found, (shape) => shape === 1), [0, 1, 2, 3]);
  });

  test("columns follow the room, one at least", () => {
    assert.equal(C.columnsIn(4, 12, 900), 4);
    assert.equal(C.columnsIn(4, 12, 300), 2);
    assert.equal(C.columnsIn(4, 12, 60), 1);
    assert.equal(C.columnsIn(6, 3, 900), 3);
  });

  test("arrows move between maps and stop at the edges", () => {
    const from = (at, key) => C.cellBeside(at, key, 10, 4);
    assert.equal(from(1, "ArrowRight"), 2);
    assert.equal(from(5, "ArrowUp"), 1);
    assert.equal(from(5, "ArrowDown"), 9);
    assert.equal(from(7, "ArrowDown"), null);
    assert.equal(from(0, "ArrowLeft"), null);
    assert.equal(from(4, "End"), 9);
    assert.equal(from(4, "Home"), 0);
    assert.equal(from(4, "x"), null);
  });
});

describe("one legend for two maps", () => {
  const first = { low: 1, bins: [2, 4, 6, 8], labels: ["1–2", "2–4", "4–6", "6–8"], colours: ["#1", "#2", "#3", "#4"], classes: ["0123"] };
  const other = (low, bins, classes) => ({ low, bins, labels: [], colours: bins.map((_, i) => `#x${i}`), classes: [classes] });

  test("figures that fill some of the classes get the colours of these", () => {
    const found = C.alignedScope(first, other(2.5, [4, 5.5], "01-0"));
    assert.deepEqual(found.classes, ["12-1"]);
    assert.deepEqual(found.colours, first.colours);
    assert.deepEqual(found.labels, first.labels);
    assert.deepEqual(C.endsOf(first, found), { low: 1, high: 8 });
  });

  test("figures beyond the ends belong to the outer classes, whose bounds widen", () => {
    const found = C.alignedScope(first, other(-3, [2, 4, 6, 11], "0123"));
    assert.deepEqual(found.classes, ["0123"]);
    assert.deepEqual(C.endsOf(first, found), { low: -3, high: 11 });
  });

  test("figures that all lie in one class are of that class", () => {
    assert.deepEqual(C.alignedScope(first, other(6.2, [6.9], "00")).classes, ["33"]);
    assert.deepEqual(C.alignedScope(first, other(4.2, [5.9], "00")).classes, ["22"]);
    assert.deepEqual(C.alignedScope(first, other(0.2, [0.9], "00")).classes, ["00"]);
  });

  test("other bounds, a ramp, or no bounds in common give none", () => {
    assert.equal(C.alignedScope(first, other(1, [3, 8], "01")), null);
    assert.equal(C.alignedScope({ ...first, tones: ["#1"] }, other(1, [2, 8], "01")), null);
    assert.equal(C.alignedScope({ ...first, bins: [] }, other(1, [2, 8], "01")), null);
    assert.equal(C.alignedScope(first, undefined), null);
    assert.equal(C.innerBounds(undefined), null);
    assert.deepEqual(C.innerBounds(first), [2, 4, 6]);
  });
});

test("the divider stays on the map", () => {
  assert.deepEqual(["30", "0", "140", "-2", null, "x"].map((text) => C.dividerAt(text)), [30, 0, 100, 0, 50, 50]);
});

test("a place of another level is the place that it lies in", () => {
  assert.equal(C.placeIn(scene(), { id: "b", parent: "a" }), 1);
  assert.equal(C.placeIn(scene(), { id: "b1", parent: "b" }), 1);
  assert.equal(C.placeIn(scene(), { id: "z" }), -1);
});

describe("coarse outlines", () => {
  test("every command of a path is followed", () => {
    assert.equal(C.coarsePath("M10 10l10 0 0 10-10 0z", 1), "M10 10L20 10 20 20 10 20z");
    assert.equal(C.coarsePath("M10 10L20 10 20 20z", 1), "M10 10L20 10 20 20z");
    assert.equal(C.coarsePath("m10 10h10v10H10z", 1), "M10 10L20 10 20 20 10 20z");
    assert.equal(C.coarsePath("M0 0l9 0 0 9zM20 20l9 0 0 9z", 1), "M0 0L9 0 9 9zM20 20L29 20 29 29z");
  });

  test("points that fall together are one, and what has no area is left out", () => {
    assert.equal(C.coarsePath("M0 0l1 1 1 0 18 0 0 20z", 10), "M0 0L20 0 20 20z");
    assert.equal(C.coarsePath("M0 0l1 1 1-1z", 10), "");
  });

  test("neighbours keep their common border", () => {
    const left = C.coarsePath("M0 0L13 4 17 26 0 30z", 10);
    const right = C.coarsePath("M40 0L40 30 17 26 13 4z", 10);
    const points = (d) => new Set(d.match(/-?\d+ -?\d+/g));
    for (const point of ["10 0", "20 30"]) {
      assert.ok(points(left).has(point), left);
      assert.ok(points(right).has(point), right);
    }
  });
});

test("an overview helps where the view is much smaller than the whole", () => {
  assert.equal(C.needsOverview([0, 0, 1000, 1000], [0, 0, 1000, 1000]), false);
  assert.equal(C.needsOverview([0, 0, 900, 900], [0, 0, 1000, 1000]), false);
  assert.equal(C.needsOverview([0, 0, 300, 300], [0, 0, 1000, 1000]), true);
});

test("a view is moved so that a point is its centre", () => {
  assert.deepEqual(C.centredAt([5, 5, 100, 50], [200, 100]), [150, 75, 100, 50]);
});
