// assets/late/filter.js: how conditions are spelt, which places pass, and what a map shows of them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const F = await load("late/filter.js");

const words = { "value.percent": "{v}%", "value.sign": "{v} {s}", "filter.at_most": "{v} or less", "filter.at_least": "{v} or more", "filter.between": "{low} to {high}" };

/** Six places of two countries in two years; the last is on the map of the second year only. */
function scene(changes = {}) {
  return {
    lang: "en", level: "ADM2", indicator: "water", mark: "fill", ground: "#eee", allows: ["join"], within: null,
    ids: ["a", "b", "c", "d", "e", "f"], iso3: ["AAA", "AAA", "AAA", "BBB", "BBB", "BBB"],
    periods: [{ id: "2018", start: "2018-01-01", end: "2018-12-31" }, { id: "2020", start: "2020-01-01", end: "2020-12-31" }],
    states: ["vvnvs-", "vvnvsv"], flags: [".e....", ".e..." + "p"],
    values: [[10, 50, null, 70, null, null], [20, 60, null, 80, null, 5]],
    scopes: {}, ...changes,
  };
}
const units = [
  { typology: "border", kind: "district" }, { typology: "urban", kind: "city" }, { typology: "border", kind: "district" },
  { kind: "district" }, { typology: "rural", kind: "district" }, { typology: "rural", kind: "district" },
];
const other = (changes = {}) => scene({ indicator: "moves", values: [[-5, -20, 3, -11, -30, -9], [1, 1, 1, 1, 1, 1]], states: ["vvvvvv", "nnvvvv"], ...changes });
const passing = (text, about = {}) => {
  const { passes, of, passing: n, unknown } = F.evaluate(F.readFilter(text), { scene: scene(), units, period: 1, scope: "", ...about });
  return { ids: scene().ids.filter((_, i) => passes[i]).join(""), of, n, unknown };
};

describe("the address", () => {
  test("every condition is read and spelt again", () => {
    const text = "country:AAA,BBB;type:border;kind:district;status:published,withheld;value:10..60.5;also:moves~..-10;also:jobs~0..;programme:none~health";
    const filter = F.readFilter(text);
    assert.deepEqual(filter.value, { low: 10, high: 60.5 });
    assert.deepEqual(filter.also, [{ id: "moves", low: null, high: -10 }, { id: "jobs", low: 0, high: null }]);
    assert.deepEqual(filter.programme, { is: "none", sector: "health" });
    assert.equal(F.spellFilter(filter), text);
  });
  test("nothing is no filter", () => {
    for (const text of [null, "", ";", "country:"]) assert.equal(F.spellFilter(F.readFilter(text)), null);
  });
  for (const text of ["value:", "value:..", "value:60..10", "value:a..b", "value:1e3..", "also:moves", "also:Moves~1..2", "also:moves~2..1", "programme:some", "status:secret", "colour:red", "value"]) {
    test(`what cannot be read is left out: ${text}`, () => assert.equal(F.spellFilter(F.readFilter(text)), null));
  }
  test("a layer is asked once", () => {
    assert.equal(F.spellFilter(F.readFilter("also:moves~1..2;also:moves~3..4")), "also:moves~1..2");
  });
  test("an address holds at most eight conditions", () => {
    const also = Array.from({ length: 12 }, (_, i) => `also:layer_${i}~1..2`).join(";");
    assert.equal(F.spellFilter(F.readFilter(also)).split(";").length, F.MOST);
  });
  test("what a range may not be asked of", () => {
    assert.equal(F.canRange({ allows: ["join"], mark: "fill" }), true);
    assert.equal(F.canRange({ allows: ["sort", "rank"], mark: "fill" }), false);
    assert.equal(F.canRange({ allows: ["join"], mark: "range" }), false);
    assert.equal(F.canRange(undefined), false);
  });
});

