// assets/late/strokes.js: lines of hatches lie inside their place, inner outlines along its boundary, and no place is left without.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const F = await load("late/strokes.js");

/** The same numbers from 0 to 1 every time. */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

/** A ring around a point, its corners in order of their angles, so that it never crosses itself. */
function ring(roll, x, y, most, isBack = false) {
  const n = 5 + Math.floor(roll() * 40);
  const corners = Array.from({ length: n }, (_, k) => {
    const [angle, far] = [(k * 2 * Math.PI) / n, most * (0.45 + 0.55 * roll())];
    return [Math.round(x + far * Math.cos(angle)), Math.round(y + far * Math.sin(angle))];
  });
  return isBack ? corners.reverse() : corners;
}

/** Places: with and without a hole, with an island, turning either way. */
function places(count = 60) {
  const roll = dice(7);
  return Array.from({ length: count }, (_, i) => {
    const size = 40 + roll() * 400;
    const rings = [ring(roll, 1000, 1000, size, i % 2 === 0)];
    if (i % 3 === 0) rings.push(ring(roll, 1000, 1000, size * 0.3, i % 4 === 0));
    if (i % 5 === 0) rings.push(ring(roll, 1000 + 3 * size, 1000, size * 0.5, i % 4 === 1));
    const hole = i % 3 === 0;
    return F.formOf(rings, hole ? [1000 + size * 0.37, 1000] : [1000, 1000]);
  });
}
const ALL = [-1e5, -1e5, 1e5, 1e5];

/** Distance from a point to the nearest boundary. */
function distance({ rings }, x, y) {
  let least = Infinity;
  for (const one of rings) {
    for (let i = 0, n = one.length; i < n; i += 2) {
      const [a, b, u, v] = [one[i], one[i + 1], one[(i + 2) % n], one[(i + 3) % n]];
      const [dx, dy] = [u - a, v - b];
      const t = Math.min(1, Math.max(0, ((x - a) * dx + (y - b) * dy) / (dx * dx + dy * dy || 1)));
      least = Math.min(least, Math.hypot(x - a - t * dx, y - b - t * dy));
    }
  }
  return least;
}

describe("form", () => {
  test("area and length, a hole taken out, whichever way its rings turn", () => {
    const outer = [[0, 0], [10, 0], [10, 10], [0, 10]];
    const hole = [[4, 4], [6, 4], [6, 6], [4, 6]];
    for (const rings of [[outer, hole], [[...outer].reverse(), hole], [outer, [...hole].reverse()]]) {
      const form = F.formOf(rings, [2, 2]);
      assert.equal(form.area, 96);
      assert.equal(form.length, 48);
      assert.deepEqual(form.box, [0, 0, 10, 10]);
    }
  });
});

describe("hatch", () => {
  test("every line lies inside its place, on a line of the whole map", () => {
    for (const form of places()) {
      for (const step of [6, 31, 77.5]) {
        const { wide, between } = F.hatchOf(form, step, ALL);
        assert.ok(wide.length > 0);
        for (const [lines, odd] of [[wide, 0], [between, 1]]) {
          for (const [x, y, by] of lines) {
            assert.ok(by > 0);
            for (const t of [0.01, 0.3, 0.5, 0.7, 0.99]) {
              const [u, v] = [x + t * by, y + t * by];
              assert.ok(F.isIn(form.rings, u, v) || distance(form, u, v) < 1e-6, `${u} ${v}`);
            }
            const k = (x - y) / step;
            const isMiddle = Math.abs(x - y - (form.x - form.y)) < 1e-6;
            assert.ok(isMiddle || (Math.abs(k - Math.round(k)) < 1e-6 && Math.abs(Math.round(k) % 2) === odd));
          }
        }
      }
    }
  });

  test("all lines together are as long as the place is large", () => {
    const form = F.formOf([[[0, 0], [300, 0], [300, 200], [0, 200]]], [150, 100]);
    const { wide, between } = F.hatchOf(form, 3, ALL);
    const long = [...wide, ...between].reduce((sum, [, , by]) => sum + by, 0);
    assert.ok(Math.abs(long * 3 - form.area) < 0.02 * form.area);
    assert.ok(Math.abs(wide.length - between.length) <= 1);
  });

  test("a place between two lines has one through its middle", () => {
    const form = F.formOf([[[10, 0], [12, 0], [12, 2], [10, 2]]], [11, 1]);
    assert.deepEqual(F.hatchOf(form, 100, ALL), { wide: [[10, 0, 2]], between: [] });
  });

  test("what is not seen is not worked out", () => {
    const form = F.formOf([[[0, 0], [300, 0], [300, 200], [0, 200]]], [150, 100]);
    const frame = [100, 50, 200, 120];
    for (const lines of Object.values(F.hatchOf(form, 5, frame))) {
      assert.ok(lines.length > 0);
      for (const [x, y, by] of lines) assert.ok(x >= 100 && x + by <= 200 && y >= 50 && y + by <= 120);
    }
    assert.deepEqual(F.hatchOf(form, 5, [400, 0, 500, 100]), { wide: [], between: [] });
    assert.deepEqual(F.insetOf(form, 5, 1, [400, 0, 500, 100]), []);
    assert.deepEqual(F.dotsOf(form, 5, [400, 0, 500, 100]), []);
  });
});

