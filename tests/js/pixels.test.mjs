// assets/late/pixels.js, spans.js, discs.js, signs.js: fills, circles and signs as pixels.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const { Discs, looksOf, stampOf } = await load("late/discs.js");
const { pixelOf } = await load("late/pixels.js");
const { signAt } = await load("late/signs.js");
const { spansOf } = await load("late/spans.js");
const { isIn } = await load("late/strokes.js");

/** Numbers from 0 to 1 that are the same at every run. */
function dice(seed) {
  let state = seed;
  return () => { state = (state * 1103515245 + 12345) % 2147483648; return state / 2147483648; };
}

/** Places that fill a square without gaps: crooked rows and columns with common corners; the third one has a hole that another fills. */
function mosaic(seed, n, size) {
  const roll = dice(seed);
  const at = Array.from({ length: n + 1 }, (_, i) => Array.from({ length: n + 1 }, (__, j) => [
    (i + (i % n ? (roll() - 0.5) * 0.7 : 0)) * size, (j + (j % n ? (roll() - 0.5) * 0.7 : 0)) * size]));
  const places = [];
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) places.push([[...at[i][j], ...at[i + 1][j], ...at[i + 1][j + 1], ...at[i][j + 1]]]);
  }
  const [x, y] = [at[1][1][0] + size * 0.45, at[1][1][1] + size * 0.45];
  const hole = [x, y, x + size * 0.1, y, x + size * 0.1, y + size * 0.1];
  places[n + 1].push(hole);
  places.push([hole]);
  return places;
}

function owners(places, view) {
  const found = new Map();
  places.forEach((rings, place) => {
    const spans = spansOf(rings, view);
    for (let k = 0; k < spans.length; k += 2) {
      for (let at = spans[k]; at < spans[k] + spans[k + 1]; at += 1) found.set(at, [...(found.get(at) ?? []), place]);
    }
  });
  return found;
}

describe("the pixels of places", () => {
  const places = mosaic(7, 9, 137);
  const whole = { x: 0, y: 0, units: 11.7, width: Math.floor((9 * 137) / 11.7), height: Math.floor((9 * 137) / 11.7) };

  test("leave no gap and do not overlap where places meet", () => {
    const found = owners(places, whole);
    assert.equal(found.size, whole.width * whole.height);
    assert.ok([...found.values()].every((list) => list.length === 1));
  });

  test("are those whose middle lies inside", () => {
    for (const view of [whole, { x: 300.3, y: 411.9, units: 3.1, width: 90, height: 60 }]) {
      for (const [at, [place]] of owners(places, view)) {
        const [x, y] = [view.x + ((at % view.width) + 0.5) * view.units, view.y + (Math.floor(at / view.width) + 0.5) * view.units];
        assert.ok(isIn(places[place].map((ring) => Float64Array.from(ring)), x, y), `${at} is not in ${place}`);
      }
    }
  });

  test("are cut off at the view, and none where a place lies outside", () => {
    const view = { x: -200, y: -100, units: 10, width: 30, height: 20 };
    const found = owners(places, view);
    assert.equal(found.size, 10 * 10);
    assert.ok([...found.keys()].every((at) => at % 30 >= 20 && Math.floor(at / 30) >= 10));
    assert.equal(spansOf(places[0], { x: 5000, y: 0, units: 1, width: 50, height: 50 }).length, 0);
  });
});

describe("circles in pixels", () => {
  const sum = (list) => list.reduce((total, value) => total + value, 0);

  test("have the area of a circle, and a line as long as it is round", () => {
    for (const radius of [4, 9.25, 20.5]) {
      const { inside, shares } = stampOf(0.25, 0.75, radius, 1.4);
      const area = sum(Array.from(inside).filter((_, k) => k % 3 === 2));
      assert.ok(Math.abs(area - Math.PI * radius ** 2) < 0.06 * Math.PI * radius ** 2, `${area} for ${radius}`);
      const line = sum(Array.from(shares)) / 255;
      assert.ok(Math.abs(line - 2 * Math.PI * radius * 1.4) < 0.05 * 2 * Math.PI * radius * 1.4, `${line} for ${radius}`);
    }
  });

  test("below zero have a line with gaps, inside as the others", () => {
    const [above, below] = [false, true].map((isBelow) => stampOf(0, 0, 12, 1.4, isBelow));
    assert.deepEqual(below.inside, above.inside);
    const share = sum(Array.from(below.shares)) / sum(Array.from(above.shares));
    assert.ok(share > 0.5 && share < 0.7, `${share}`);
  });

  test("keep the lines of those that lie under others, and are cut off at the edges", () => {
    const discs = new Discs(40, 30, 1.4);
    const draw = (circles) => Uint16Array.from(discs.draw(discs.placed(circles)));
    const alone = draw([[12, 15, 8]]);
    const both = draw([[12, 15, 8], [18, 15, 8]]);
    for (let at = 0; at < alone.length; at += 1) assert.ok((both[at] & 255) >= (alone[at] & 255) && both[at] >> 8 >= alone[at] >> 8);
    const corner = draw([[0, 0, 6]]);
    assert.ok(corner[0] & 256);
    assert.equal(corner.filter((value, at) => value && (at % 40 > 8 || Math.floor(at / 40) > 8)).length, 0);
    assert.equal(draw([[-50, 10, 6], [20, 90, 6]]).some((value) => value), false);
    assert.equal(draw([]).some((value) => value), false, "those before are gone");
  });

  test("look like a faint fill under a line", () => {
    const looks = looksOf(pixelOf("#ffffff"), 0.6, pixelOf("#101a26"));
    assert.equal(looks[0], 0);
    assert.equal(looks[255], pixelOf("#101a26"));
    assert.equal(looks[256], pixelOf("#ffffff", 0.6));
    const half = looks[256 + 128];
    assert.ok(half >>> 24 > 200 && half >>> 24 < 210, "half a line over six tenths of a fill");
  });
});

describe("signs in pixels", () => {
  test("stand around their place at the size of the screen", () => {
    assert.equal(signAt("s", 100, 50, 2), "M92 42H108V58H92ZM92 42L108 58M108 42L92 58");
    assert.equal(signAt("a", 10, 20, 1), "M6 20H7.5M9.25 20H10.75M12.5 20H14");
    assert.equal(signAt("?", 0, 0, 1), signAt("n", 0, 0, 1), "what is not known has the sign of no data");
  });
});

describe("colours as pixels", () => {
  test("are read with their opacity", () => {
    assert.equal(pixelOf("#102030"), 0xff302010);
    assert.equal(pixelOf("#fff", 0.5), 0x80ffffff);
  });
});
