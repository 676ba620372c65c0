// assets/late/chartmarks.js, chartfile.js and charts.js: what is emphasised, what is taken away, what is offered.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const { MARK, marksOf, placeAt } = await load("late/chartmarks.js");
const { csvCell, csvOf, fileName, pictureOf, tellingLines, wrapText } = await load("late/chartfile.js");
const { layoutsOf, piecesOf } = await load("late/chartpaper.js");
const { decimalsOf, kindsOf, othersOf } = await load("late/charts.js");

const ALL = ["rank", "sort", "correlate", "index", "cluster", "join"];

describe("what is offered", () => {
  test("every kind of chart of a layer with which all may be done", () => {
    assert.deepEqual(kindsOf({ mark: "fill", allows: ALL }), ["series", "ranking", "distribution", "scatter", "heatmap"]);
  });

  test("no order and no second axis of a severe layer, no chart of claims", () => {
    assert.deepEqual(kindsOf({ mark: "fill", allows: [] }), ["series", "distribution", "heatmap"]);
    assert.deepEqual(kindsOf({ mark: "range", allows: ["join"] }), []);
  });

  test("the other axis takes layers of the same level that may be joined and correlated", () => {
    const layer = (id, changes = {}) => ({ id, mark: "fill", levels: ["ADM1"], allows: ALL, ...changes });
    const layers = [
      layer("own"), layer("good"), layer("finer", { levels: ["ADM2"] }), layer("alone", { allows: ["correlate"] }),
      layer("severe", { allows: [] }), layer("claims", { mark: "range" }),
    ];
    assert.deepEqual(othersOf(layers, { layer: "own", level: "ADM1" }).map(({ id }) => id), ["good"]);
  });
});

describe("marks", () => {
  const points = { spots: { a: [[1, 2]], b: [[3, 4]] }, rows: {}, periods: {} };
  const grid = { spots: {}, rows: { a: 0, b: 1 }, periods: { 2015: 0, 2016: 1 } };

  test("the place that is pointed at and the chosen ones have a ring, each once", () => {
    const marks = marksOf(points, { hovered: "a", chosen: ["a", "b"] });
    assert.deepEqual(marks.map(({ name, type, xanchor, yanchor }) => [name, type, xanchor, yanchor]), [
      [MARK, "circle", 3, 4], [MARK, "circle", 1, 2],
    ]);
  });

  test("in a grid they are rows, and the period is a column", () => {
    const marks = marksOf(grid, { hovered: "b", chosen: ["a"], period: "2016" });
    assert.deepEqual(marks.map(({ x0, x1, y0, y1 }) => [x0, x1, y0, y1]), [[0.5, 1.5, 0, 1], [0, 1, -0.5, 0.5], [0, 1, 0.5, 1.5]]);
  });

  test("a chosen line needs no ring, one that is pointed at has them all along", () => {
    const lines = { spots: { a: [["2015-07-02", 2], ["2016-07-02", 3]] }, rows: {}, periods: { 2015: "2015-07-02" } };
    assert.deepEqual(marksOf(lines, { chosen: ["a"] }), []);
    assert.equal(marksOf(lines, { hovered: "a" }).length, 2);
    assert.equal(marksOf(lines, { period: "2015" })[0].type, "line");
    assert.deepEqual(marksOf(lines, { period: "latest" }), []);
  });

  test("a place that is not in the chart has no mark", () => {
    assert.deepEqual(marksOf(points, { hovered: "z", chosen: ["y"] }), []);
  });

  test("a point says which place it stands for", () => {
    assert.equal(placeAt(points, { customdata: ["a", "told"] }), "a");
    assert.equal(placeAt(points, { customdata: ["", "told"] }), null);
    assert.equal(placeAt(points, {}), null);
    assert.equal(placeAt(grid, { y: 1 }), "b");
    assert.equal(placeAt(grid, { y: 7 }), null);
  });
});

const told = {
  kind: "ranking", layer: "share", title: "Share, 2015", summary: "Two places.", notes: ["A note."], source: "Source: Office",
  handling: "", watermark: "", disclaimer: "Borders & names.", columns: ["Place", "Value"], rows: [["A, b", 1.5], ["=cmd()", null]],
};

test("a table writes a number with the decimals that it has", () => {
  assert.deepEqual([1, 1.5, 2.25, 1 / 3, null, "1.5"].map(decimalsOf), [0, 1, 2, 6, 0, 0]);
});

