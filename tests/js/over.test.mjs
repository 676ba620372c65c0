// assets/late/over.js and saved.js: the layers of an address, and views kept by name.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const O = await load("late/over.js");
const V = await load("late/saved.js");

describe("layers of an address", () => {
  const text = "population.symbol.60;moves.flow.100.off";

  test("are read and written alike", () => {
    assert.deepEqual(O.readOver(text), [
      { id: "population", mark: "symbol", opacity: 60, off: false }, { id: "moves", mark: "flow", opacity: 100, off: true },
    ]);
    assert.equal(O.writeOver(O.readOver(text)), text);
    assert.deepEqual(O.readOver(null), []);
    assert.equal(O.writeOver([]), null);
  });

  test("an opacity beyond full is full, and more than eight are not read", () => {
    assert.equal(O.readOver("a1.symbol.999")[0].opacity, 100);
    assert.equal(O.overOf(Array(12).fill("a1.symbol.50").join(";")).length, O.MOST);
  });

  test("move up and down by one, and stay where there is no further place", () => {
    const [low, high] = O.readOver(text);
    assert.deepEqual(O.moved([low, high], low, 1), [high, low]);
    assert.deepEqual(O.moved([low, high], low, -1), [low, high]);
    assert.deepEqual(O.moved([low, high], high, 1), [low, high]);
  });
});

describe("how the fills are shown", () => {
  const text = "work.fill.60;water.fill.100.off;population.symbol.60";

  test("is read from the same list, in full where it does not say", () => {
    assert.deepEqual(O.lookOf(text, "work"), { id: "work", mark: "fill", opacity: 60, off: false });
    assert.deepEqual(O.lookOf(text, "population"), { id: "population", mark: "fill", opacity: 100, off: false });
    assert.deepEqual([O.shareOf(text, "work"), O.shareOf(text, "water"), O.shareOf(null, "work")], [0.6, 0, 1]);
    assert.deepEqual(O.overOf(text).map(({ id }) => id), ["population"]);
  });

  test("nothing of a colour is hidden", () => {
    assert.equal(O.lookOf("work.fill.0", "work").off, true);
    assert.equal(O.shareOf("work.fill.0", "work"), 0);
  });

  test("is written before what lies over them, and only where it differs", () => {
    assert.equal(O.rewritten(text, ["work", "water"]), text);
    assert.equal(O.rewritten(text, ["work", "water"], { changes: { water: { off: false } } }), "work.fill.60;population.symbol.60");
    assert.equal(O.rewritten(text, ["work", "water"], { changes: { work: { off: true } } }), "work.fill.60.off;water.fill.100.off;population.symbol.60");
    assert.equal(O.rewritten("work.fill.60", ["work"], { changes: { work: { opacity: 100 } } }), null);
  });

  test("stays where the entries over them change, and goes with the layer", () => {
    assert.equal(O.rewritten(text, ["work", "water"], { over: [] }), "work.fill.60;water.fill.100.off");
    assert.equal(O.rewritten(text, ["doctors"]), "population.symbol.60");
  });

  test("takes no place from what lies over them", () => {
    const full = Array.from({ length: O.MOST }, (_, i) => `a${i}.symbol.50`).join(";");
    assert.equal(O.overOf(`work.fill.60;water.fill.50;${full}`).length, O.MOST);
  });
});

describe("reference layers", () => {
  const references = [{ id: "lakes", on: true }, { id: "names", on: true }, { id: "graticule", on: false }];

  test("are those that are on by themselves, unless an address names others", () => {
    assert.deepEqual(O.readRefs(null, references), ["lakes", "names"]);
    assert.deepEqual(O.readRefs("graticule", references), ["graticule"]);
    assert.deepEqual(O.readRefs("none", references), []);
  });

  test("are written only where they differ", () => {
    assert.equal(O.writeRefs(["names", "lakes"], references), null);
    assert.equal(O.writeRefs([], references), "none");
    assert.equal(O.writeRefs(["graticule", "lakes"], references), "lakes,graticule");
  });
});

describe("saved views", () => {
  const store = (text = null) => {
    const kept = { text };
    return { kept, getItem: () => kept.text, setItem: (key, value) => { kept.text = value; } };
  };
  const view = { name: "Water and moves", query: "?layer=water&second=moves" };

  test("are read as they were written", () => {
    const one = store();
    V.writeViews(one, [view]);
    assert.deepEqual(V.readViews(one), [view]);
  });

  test("what is kept but cannot be read is no view", () => {
    for (const text of ["{", "7", '{"a":1}', '[{"name":"x"}]', '[{"name":" ","query":"?a=b"}]', '[{"name":"x","query":"https://example.org"}]']) {
      assert.deepEqual(V.readViews(store(text)), []);
    }
  });

  test("one of the same name is replaced in its place", () => {
    const other = { name: "Other", query: "?layer=other" };
    const anew = { name: "Water and moves ", query: "?layer=water" };
    assert.deepEqual(V.withView([view, other], anew), [{ name: "Water and moves", query: "?layer=water" }, other]);
    assert.deepEqual(V.withView([other], view), [other, view]);
  });

  test("a file brings them to another browser; another file does not", () => {
    assert.deepEqual(V.fromFile(V.toFile([view])), [view]);
    for (const text of ["", "[]", '{"views":[]}', '{"format":"drivers-atlas-views"}']) assert.equal(V.fromFile(text), null);
  });
});
