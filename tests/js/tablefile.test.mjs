// assets/late/tablefile.js: what a file of the table says, and that it says nothing that the table does not.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const { tableFile } = await load("late/tablefile.js");
const { csvOf, fileName } = await load("late/chartfile.js");
const { isAboveTier, missingLast, orderOf } = await load("late/table.js");

const WORDS = {
  "table.file_id": "Code", "table.file_pcode": "P-code", "table.file_shown": "As published",
  "table.file_period": "Period: {period}", "table.file_unit": "Unit: {unit}", "tip.source": "Source: {source}",
  "chart.col_low": "Low", "chart.col_high": "High", "chart.col_period": "Period", "chart.col_status": "Status",
  "state.v": "published", "state.n": "no data", "state.s": "withheld", "flag.e": "estimate",
};
const SCENE = {
  lang: "en", indicator: "water", mark: "fill", unit: "% of homes", sign: "%", decimals: 1, caveats: ["Taps only."],
  periods: [{ id: "2020", label: "2020", end: "2020-12-31" }], ids: ["A", "B", "C"], iso3: ["XXX", "XXX", "XXX"],
  states: ["vns"], flags: ["e.."], values: [[12.3456789, null, null]], low: null, high: null, qualifiers: {},
  sources: [{ publisher: "Office", title: "Survey", caveat: "One town was left out." }], source: [[0, -1, -1]],
};
const row = (shape, more) => ({
  id: SCENE.ids[shape], state: SCENE.states[0][shape], place: `Place ${SCENE.ids[shape]}`, value: SCENE.values[0][shape],
  shown: "shown", period: "2020", series: { shape, period: 0 }, status: "status", picked: false, ...more,
});
const COLUMNS = [["picked", "Selected"], ["place", "Place"], ["value", "Value"], ["series", "Series"], ["status", "Status"]]
  .map(([field, heading]) => ({ field, heading }));
const shownOf = (scene = SCENE, more = {}) => ({
  scene, pair: null, units: [{ name: "Place A", pcode: "P1" }, { name: "Place B" }, { name: "Place C" }], words: WORDS, period: 0,
  when: "2020", watermark: "INVENTED", caption: "Water, 2020", conditions: ["2 of 3 places pass."], disclaimer: "No borders.", ...more,
});

test("places without a figure are last, whichever way the table is sorted", () => {
  const sorted = (values, isDescending) => [...values]
    .sort((a, b) => missingLast(a, b, null, null, isDescending) * (isDescending ? -1 : 1)); // as the grid turns it round
  assert.deepEqual(sorted([3, null, -1, null, 0, 10], false), [-1, 0, 3, 10, null, null]);
  assert.deepEqual(sorted([3, null, -1, null, 0, 10], true), [10, 3, 0, -1, null, null]);
});

test("a table is in the order that an address names, or by name where its figures are not sorted", () => {
  const columns = ["place", "value", "rank"];
  assert.deepEqual(orderOf("value-desc", true, columns), { colId: "value", sort: "desc" });
  assert.deepEqual(orderOf("place-asc", false, columns), { colId: "place", sort: "asc" });
  assert.deepEqual(orderOf("value-desc", false, columns), { colId: "place", sort: "asc" });
  for (const sort of [null, "value", "value-up", "series-asc"]) assert.equal(orderOf(sort, true, columns), null);
  assert.equal(orderOf("rank-asc", true, ["place", "value"]), null);
});

describe("the table as a file", () => {
  test("has the rows as they stand, the figures in full, and codes to join them by", () => {
    const file = tableFile(shownOf(), COLUMNS, [row(2), row(0), row(1)]);
    assert.deepEqual(file.columns, ["Place", "Code", "P-code", "Value", "Status"]);
    assert.deepEqual(file.rows, [
      ["Place C", "C", null, null, "status"], ["Place A", "A", "P1", 12.3456789, "status"], ["Place B", "B", null, null, "status"],
    ]);
  });

  test("says above the rows what must be said, and only of the rows that are there", () => {
    const lines = csvOf(tableFile(shownOf(), COLUMNS, [row(0)]), "Taken today").split("\r\n");
    assert.deepEqual(lines.filter((line) => /^\ufeff?# /.test(line)), [
      "\ufeff# Water, 2020", "# INVENTED", "# Source: Office: Survey", "# Period: 2020", "# Unit: % of homes", "# 2 of 3 places pass.",
      "# Taps only.", "# One town was left out.", "# No borders.", "# Taken today",
    ]);
    const without = csvOf(tableFile(shownOf(), COLUMNS, [row(1)]), "Taken today");
    assert.ok(!without.includes("Survey"));
    assert.ok(!without.includes("One town was left out."));
  });

  test("gives the ends of an interval where there are any, never of a figure that is not given", () => {
    const scene = { ...SCENE, low: [[11, 5, 5]], high: [[14, 6, 6]] };
    const file = tableFile(shownOf(scene), COLUMNS, [row(0), row(1), row(2)]);
    assert.deepEqual(file.columns.slice(3), ["Value", "Low", "High", "Status"]);
    assert.deepEqual(file.rows.map((one) => one.slice(3)), [
      [12.3456789, 11, 14, "status"], [null, null, null, "status"], [null, null, null, "status"],
    ]);
  });

  test("says in words what a number alone does not", () => {
    const about = { ...SCENE, qualifiers: { "0:0": "about" } };
    const file = tableFile(shownOf(about), COLUMNS, [row(0, { shown: "about 12.3%" }), row(1)]);
    assert.deepEqual(file.columns.slice(3), ["Value", "As published", "Status"]);
    assert.deepEqual(file.rows.map((one) => one[4]), ["about 12.3%", "shown"]);
    assert.ok(!tableFile(shownOf(about), COLUMNS, [row(1)]).columns.includes("As published"));
  });

  test("gives a second layer as a number with its own period and status", () => {
    const second = {
      ...SCENE, indicator: "norm", title: "Norm", unit: "%", caveats: ["By decree."], states: ["vsv"], flags: ["..e"],
      values: [[100, null, 80]], periods: [{ id: "2019", label: "2019", end: "2019-12-31" }], source: [[0, -1, 0]],
      sources: [{ publisher: "Ministry", title: "Decree" }],
    };
    const pair = { base: SCENE, first: SCENE, second, fill: "hatch" };
    const columns = [...COLUMNS, { field: "second", heading: "Second layer" }];
    const file = tableFile(shownOf(SCENE, { pair }), columns, [row(0), row(1), row(2)]);
    assert.deepEqual(file.columns.slice(5), ["Norm (%)", "Norm: Period", "Norm: Status"]);
    assert.deepEqual(file.rows.map((one) => one.slice(5)), [
      [100, "2019", "published"], [null, "2019", "withheld"], [80, "2019", "estimate"],
    ]);
    assert.ok(file.notes.includes("By decree."));
    assert.equal(file.source, "Source: Office: Survey; Ministry: Decree");
    assert.equal(fileName(file, "2026-01-02", "csv"), "water-norm-table-2026-01-02.csv");
  });

  test("is not given out above the public tier, of whichever layer", () => {
    assert.equal(isAboveTier({ scene: SCENE, pair: null }), false);
    assert.equal(isAboveTier({ scene: { ...SCENE, handling: "Tier: partner." }, pair: null }), true);
    assert.equal(isAboveTier({ scene: SCENE, pair: { handling: "Tier: partner." } }), true);
    assert.equal(isAboveTier({ scene: SCENE, pair: { handling: "" } }), false);
  });
});