describe("which places pass", () => {
  test("without conditions all that are on the map", () => {
    assert.deepEqual(passing(null), { ids: "abcdef", of: 6, n: 6, unknown: 0 });
    assert.deepEqual(passing(null, { period: 0 }), { ids: "abcde", of: 5, n: 5, unknown: 0 });
    assert.deepEqual(passing(null, { scope: "BBB" }), { ids: "def", of: 3, n: 3, unknown: 0 });
  });
  test("country, kind of area, kind of unit", () => {
    assert.equal(passing("country:BBB").ids, "def");
    assert.equal(passing("type:border,urban").ids, "abc");
    assert.equal(passing("kind:city").ids, "b");
    assert.equal(passing("type:border;kind:city").ids, "");
  });
  test("status", () => {
    assert.equal(passing("status:published").ids, "ad");
    assert.equal(passing("status:estimated,provisional").ids, "bf");
    assert.equal(passing("status:none,withheld").ids, "ce");
  });
  test("a range holds both its ends, and follows the slider", () => {
    assert.deepEqual(passing("value:20..60"), { ids: "ab", of: 6, n: 2, unknown: 2 });
    assert.equal(passing("value:20..60", { period: 0 }).ids, "b");
    assert.equal(passing("value:..20").ids, "af");
    assert.equal(passing("value:80..").ids, "d");
  });
  test("a missing or withheld figure is no value: it passes no range, and is counted", () => {
    assert.deepEqual(passing("value:-1000..1000"), { ids: "abdf", of: 6, n: 4, unknown: 2 });
    assert.equal(passing("value:0..0").ids, "");
    assert.equal(passing("country:BBB;value:..1000").unknown, 1);
  });
  test("figures of a further layer: of each country its last period up to that shown", () => {
    const others = { moves: other() };
    assert.equal(passing("also:moves~..-10", { others, period: 0 }).ids, "bde");
    assert.deepEqual(passing("also:moves~1..", { others }), { ids: "cdef", of: 6, n: 4, unknown: 2 });
    const early = { moves: other({ states: ["vvvvvv", "nnnvvv"] }) };
    assert.equal(passing("also:moves~..-10", { others: early }).ids, "b", "AAA is asked in 2018, BBB in 2020");
    assert.deepEqual(F.periodsAt(early.moves, "2020-12-31"), { AAA: 0, BBB: 1 });
    assert.deepEqual(F.periodsAt(early.moves, "2019-06-30"), { AAA: 0, BBB: 0 });
    assert.deepEqual(F.periodsAt(early.moves, "2017-12-31"), {});
    assert.deepEqual(F.periodsAt(early.moves, null), { AAA: 0, BBB: 1 });
  });
  test("places are found by their id in a layer of other shapes", () => {
    const few = other({ ids: ["f", "a"], iso3: ["BBB", "AAA"], states: ["vv", "vv"], values: [[0, 0], [-50, 50]] });
    assert.deepEqual(passing("also:moves~..-10", { others: { moves: few } }), { ids: "f", of: 6, n: 1, unknown: 4 });
  });
  test("a condition on a layer that is not there is left out, not failed", () => {
    assert.equal(passing("also:moves~..-10;country:AAA", { others: { moves: null } }).ids, "abc");
  });
  test("low water, high out-migration", () => {
    assert.equal(passing("value:..60;also:moves~..-10", { others: { moves: other() }, period: 0 }).ids, "b");
  });
  test("a layer that may not be joined has no condition on figures", () => {
    const alone = scene({ allows: [] });
    const all = passing("value:0..1;also:moves~..-10;programme:none;type:border", { scene: alone, others: { moves: other() }, programmes: { level: "ADM2", units: [], items: [] } });
    assert.equal(all.ids, "ac");
  });
  test("claims are not asked by range", () => assert.equal(passing("value:0..1", { scene: scene({ mark: "range" }) }).n, 6));
  test("another scene than the open one is not asked for its figures", () => assert.equal(passing("value:0..1", { isOpen: false }).n, 6));
});

describe("other maps and the charts", () => {
  test("a place that the first map does not draw has no figure in its period", () => {
    const every = (text, period) => {
      const { passes } = F.evaluate(F.readFilter(text), { scene: scene(), units, period, scope: "", every: true });
      return scene().ids.filter((_, i) => passes[i]).join("");
    };
    assert.equal(every("value:0..100", 0), "abd");
    assert.equal(every("value:0..100", 1), "abdf");
    assert.equal(every("status:none,published,withheld", 0), "acde");
    assert.equal(every("type:rural", 0), "ef");
  });
  test("whatever the scope and the place that is looked into", () => {
    const { passes } = F.evaluate(F.readFilter("value:20..60"), { scene: scene({ within: ["100000", "100000"] }), units, period: 1, scope: "BBB", every: true });
    assert.deepEqual(passes, [true, true, false, false, false, false]);
  });
  test("a withheld figure lets its place through no range there either", () => {
    const { passes } = F.evaluate(F.readFilter("value:-1000000..1000000"), { scene: scene(), units, period: 1, scope: "", every: true });
    assert.equal(passes[4], false);
  });
  const regions = [{ id: "A1", parent: "AAA", iso3: "AAA" }, { id: "A2", parent: "AAA", iso3: "AAA" }, { id: "B1", parent: "BBB", iso3: "BBB" }];
  const districts = [
    { id: "a11", parent: "A1", iso3: "AAA" }, { id: "a12", parent: "A1", iso3: "AAA" }, { id: "a21", parent: "A2", iso3: "AAA" },
    { id: "b11", parent: "B1", iso3: "BBB" }, { id: "b99", parent: null, iso3: "BBB" },
  ];
  const countries = [{ id: "AAA", parent: null, iso3: "AAA" }, { id: "BBB", parent: null, iso3: "BBB" }];
  for (const [what, own, passes, others, expected] of [
    ["the same place, in whichever order", regions, [true, false, true], [...regions].reverse(), [true, false, true]],
    ["a district by its region", regions, [true, false, false], districts, [true, true, false, false, false]],
    ["a district by its country", countries, [false, true], districts, [false, false, false, true, true]],
    ["a region if any of its districts passes", districts, [false, true, false, false, true], regions, [true, false, false]],
    ["a country if any of its districts passes", districts, [false, false, false, false, true], countries, [false, true]],
    ["what the first map does not have does not pass", regions.slice(0, 1), [true], regions, [true, false, false]],
  ]) test(what, () => assert.deepEqual(F.passesElsewhere(passes, own, others), expected));
  test("the period is named where figures are asked for", () => {
    for (const text of ["value:1..2", "also:moves~1..2", "programme:none", "status:none"]) assert.equal(F.asksFigures(F.readFilter(text)), true);
    for (const text of ["country:AAA", "type:border;kind:city", null]) assert.equal(F.asksFigures(F.readFilter(text)), false);
  });
});