describe("dots", () => {
  test("every place has one at least, and all lie inside", () => {
    for (const form of places()) {
      for (const step of [12, 90, 5000]) {
        const dots = F.dotsOf(form, step, ALL);
        assert.ok(dots.length > 0);
        for (const [x, y] of dots) assert.ok(F.isIn(form.rings, x, y) || distance(form, x, y) < 1e-6);
      }
    }
  });
});

describe("inner outline", () => {
  test("it lies inside at its depth, and every place has one", () => {
    for (const form of places()) {
      for (const unit of [0.5, 1, 2, 5, 10]) {
        const depth = (F.widthOf(form, 4.5 * unit) * 4.5 * unit) / 2;
        const lines = F.insetOf(form, depth, unit, ALL);
        assert.ok(lines.length > 0);
        for (const line of lines) {
          assert.ok(line.length > 1);
          for (const [x, y] of line) {
            assert.ok(F.isIn(form.rings, x, y), `${x} ${y}`);
            assert.ok(distance(form, x, y) >= 0.85 * depth - 0.6 * unit);
            assert.ok(distance(form, x, y) <= depth + 0.6 * unit);
          }
        }
      }
    }
  });

  test("of a large square it is all of the way around", () => {
    const form = F.formOf([[[0, 0], [300, 0], [300, 300], [0, 300]]], [150, 150]);
    const long = F.insetOf(form, 5, 1, ALL).flatMap((line) => line.slice(1).map(([x, y], i) => Math.hypot(x - line[i][0], y - line[i][1])));
    assert.ok(long.reduce((sum, one) => sum + one, 0) >= 0.98 * 4 * 290);
  });

  test("where it would fill a place it is narrower, and a third of a square is left at least", () => {
    const square = (side) => F.formOf([[[0, 0], [side, 0], [side, side], [0, side]]], [side / 2, side / 2]);
    assert.deepEqual([100, 12, 6, 1].map((side) => F.widthOf(square(side), 4.5)), [1, 0.5, 0.25, 0.25]);
    for (const side of [6, 8, 11, 15, 23, 40]) {
      assert.ok((side - 2 * 4.5 * F.widthOf(square(side), 4.5)) ** 2 >= 0.35 * side * side, side);
    }
  });
});

describe("parts of a map", () => {
  test("every place is in one, with places that lie near it", async () => {
    const { partsOf } = await load("late/marks.js");
    const roll = dice(3);
    const shapes = Array.from({ length: 900 }, () => ({ x: roll() * 1000, y: roll() * 600 }));
    const parts = partsOf(shapes, 1000, 600);
    assert.deepEqual(parts.flat().sort((a, b) => a - b), [...shapes.keys()]);
    assert.ok(parts.length > 10 && parts.length < 40);
    for (const places of parts) {
      const xs = places.map((i) => shapes[i].x);
      assert.ok(Math.max(...xs) - Math.min(...xs) <= 200);
    }
    assert.deepEqual(partsOf(shapes.slice(0, 5), 1000, 600).length, 1);
  });
});
