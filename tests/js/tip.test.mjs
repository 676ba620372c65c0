// assets/tip.js: the lines of the tooltip.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const { tipLines, Tip } = await load("tip.js");

const words = {
  "value.percent": "{v}%", "state.n": "no data", "state_note.n": "Nothing was published.", "period.latest_long": "Latest figures",
  "tip.interval": "interval {low} to {high}", "tip.status": "Status: {status}", "flag.e": "estimate",
  "tip.rank": "{rank} highest of {of} in {country}", "tip.national": "National: {value}", "tip.source": "Source: {source}",
  "tip.group": "For the group: {members}", "tip.claims.one": "{n} claim", "tip.claims.other": "{n} claims",
  "qualifier.or_more": "{v} or more", "ordinal.one": "{n}st", "ordinal.two": "{n}nd", "ordinal.other": "{n}th",
};
const place = { name: "Place", type: "region", country: "Land" };

function scene(changes = {}) {
  return {
    lang: "en", mark: "fill", sign: "%", decimals: 1, unit: "% of people", iso3: ["AAA", "AAA"],
    periods: [{ label: "2015" }, { label: "2016" }, { label: "Latest", latest: true }],
    states: ["vn", "vn", "vn"], flags: ["..", "e.", "e."], values: [[10, null], [1234.56, null], [1234.56, null]],
    low: null, high: null, qualifiers: {}, own: [null, null, [1, -1]], source: [[0, -1], [1, -1], [1, -1]],
    sources: [{ publisher: "Office", title: "Yearbook" }, { publisher: "Bureau", title: "Survey" }],
    ranks: [[1, 0], [2, 0], [2, 0]], rank_of: [[0, 0], [5, 0], [5, 0]], national: [{ AAA: 7 }, {}, {}], notes: {},
    ...changes,
  };
}
const texts = (lines) => lines.map(([, text]) => text);

describe("lines", () => {
  test("a figure: name, place, value, period and unit, national figure, source", () => {
    assert.deepEqual(tipLines(scene(), words, place, 0, 0), [
      ["tip-name", "Place"], ["tip-place", "region, Land"], ["tip-value", "10.0%"], ["", "2015 · % of people"],
      ["", "National: 7.0%"], ["tip-source", "Source: Office"],
    ]);
  });

  test("an estimate says so, and a ranked figure has its rank", () => {
    assert.deepEqual(texts(tipLines(scene(), words, place, 1, 0)), [
      "Place", "region, Land", "1,234.6%", "2016 · % of people", "Status: estimate", "2nd highest of 5 in Land",
      "Source: Bureau",
    ]);
  });

  test("under latest the period is that of the figure, and so is the national figure", () => {
    const found = scene({ national: [{}, { AAA: 9 }, { AAA: 99 }] });
    assert.deepEqual(texts(tipLines(found, words, place, 2, 0)).slice(3), [
      "2016 · % of people", "Status: estimate", "2nd highest of 5 in Land", "National: 9.0%", "Source: Bureau",
    ]);
  });

  test("a missing figure is explained and has no number", () => {
    const lines = texts(tipLines(scene(), words, place, 0, 1));
    assert.deepEqual(lines, ["Place", "region, Land", "no data", "2015", "Nothing was published."]);
    assert.equal(texts(tipLines(scene(), words, place, 2, 1))[3], "Latest figures");
  });

  test("an interval of zero to something is shown, one without a bound is not", () => {
    const both = scene({ low: [[0, null]], high: [[20, null]] });
    assert.ok(texts(tipLines(both, words, place, 0, 0)).includes("interval 0.0% to 20.0%"));
    const one = scene({ low: [[null, null]], high: [[20, null]] });
    assert.ok(!texts(tipLines(one, words, place, 0, 0)).some((text) => text.startsWith("interval")));
  });

  test("a country is neither ranked nor compared with itself", () => {
    const lines = texts(tipLines(scene({ rank_of: [[5, 0]] }), words, { name: "Land", type: "country" }, 0, 0));
    assert.deepEqual(lines, ["Land", "country", "10.0%", "2015 · % of people", "Source: Office"]);
  });

  test("a national figure of zero is a figure", () => {
    assert.ok(texts(tipLines(scene({ national: [{ AAA: 0 }] }), words, place, 0, 0)).includes("National: 0.0%"));
  });

  test("groups name their members, notes are shown", () => {
    const lines = texts(tipLines(scene({ notes: { "0:0": "Revised." } }), words, { ...place, members: "A, B" }, 0, 0));
    assert.ok(lines.includes("For the group: A, B"));
    assert.ok(lines.includes("Revised."));
  });

  test("claims are listed, the first four, without an interval", () => {
    const claim = (n) => ({ text: String(n), note: `note ${n}` });
    const found = scene({
      mark: "range", low: [[100, null]], high: [[500, null]], notes: { "0:0": "hidden" },
      claims: { "0:0": [1, 2, 3, 4, 5].map(claim) },
    });
    const lines = tipLines(found, words, place, 0, 0);
    assert.ok(texts(lines).includes("5 claims"));
    assert.equal(texts(lines)[2], "100–500");
    assert.deepEqual(texts(lines).filter((text) => text.includes("note")), ["1: note 1", "2: note 2", "3: note 3", "4: note 4"]);
    assert.ok(!texts(lines).some((text) => text.startsWith("interval") || text === "hidden"));
  });

  test("a place without a type has no stray comma", () => {
    assert.equal(texts(tipLines(scene(), words, { name: "Place", country: "Land" }, 0, 0))[1], "Land");
  });
});

