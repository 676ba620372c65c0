import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.mjs";

const S = await load("scene.js");
const T = await load("late/time.js");
const G = await load("late/group.js");
const table = await load("late/table.js");
const { tipLines, ageText } = await load("tip.js");

const words = {
  "value.percent": "{v}%", "value.sign": "{v} {s}", "unit.label": "{name}, {country}: {value} ({period})", "state.n": "no data",
  "state.v": "published", "state.z": "no clear change", "state_note.z": "may be none", "state_note.n": "none was published",
  "flag.e": "estimate", "tip.interval": "interval {low} to {high}", "tip.older.one": "of {period}, {n} year older",
  "tip.older.other": "of {period}, {n} years older", "tip.older_less": "of {period}, less than a year older",
  "tip.source": "Source: {source}", "more_time.spark": "{n} figures: {first} ({from}) to {last} ({to})", "tip.national": "National: {value}",
};
const stop = (id, at, more = {}) => ({ id, label: id, start: `${id}-01-01`, end: `${id}-12-31`, at, sets: { AAA: "one" }, ...more });

const scene = (more = {}) => ({
  lang: "en", mark: "fill", sign: "%", decimals: 1, ground: "#eee", unit: "% of people", hatches: ["estimated"],
  ids: ["a", "b"], iso3: ["AAA", "AAA"], periods: [stop("2014", 2015), stop("2016", 2017), stop("2019", 2020)],
  states: ["vv", "vn", "vv"], flags: ["..", "..", ".."], values: [[1, 4], [3, null], [2, 8]], low: null, high: null,
  qualifiers: {}, own: null, source: [[0, 0], [0, -1], [0, 0]], sources: [{ publisher: "Bureau", title: "T" }],
  national: [{}, {}, {}], notes: {}, ranks: null, rank_of: null, breaks_in_series: [], sortable: true, allows: ["trend"],
  scopes: { "": { from: 0, bins: [4, 8], labels: [], colours: ["#aaa", "#bbb"], classes: ["00", "0-", "01"] } }, ...more,
});
const upto = () => scene({
  states: ["vv", "vv", "vv"], own: [null, [1, 0], null], values: [[1, 4], [3, 4], [2, 8]], hatches: ["estimated", "older", "estimated-older"],
  scopes: { "": { from: 0, bins: [4, 8], labels: [], colours: ["#aaa", "#bbb"], classes: ["00", "00", "01"] } },
});
const change = () => scene({
  base: { id: "2014", label: "2014", measure: "absolute" }, sign: "pp", periods: [stop("2016", 2017, { span: "2014 to 2016" })],
  states: ["vv"], flags: ["e."], values: [[2, -1]], low: [[-1, -2]], high: [[5, -0.5]], unclear: ["10"], national: [{ AAA: 1.5 }], source: [[0, 0]],
  scopes: { "": { from: 0, bins: [0, 2], labels: [], colours: ["#aaa", "#bbb"], classes: ["10"] } },
});

test("the period of a scene that belongs to a date", () => {
  assert.deepEqual(["2013-12-31", "2014-12-31", "2016-01-01", "2016-12-31", "2030-01-01"].map((end) => S.periodFor(scene(), end)), [null, 0, 0, 1, 2]);
  assert.equal(S.periodFor(scene(), null), 2);
  assert.equal(S.periodFor({ periods: [] }, null), null);
  const withLatest = { periods: [stop("2014", 2015), { id: "latest", latest: true }] };
  assert.equal(S.periodFor(withLatest, "2020-01-01"), 0);
  assert.equal(S.periodFor(withLatest, null), 1);
});

test("an older figure has its period, its age, its hatch and its legend entry", () => {
  const one = upto();
  assert.equal(S.periodText(one, 1, 1), "2014");
  assert.equal(S.ageOf(one, 1, 1), 2);
  assert.equal(S.ageOf(one, 1, 0), null);
  assert.equal(S.fillOf(one, 1, 1, ""), "url(#older-0)");
  assert.equal(S.fillOf(one, 1, 0, ""), "#aaa");
  assert.equal(S.legendCounts(one, 1, "").o, 1);
  assert.equal(ageText(one, words, 1, 1), "of 2014, 2 years older");
  assert.equal(S.fillOf({ ...one, flags: ["..", ".e", ".."] }, 1, 1, ""), "url(#estimated-older-0)");
  assert.equal(S.fillOf({ ...one, scopes: {} }, 1, 1, ""), "url(#older-ground)");
});

test("a change has a sign, its span, and says when it may be none", () => {
  const one = change();
  assert.equal(S.shownText(one, words, 0, 0), "+2.0 pp");
  assert.equal(S.shownText(one, words, 0, 1), "-1.0 pp");
  assert.equal(S.periodText(one, 0, 0), "2014 to 2016");
  assert.equal(S.fillOf(one, 0, 0, ""), "url(#estimated-unclear-1)");
  assert.deepEqual(S.legendCounts(one, 0, ""), { v: 2, 0: 1, 1: 1, e: 1, z: 1 });
  const lines = tipLines(one, words, { name: "Place", type: "region", country: "Land" }, 0, 0).map(([, text]) => text);
  assert.deepEqual(lines, [
    "Place", "region, Land", "+2.0 pp", "interval -1.0 pp to +5.0 pp", "2014 to 2016 · % of people", "may be none", "Status: estimate",
    "National: +1.5 pp", "Source: Bureau",
  ].map((text) => (text.startsWith("Status") ? "tip.status" : text)));
  assert.equal(table.statusText(one, words, 0, 0), "estimate; no clear change");
});

