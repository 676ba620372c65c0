// assets/late/circles.js: circles of a symbol layer, one by one or, where they are many, as few paths.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

/** As much of a document as the circles need. */
function node(tag) {
  const attributes = new Map();
  const classes = new Set();
  const children = [];
  return {
    tag, classes, children,
    append: (...more) => children.push(...more),
    replaceChildren: (...more) => children.splice(0, children.length, ...more),
    classList: { toggle: (name, on) => (on ? classes.add(name) : classes.delete(name)) },
    setAttribute: (name, value) => attributes.set(name, String(value)),
    removeAttribute: (name) => attributes.delete(name),
    hasAttribute: (name) => attributes.has(name),
    getAttribute: (name) => attributes.get(name) ?? null,
  };
}
globalThis.document = { createElementNS: (_, tag) => node(tag) };

const C = await load("late/circles.js");
const { signAt } = await load("late/signs.js");
const map = { units: 1, radius: (share) => (10 * share).toFixed(1) };
const placesOf = (count) => Array.from({ length: count }, (_, i) => ({ x: 100 * (i % 20), y: 100 * Math.floor(i / 20) }));
const circlesOf = (found) => new Map(found.map((one) => [one.shape, one]));

describe("circles", () => {
  test("are discs of path data around their middle", () => {
    assert.equal(C.discs([[10, 20, 5]]), "M5 20a5 5 0 1 0 10 0a5 5 0 1 0 -10 0");
    assert.equal(C.discs([]), "");
  });
  test("have lines that are filled: a disc with a hole that runs the other way", () => {
    assert.equal(C.rings([[10, 20, 5]], 2), C.discs([[10, 20, 6]]) + C.discs([[10, 20, 4]], 1));
    assert.ok(C.rings([[10, 20, 0.5]], 2).endsWith("a0 0 0 1 1 0 0a0 0 0 1 1 0 0"), "no hole turns inside out");
  });
  test("are nodes of their own where they are few; a place without a figure is not shown", () => {
    const made = C.circlesFor(placesOf(3), [[1, null, -4]], "#fff");
    assert.deepEqual(made.nodes.map(({ tag }) => tag), ["circle", "circle", "g"], "a place that never has a figure has none");
    made.draw(circlesOf([{ shape: 2, x: 200, y: 7, k: 1, negative: true }]), [{ shape: 1, x: 100, y: 0, state: "s" }], map);
    const [largest, other, signs] = made.nodes;
    assert.equal(signs.children.length, 1);
    assert.deepEqual([largest.getAttribute("cx"), largest.getAttribute("r"), [...largest.classes]], ["200", "10.0", ["below"]]);
    assert.equal(other.getAttribute("display"), "none");
  });
  test("are few paths where they are many, the same circles, each once", () => {
    const shapes = placesOf(C.MANY + 5);
    const made = C.circlesFor(shapes, [shapes.map((_, i) => i + 1)], "#fff");
    const [{ children: paths }, signs] = made.nodes;
    assert.ok(paths.length <= C.MANY / 10 && paths.every(({ tag }) => tag === "path"));
    const now = shapes.map(({ x, y }, shape) => ({ shape, x, y, k: (shape + 1) / shapes.length, negative: shape % 3 === 0 })).slice(4);
    made.draw(circlesOf(now), [{ shape: 0, x: 10, y: 20, state: "n" }, { shape: 1, x: 50, y: 20, state: "n" }], map);
    assert.deepEqual(signs.children.map((path) => path.getAttribute("d")), Array(2).fill(["n", "n"].map((state, i) => signAt(state, [10, 50][i], 20, 1)).join("")));
    const drawn = { fills: [], lines: [], below: [] };
    for (const path of paths) drawn[path.getAttribute("class")].push(...(path.getAttribute("d").match(/M[^M]+/g) ?? []));
    const wanted = (sign) => now.filter(({ negative }) => negative === sign).map(({ x, y, k }) => [x, y, Number(map.radius(k))]);
    for (const [kind, sign] of [["fills", false], ["below", true]]) {
      assert.deepEqual(drawn[kind].sort(), wanted(sign).map((one) => C.discs([one])).sort());
    }
    assert.equal(drawn.lines.length, 2 * wanted(false).length);
    const kinds = paths.map((path) => path.getAttribute("class"));
    assert.deepEqual(kinds, [...kinds].sort((a, b) => ["fills", "lines", "below"].indexOf(a) - ["fills", "lines", "below"].indexOf(b)));
    made.draw(new Map(), [], map);
    assert.ok([...paths, ...signs.children].every((path) => path.getAttribute("d") === ""));
  });
});