describe("dismissal", () => {
  test("a tip that was sent away stays away, until another place is pointed at", () => {
    globalThis.document = { createElement: () => ({}) };
    globalThis.window = { innerWidth: 800, innerHeight: 600 };
    const node = { hidden: true, style: {}, replaceChildren() {}, getBoundingClientRect: () => ({ width: 100, height: 50 }) };
    const tip = new Tip(node);
    const anchor = { x: 10, y: 10 };
    assert.equal(tip.dismiss(1), false);
    tip.show([["", "x"]], anchor, 1);
    assert.equal(node.hidden, false);
    assert.equal(tip.dismiss(1), true);
    tip.show([["", "x"]], anchor, 1);
    assert.equal(node.hidden, true);
    tip.show([["", "x"]], anchor, 2);
    assert.equal(node.hidden, false);
    delete globalThis.document;
    delete globalThis.window;
  });

  test("the tip never covers its place and stays in the window", () => {
    globalThis.window = { innerWidth: 800, innerHeight: 600 };
    const node = { style: {}, getBoundingClientRect: () => ({ width: 200, height: 100 }) };
    const tip = new Tip(node);
    for (const x of [5, 300, 700, 790]) {
      for (const y of [5, 300, 590]) {
        tip.place({ x, y });
        const [left, top] = node.style.transform.match(/-?\d+/g).map(Number);
        assert.ok(left >= 0 && left + 200 <= 800 && top >= 0 && top + 100 <= 600, `${x},${y}: ${left},${top}`);
        assert.ok(!(x > left && x < left + 200 && y > top && y < top + 100), `${x},${y} is covered`);
      }
    }
    delete globalThis.window;
  });
});

describe("a withheld figure", () => {
  const said = { ...words, "state.s": "withheld to protect people", "state_note.s": "never said: the scene says why" };
  const withheld = scene({
    states: ["sv", "sv", "sv"], values: [[null, 4], [null, 5], [null, 5]], withheld: "Fewer than 10.",
    ranks: null, rank_of: null, sortable: false,
  });

  test("says that it is withheld and why, and never that there are no data", () => {
    assert.deepEqual(texts(tipLines(withheld, said, place, 0, 0)), [
      "Place", "region, Land", "withheld to protect people", "2015", "Fewer than 10.",
    ]);
  });

  test("a layer that is not ranked has no rank at its shown figures either", () => {
    assert.ok(!texts(tipLines(withheld, said, place, 1, 1)).some((line) => line.includes("of 5")));
  });
});