describe("programmes", () => {
  const programmes = {
    level: "ADM2",
    units: [{ id: "a", level: "ADM2", iso3: "AAA" }, { id: "d", level: "ADM2", iso3: "BBB" }, { id: "r", level: "ADM1", iso3: "AAA" }],
    items: [
      [0, "Org", "health", "Clinics", "completed", "2017-01-01", "2018-12-31"],
      [1, "Org", "water", "Wells", "ongoing", "2019-05-01", "2022-12-31"],
      [2, "Org", "water", "Wells", "ongoing", "2010-01-01", "2030-12-31"],
    ],
  };
  test("none and at least one follow the year shown", () => {
    assert.equal(passing("programme:none", { programmes }).ids, "abcef");
    assert.equal(passing("programme:any", { programmes }).ids, "d");
    assert.equal(passing("programme:any", { programmes, period: 0 }).ids, "a");
  });
  test("in a sector", () => {
    assert.equal(passing("programme:any~health", { programmes }).ids, "");
    assert.equal(passing("programme:none~water", { programmes }).ids, "abcef");
  });
  test("of a whole region is not one of its districts", () => {
    assert.deepEqual([...F.placesWithProgramme(programmes, "2020-12-31")], ["d"]);
  });
  test("nobody is asked of them before they have come", () => assert.equal(passing("programme:any").n, 6));
});

describe("the frame", () => {
  const about = { scene: scene(), period: 1, scope: "" };
  const frame = { fills: ["#1", "#2", "url(#state-n)", "#3", "url(#state-s)", "#1"], counts: { v: 4, n: 1, s: 1, e: 1 }, source: "S" };
  test("what does not pass is quiet ground, and is not counted", () => {
    const passes = [true, false, false, true, false, null];
    const made = F.filterFrame(frame, passes, about);
    assert.deepEqual(made.fills, ["#1", "#eee", "#eee", "#3", "#eee", "#1"]);
    assert.deepEqual(made.counts, { v: 3, n: 0, s: 0, e: 0 });
    assert.equal(made.source, "S");
  });
  test("the frame that came is left as it was", () => {
    const before = JSON.stringify(frame);
    F.filterFrame(frame, [false, false, false, false, false, false], about);
    assert.equal(JSON.stringify(frame), before);
  });
  test("a place that is not drawn stays so", () => {
    assert.equal(F.filterFrame({ ...frame, fills: [null, ...frame.fills.slice(1)] }, [false], about).fills[0], null);
  });
});

describe("in words", () => {
  test("a range", () => {
    assert.equal(F.rangeWords(words, "en", { low: null, high: 60 }, 1, "%"), "60.0% or less");
    assert.equal(F.rangeWords(words, "en", { low: -10, high: null }, 0, ""), "-10 or more");
    assert.equal(F.rangeWords(words, "en", { low: 1000, high: 2500.25 }, 0, ""), "1,000 to 2,500.25");
  });
  test("the extent is that of all periods", () => {
    assert.deepEqual(F.extent(scene()), [5, 80]);
    assert.equal(F.extent(scene({ values: [[null], [null]] })), null);
  });
  test("a status", () => {
    assert.deepEqual([0, 1, 2, 3, 4, 5].map((i) => F.statusOf(scene(), 1, i)), ["published", "estimated", "none", "published", "withheld", "provisional"]);
  });
});