test("a place without a figure of this kind says why", () => {
  const one = scene({ why: { "1:1": "The series breaks." } });
  const texts = tipLines(one, words, { name: "P", type: "region", country: "L" }, 1, 1).map(([, text]) => text);
  assert.ok(texts.includes("The series breaks."));
  assert.ok(!texts.includes("none was published"));
  assert.equal(table.statusText(one, words, 1, 1), "no data: The series breaks.");
});

test("breaks that lie between two periods, of countries with figures on both sides", () => {
  const broken = scene({ breaks_in_series: [{ iso3: "AAA", date: "2016-01-01", note: "x" }, { iso3: "BBB", date: "2016-01-01", note: "y" }] });
  assert.deepEqual(T.breaksBetween(broken, "", 0, 1).map((one) => one.iso3), ["AAA"]);
  assert.deepEqual(T.breaksBetween(broken, "", 1, 2), []);
  assert.deepEqual(T.breaksBetween(broken, "BBB", 0, 1), []);
  assert.equal(T.stopOfBreak(broken, "2016-01-01"), 1);
  assert.equal(T.stopOfBreak(broken, "2010-01-01"), null);
});

test("the range of playing", () => {
  assert.deepEqual(T.spanOf(scene(), "2014..2016"), [0, 1]);
  for (const text of ["2014..2019", "2016..2014", "2014", "2013..2016", null]) assert.equal(T.spanOf(scene(), text), null);
  assert.deepEqual(T.movedSpan([0, 2], 0, 2, 2), [1, 2]);
  assert.deepEqual(T.movedSpan([1, 2], 1, -Infinity, 2), [1, 2]);
  assert.deepEqual(T.movedSpan([1, 2], 0, -Infinity, 2), [0, 2]);
});

test("boundaries that are others than before", () => {
  const one = scene();
  one.periods[2].sets = { AAA: "two", BBB: "x" };
  assert.deepEqual(T.redrawn(one, "", 1, 2), ["AAA"]);
  assert.deepEqual(T.redrawn(one, "BBB", 1, 2), []);
  assert.deepEqual(T.redrawn(one, "", 0, 1), []);
});

test("a year is written where there is room, on the larger places first", () => {
  const place = (x, y, side) => ({ x, y, box: [x - side / 2, y - side / 2, x + side / 2, y + side / 2] });
  const places = [place(0, 0, 40), place(20, 0, 60), place(200, 0, 40), place(0, 200, 10), place(0, 100, 40)];
  assert.deepEqual(T.withRoom(places, [], 1), [1, 2, 4]);
  assert.deepEqual(T.withRoom(places, [{ x: 0, y: 105, half: 10 }], 1), [1, 2]);
  assert.deepEqual(T.withRoom(places, [], 2), []);
});

test("groups of people", () => {
  assert.deepEqual(G.groupChange("female.15-24"), { sex: "female", age: "15-24" });
  assert.deepEqual(G.groupChange("all.all"), { sex: null, age: null });
  assert.equal(G.groupKey({ sex: null, age: "65+" }), "all.65+");
});

test("a series is parted where a figure is missing and where it breaks", () => {
  assert.deepEqual(table.stretchesOf(scene(), 0).map((stretch) => stretch.map((point) => point.value)), [[1, 3, 2]]);
  assert.deepEqual(table.stretchesOf(scene(), 1).map((stretch) => stretch.map((point) => point.value)), [[4], [8]]);
  const declared = scene({ breaks_in_series: [{ iso3: "AAA", date: "2017-01-01" }] });
  assert.deepEqual(table.stretchesOf(declared, 0).map((stretch) => stretch.length), [2, 1]);
  const redrawn = scene({ breaks_in_series: [{ iso3: "AAA", date: "2017-01-01", boundaries: true }] });
  assert.deepEqual(table.stretchesOf(redrawn, 0).map((stretch) => stretch.length), [3]);
  const flagged = scene({ flags: ["..", "b.", ".."] });
  assert.deepEqual(table.stretchesOf(flagged, 0).map((stretch) => stretch.length), [1, 2]);
  assert.deepEqual(table.stretchesOf(upto(), 1).map((stretch) => stretch.map((point) => point.period)), [[0], [2]]);
  const uncovered = scene({ states: ["vv", "nn", "vv"], values: [[1, 4], [null, null], [2, 8]] });
  assert.deepEqual(table.stretchesOf(uncovered, 1).map((stretch) => stretch.length), [2]);
});

test("the small drawing keeps inside its box and says what it draws", () => {
  const drawn = table.sparkOf(scene(), 0);
  assert.deepEqual(drawn.lines, ["3.0,17.0 32.6,3.0 77.0,10.0"]);
  assert.deepEqual(table.sparkOf(scene(), 1).lone, [0, 2]);
  assert.equal(table.sparkOf(scene({ states: ["vn", "nn", "nn"], values: [[1, null], [null, null], [null, null]] }), 0), null);
  assert.equal(table.sparkText(scene(), words, 0), "3 figures: 1.0% (2014) to 2.0% (2019)");
});