describe("data as a file", () => {
  test("a cell is quoted where it must be; a text is never a formula; nothing is not zero", () => {
    assert.deepEqual([null, 0, -1.5, "a", 'a "b", c', "=1+1", "+x", "-x", "@x", "-3.2%", "+3.2%"].map(csvCell), [
      "", "0", "-1.5", "a", '"a ""b"", c"', "'=1+1", "'+x", "'-x", "'@x", "-3.2%", "+3.2%",
    ]);
  });

  test("what must be said stands above as comments, then exactly what is shown", () => {
    assert.equal(csvOf(told, "Taken today"), [
      "\ufeff# Share, 2015", "# Source: Office", "# A note.", "# Borders & names.", "# Taken today", "Place,Value",
      '"A, b",1.5', "'=cmd(),", "",
    ].join("\r\n"));
  });

  test("that figures are invented, and how to handle them, comes first", () => {
    const lines = tellingLines({ ...told, watermark: "INVENTED", handling: "Tier: partner." }, "Taken today");
    assert.deepEqual(lines.slice(0, 3), ["INVENTED", "Tier: partner.", "Source: Office"]);
  });

  test("which filter is on comes before the source, and a figure taken without one says nothing of it", () => {
    assert.deepEqual(tellingLines({ ...told, handling: "Tier: partner.", filter: "Filter: A." }, "").slice(0, 3), ["Tier: partner.", "Filter: A.", "Source: Office"]);
    assert.match(csvOf({ ...told, filter: "Filter: A." }, ""), /\r\n# Filter: A\.\r\n/);
    assert.ok(!tellingLines({ ...told, filter: "" }, "").includes(""));
  });

  test("the name of the file says what it holds", () => {
    assert.equal(fileName(told, "2026-01-31", "png"), "share-ranking-2026-01-31.png");
  });
});

describe("picture", () => {
  const size = { width: 200, height: 100, retrieved: "Taken today", measure: (text, pixels) => text.length * pixels * 0.5 };

  test("lines are no wider than there is room, and no word is lost", () => {
    const lines = wrapText("one two three four", 7, (text) => text.length);
    assert.deepEqual(lines, ["one two", "three", "four"]);
    assert.deepEqual(wrapText("", 7, (text) => text.length), []);
    assert.deepEqual(wrapText("unbreakable", 3, (text) => text.length), ["unbreakable"]);
  });

  test("it holds title, source, notes, disclaimer and the drawing, and is as high as they are", () => {
    const picture = pictureOf('<svg class="main" width="200" height="100"><g/></svg>', told, size);
    for (const text of ["Share, 2015", "Source: Office", "A note.", "Borders &amp; names.", "Taken today", 'class="main"']) {
      assert.ok(picture.includes(text), text);
    }
    const [, top] = /<svg x="0" y="([\d.]+)"/.exec(picture);
    const [, total] = /^<svg [^>]*height="(\d+)"/.exec(picture);
    assert.ok(Number(total) > Number(top) + 100);
  });

  test("invented figures say so above and across it", () => {
    const picture = pictureOf("<svg></svg>", { ...told, watermark: "INVENTED" }, size);
    assert.equal(picture.split("INVENTED").length - 1, 2);
    assert.ok(!pictureOf("<svg></svg>", told, size).includes("rotate("));
  });

  test("a text is never markup", () => {
    assert.ok(pictureOf("<svg></svg>", { ...told, title: "<b>&" }, size).includes("&lt;b&gt;&amp;"));
  });
});

describe("on paper", () => {
  test("rows stand in pieces of about the same size, each row in one", () => {
    assert.deepEqual(piecesOf(5), [[0, 4]]);
    assert.deepEqual(piecesOf(20), [[0, 19]]);
    assert.deepEqual(piecesOf(21), [[0, 10], [11, 20]]);
    for (let rows = 1; rows < 450; rows += 7) {
      const pieces = piecesOf(rows);
      assert.deepEqual(pieces.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)), [...Array(rows).keys()]);
      assert.ok(pieces.every(([first, last]) => last - first < 20));
    }
  });

  const layout = { yaxis: { range: [44.5, -0.5], tickvals: [0] }, margin: { l: 8, t: 16 }, meta: { key: true }, shapes: [{ name: "bound" }, { name: MARK, type: "circle" }] };

  test("a tall chart is drawn piece by piece, its key once; what was pointed at is left out", () => {
    const made = layoutsOf(layout, true, [{ name: MARK, type: "rect" }]);
    assert.deepEqual(made.map(({ yaxis }) => yaxis.range), [[14.5, -0.5], [29.5, 14.5], [44.5, 29.5]]);
    assert.deepEqual(made.map(({ showlegend }) => Boolean(showlegend)), [true, false, false]);
    assert.deepEqual(made[1].shapes, [{ name: "bound" }, { name: MARK, type: "rect" }]);
    assert.equal(new Set(made.map(({ width }) => width)).size, 1);
    assert.ok(made[0].height > made[1].height);
    assert.deepEqual(layout.yaxis.range, [44.5, -0.5]);
  });

  test("the rows of a ranking, whose range is a little wider", () => {
    const made = layoutsOf({ ...layout, yaxis: { range: [29.6, -0.6] }, meta: {} }, true, []);
    assert.deepEqual(made.map(({ yaxis }) => yaxis.range), [[14.5, -0.5], [29.5, 14.5]]);
  });

  test("any other chart is one drawing", () => {
    const [one, ...others] = layoutsOf({ ...layout, yaxis: { range: [0, 60] }, meta: {} }, false, []);
    assert.deepEqual(others, []);
    assert.deepEqual(one.yaxis.range, [0, 60]);
  });
});
