// assets/late/pick.js: how a selection is spelt, what lies in a box or in a line drawn around places.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const P = await load("late/pick.js");

describe("the address", () => {
  test("is read and spelt again in the order of choosing", () => {
    assert.deepEqual(P.readPicked("KG-O,KG-J,KG-O"), ["KG-O", "KG-J"]);
    assert.equal(P.spellPicked(["KG-O", "KG-J"]), "KG-O,KG-J");
  });
  test("nothing is nothing", () => {
    assert.deepEqual(P.readPicked(null), []);
    assert.equal(P.spellPicked([]), null);
  });
  test("no more than an address holds", () => {
    const many = Array.from({ length: 900 }, (_, i) => `P${i}`);
    assert.equal(P.readPicked(many.join(",")).length, P.MOST);
    assert.equal(P.withPlaces(["A"], many).length, P.MOST);
    assert.equal(P.spellPicked(many).split(",").length, P.MOST);
  });
});

describe("adding and taking away", () => {
  test("one by one", () => {
    assert.deepEqual(P.toggled(["a", "b"], "c"), ["a", "b", "c"]);
    assert.deepEqual(P.toggled(["a", "b"], "a"), ["b"]);
  });
  test("many at once adds only those that are new", () => assert.deepEqual(P.withPlaces(["a", "b"], ["b", "c", "a"]), ["a", "b", "c"]));
  test("what was chosen before is not changed", () => {
    const before = ["a"];
    P.toggled(before, "b");
    P.withPlaces(before, ["c"]);
    assert.deepEqual(before, ["a"]);
  });
});

describe("box and line", () => {
  const shapes = [{ x: 1, y: 1, box: [0, 0, 2, 2] }, { x: 5, y: 5, box: [4, 4, 6, 6] }, { x: 9, y: 1, box: [8, 0, 10, 2] }];
  test("a box may be drawn from any corner", () => {
    assert.deepEqual(P.shapesIn(shapes, P.rectangle([6, 6], [0, 0])), [0, 1]);
    assert.deepEqual(P.shapesIn(shapes, P.rectangle([0, 0], [10, 2])), [0, 2]);
  });
  test("a line may be hollow: what lies in the notch is outside", () => {
    const notched = [[0, 0], [10, 0], [10, 10], [5, 2], [0, 10]];
    assert.deepEqual(P.shapesIn(shapes, notched), [0, 2]);
    assert.equal(P.inPolygon([5, 1], notched), true);
  });
  test("a line that was not drawn holds nothing", () => assert.deepEqual(P.shapesIn(shapes, [[1, 1]]), []));
  test("the box around places has a margin and holds them", () => {
    const [x, y, w, h] = P.boxAround([shapes[0], shapes[2]]);
    assert.ok(x < 0 && y < 0 && x + w > 10 && y + h > 2);
    assert.equal(P.boxAround([]), null);
  });
});
