// assets/scene.js: what is painted and said, against literal texts that readers of the language write.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";

const S = await load("scene.js");
const NBSP = "\u00a0";
const words = {
  "value.percent": "{v}%", "value.sign": "{v} {s}", "qualifier.at_least": "at least {v}", "qualifier.up_to": "up to {v}",
  "qualifier.or_more": "{v} or more", "state.n": "no data", "state.s": "withheld",
  "unit.label": "{name}, {country}: {value} ({period})", "unit.label_country": "{name}: {value} ({period})",
  "foot.sources_more.one": "and {n} more source", "foot.sources_more.other": "and {n} more sources",
  "ordinal.one": "{n}st", "ordinal.two": "{n}nd", "ordinal.few": "{n}rd", "ordinal.other": "{n}th",
};
const russian = {
  "foot.sources_more.one": "и ещё {n} источник", "foot.sources_more.few": "и ещё {n} источника",
  "foot.sources_more.many": "и ещё {n} источников", "foot.sources_more.other": "и ещё {n} источника",
  "ordinal.other": "{n}-е",
};

/** Five places of two countries, one dated period and "latest". */
function scene(changes = {}) {
  return {
    lang: "en", mark: "fill", sign: "%", decimals: 1, ground: "#eee",
    ids: ["a", "b", "c", "d", "e"], iso3: ["AAA", "AAA", "AAA", "BBB", "BBB"],
    periods: [{ id: "2015", label: "2015" }, { id: "latest", label: "Latest", latest: true }],
    states: ["vvs-n", "vvs-v"], flags: [".e...", ".e..."],
    values: [[10, 20, null, null, null], [10, 20, null, null, 0]],
    low: null, high: null, qualifiers: { "0:1": "at_least" },
    source: [[0, 1, 1, -1, -1], [0, 1, 1, -1, 2]], own: [null, [0, 0, -1, -1, 0]],
    sources: [{ publisher: "P0", title: "T0" }, { publisher: "P1", title: "T1" }, { publisher: "P2", title: "T2" }],
    scopes: {
      "": { from: 0, bins: [10, 20], colours: ["#111111", "#222222"], classes: ["01---", "01--0"] },
      BBB: { from: 3, bins: [0], colours: ["#333333"], classes: ["--", "-0"] },
    },
    ...changes,
  };
}

describe("numbers", () => {
  const cases = [
    [0, 0, "0", "0"], [1234.5, 1, "1,234.5", `1${NBSP}234,5`], [1234567, 0, "1,234,567", `1${NBSP}234${NBSP}567`],
    [0.1, 3, "0.100", "0,100"], [-12.34, 1, "-12.3", "-12,3"], [999.96, 1, "1,000.0", `1${NBSP}000,0`],
    [1000, 0, "1,000", `1${NBSP}000`],
  ];
  for (const [value, decimals, en, ru] of cases) {
    test(`${value} with ${decimals} decimals`, () => {
      assert.equal(S.number("en", value, decimals), en);
      assert.equal(S.number("ru", value, decimals), ru);
    });
  }

  test("signs of unit are spaced by the words", () => {
    assert.equal(S.withSign(words, "5", "%"), "5%");
    assert.equal(S.withSign({ "value.percent": `{v}${NBSP}%` }, "5", "%"), `5${NBSP}%`);
    assert.equal(S.withSign(words, "5", "km"), "5 km");
    assert.equal(S.withSign(words, "5", ""), "5");
  });
});

describe("words", () => {
  test("fields are filled in, unknown ones stay", () => {
    assert.equal(S.say({ k: "{a} and {b} and {a}" }, "k", { a: 0 }), "0 and {b} and 0");
  });

  test("a text in a field is not read as a field", () => {
    assert.equal(S.say({ k: "{a} {b}" }, "k", { a: "{b}", b: "$&" }), "{b} $&");
  });

  test("an unknown key is shown as it is", () => assert.equal(S.say({}, "no.such"), "no.such"));

  test("plurals follow the language", () => {
    const en = (n) => S.plural(words, "en", "foot.sources_more", n);
    assert.deepEqual([1, 2, 1000].map(en), ["and 1 more source", "and 2 more sources", "and 1,000 more sources"]);
    const ru = (n) => S.plural(russian, "ru", "foot.sources_more", n);
    assert.deepEqual([1, 3, 5, 11, 21, 22].map(ru), [
      "и ещё 1 источник", "и ещё 3 источника", "и ещё 5 источников", "и ещё 11 источников", "и ещё 21 источник",
      "и ещё 22 источника",
    ]);
  });

  test("ordinals follow the language", () => {
    const en = [1, 2, 3, 4, 11, 12, 13, 21, 102].map((n) => S.ordinal(words, "en", n));
    assert.deepEqual(en, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd"]);
    assert.equal(S.ordinal(russian, "ru", 4), "4-е");
  });
});

describe("figures", () => {
  test("a figure has its sign and qualifier", () => {
    assert.equal(S.shownText(scene(), words, 0, 0), "10.0%");
    assert.equal(S.shownText(scene(), words, 0, 1), "at least 20.0%");
    assert.equal(S.shownText(scene(), words, 1, 4), "0.0%");
  });

  test("a missing figure is its state in words, never a number", () => {
    assert.equal(S.shownText(scene(), words, 0, 4), "no data");
    assert.equal(S.shownText(scene(), words, 0, 2), "withheld");
  });

  test("a range keeps its bounds and has no midpoint", () => {
    const range = (low, high, qualifier = "exact") => S.rangeText(scene(), words, low, high, qualifier);
    assert.equal(range(500, 600), "500–600");
    assert.equal(range(500, 500), "500");
    assert.equal(range(500, null), "500 or more");
    assert.equal(range(300, 300, "at_least"), "300 or more");
    assert.equal(range(150, 4000, "at_least"), "150–4,000 or more");
    assert.equal(range(null, 4000), "up to 4,000");
    assert.equal(range(undefined, 4000, "up_to"), "up to 4,000");
    assert.equal(range(0, 0), "0");
  });

  test("a scene of claims shows its range", () => {
    const claims = scene({ mark: "range", low: [[1000, null, null, null, null]], high: [[2000, 30, null, null, null]] });
    assert.equal(S.shownText(claims, words, 0, 0), "1,000–2,000");
    assert.equal(S.shownText({ ...claims, qualifiers: { "0:1": "up_to" } }, words, 0, 1), "up to 30");
    assert.equal(S.shownText({ ...claims, low: null }, words, 0, 1), "up to 30");
  });

  test("under latest the figure keeps its own period", () => {
    assert.equal(S.ownPeriod(scene(), 1, 0), 0);
    assert.equal(S.ownPeriod(scene(), 1, 2), 1);
    assert.equal(S.ownPeriod(scene(), 0, 0), 0);
    const label = S.unitLabel(scene(), words, { name: "Place", country: "Land" }, 1, 0);
    assert.equal(label, "Place, Land: 10.0% (2015)");
    assert.equal(S.unitLabel(scene(), words, { name: "Land", country: "" }, 0, 4), "Land: no data (2015)");
  });
});

describe("paint", () => {
  test("a figure has the colour of its class, an estimate its pattern", () => {
    assert.equal(S.fillOf(scene(), 0, 0, ""), "#111111");
    assert.equal(S.fillOf(scene(), 0, 1, ""), "url(#estimated-1)");
  });

  test("states have patterns, and what is not in the division of the period is not drawn", () => {
    assert.equal(S.fillOf(scene(), 0, 2, ""), "url(#state-s)");
    assert.equal(S.fillOf(scene(), 0, 4, ""), "url(#state-n)");
    assert.equal(S.fillOf(scene(), 0, 3, ""), null);
    assert.equal(S.fillOf(scene(), 0, 3, "AAA"), null);
  });

  test("a country has its own scale, the others are ground", () => {
    assert.equal(S.fillOf(scene(), 1, 4, "BBB"), "#333333");
    assert.equal(S.fillOf(scene(), 1, 0, "BBB"), "#eee");
    assert.equal(S.fillOf(scene(), 0, 2, "BBB"), "#eee");
  });

  test("without classes a figure stands on ground", () => {
    assert.equal(S.fillOf(scene({ scopes: {} }), 0, 0, ""), "#eee");
    assert.equal(S.classOf(scene({ scopes: {} }), 0, 0, ""), null);
  });

  test("a class is counted from the first shape of its scope", () => {
    assert.equal(S.classOf(scene(), 1, 4, "BBB"), "0");
    assert.equal(S.classOf(scene(), 1, 0, "BBB"), null);
    assert.equal(S.classOf(scene(), 0, 2, ""), null);
    assert.equal(S.classOf(scene(), 0, 1, ""), "1");
  });

  test("areas of symbols are in proportion to numbers", () => {
    assert.equal(S.symbolShare(25, 100), 0.5);
    assert.equal(S.symbolShare(-25, 100), 0.5);
    assert.equal(S.symbolShare(5, 0), 0);
  });
});

describe("legend and sources", () => {
  test("entries of a shape", () => {
    assert.deepEqual(S.entriesOf(scene(), 0, 0, ""), ["v", "0"]);
    assert.deepEqual(S.entriesOf(scene(), 0, 1, ""), ["v", "1", "e"]);
    assert.deepEqual(S.entriesOf(scene(), 0, 2, ""), ["s"]);
    assert.deepEqual(S.entriesOf(scene(), 0, 3, ""), []);
    assert.deepEqual(S.entriesOf(scene(), 0, 0, "BBB"), []);
  });

  test("counts of entries", () => {
    assert.deepEqual(S.legendCounts(scene(), 0, ""), { v: 2, 0: 1, 1: 1, e: 1, s: 1, n: 1 });
    assert.deepEqual(S.legendCounts(scene(), 1, "BBB"), { v: 1, 0: 1 });
    assert.deepEqual(S.legendCounts(scene(), 0, "CCC"), {});
  });

  test("the most used source is named, and how many more there are", () => {
    assert.equal(S.sourceText(scene(), words, 0, ""), "P1: T1, and 1 more source");
    assert.equal(S.sourceText(scene(), words, 1, ""), "P1: T1, and 2 more sources");
    assert.equal(S.sourceText(scene(), words, 1, "BBB"), "P2: T2");
    assert.equal(S.sourceText(scene(), words, 0, "BBB"), "–");
  });

  test("sources used equally are named in their order", () => {
    assert.equal(S.sourceText(scene({ source: [[2, 1, -1, -1, -1]] }), words, 0, ""), "P1: T1, and 1 more source");
  });
});

describe("keyboard and slider", () => {
  // 0 1 2      Shapes 0 to 4 in a cross around 1 and an island 5 far to the right; 3 below 1, 4 above 1.
  const at = [[0, 10], [10, 10], [20, 10], [10, 20], [10, 0], [90, 12]];
  const near = [[1], [0, 2, 3, 4], [1], [1], [1], []];
  const shapes = at.map(([x, y], i) => ({ x, y, near: near[i] }));
  const all = () => true;

  test("an arrow goes to the adjoining shape that lies that way", () => {
    const from = (key) => S.neighbour(shapes, 1, key, all);
    assert.deepEqual(["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"].map(from), [2, 0, 3, 4]);
  });

  test("without an adjoining shape that way the nearest in line is taken", () => {
    assert.equal(S.neighbour(shapes, 2, "ArrowRight", all), 5);
    assert.equal(S.neighbour(shapes, 5, "ArrowLeft", all), 2);
  });

  test("nothing lies beyond the edge", () => {
    assert.equal(S.neighbour(shapes, 5, "ArrowRight", all), null);
    assert.equal(S.neighbour(shapes, 4, "ArrowUp", all), null);
  });

  test("what is not drawn is passed over", () => {
    assert.equal(S.neighbour(shapes, 1, "ArrowRight", (i) => i !== 2), 5);
    assert.equal(S.neighbour(shapes, 1, "ArrowRight", () => false), null);
  });

  test("other keys lead nowhere", () => {
    for (const key of ["Enter", "a", "Tab"]) assert.equal(S.neighbour(shapes, 1, key, all), null);
  });

  test("every shape can be reached from every other", () => {
    const reached = new Set([0]);
    for (const from of reached) {
      for (const key of ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"]) {
        const next = S.neighbour(shapes, from, key, all);
        if (next !== null) reached.add(next);
      }
    }
    assert.equal(reached.size, shapes.length);
  });

  test("the slider snaps to the nearest stop", () => {
    const positions = [0, 100, 300, 1000];
    assert.deepEqual([0, 49, 51, 199, 201, 649, 651, 1000].map((p) => S.nearestStop(positions, p)), [0, 0, 1, 1, 2, 2, 3, 3]);
    assert.equal(S.nearestStop([500], 3), 0);
    assert.equal(S.nearestStop([0, 100], 50), 0);
  });
});

describe("address and scale", () => {
  test("the query holds what is not a default, in a fixed order", () => {
    const view = {
      lang: "ru", level: "ADM1", layer: "mpi", period: null, country: "", unit: undefined, table: false, kept: "0",
      view: "1,2,30,40", sort: "value-desc",
    };
    assert.equal(S.queryOf(view), "?layer=mpi&level=ADM1&view=1,2,30,40&kept=0&sort=value-desc&lang=ru");
    assert.equal(S.queryOf({ layer: "mpi", level: "ADM1", table: true }), "?layer=mpi&level=ADM1&table=1");
  });

  test("texts in the query are encoded", () => {
    assert.equal(S.queryOf({ unit: "a&b=c?d e" }), "?unit=a%26b%3Dc%3Fd%20e");
    assert.equal(new URLSearchParams(S.queryOf({ unit: "Ош+1%" })).get("unit"), "Ош+1%");
  });

  test("unknown parts of a view are left out", () => assert.equal(S.queryOf({ layer: "a", colour: "red" }), "?layer=a"));

  test("the scale bar has a round length that fits", () => {
    const cases = [[1, 120, 100], [0.9, 120, 100], [2, 120, 200], [5, 120, 500], [4, 120, 200], [0.02, 120, 2], [0.004, 120, 0.2]];
    for (const [perPixel, room, km] of cases) {
      const found = S.scaleLength(perPixel, room);
      assert.equal(found.km, km, `${perPixel} km per pixel`);
      assert.ok(Math.abs(found.pixels * perPixel - km) < 1e-9);
      assert.ok(found.pixels <= room + 1e-9);
      assert.ok(found.pixels > room / 2.6);
    }
  });

  test("any scale has a bar that fits", () => {
    for (let power = -3; power < 3; power += 0.037) {
      const { pixels } = S.scaleLength(10 ** power, 120);
      assert.ok(pixels <= 120 + 1e-9 && pixels > 45, `10^${power}: ${pixels}`);
    }
  });
});

describe("rows of the table", () => {
  const rows = [
    { place: "Dara", state: "v" }, { place: "Cira", state: "s" }, { place: "Bora", state: "v" }, { place: "Alma", state: "s" },
  ];
  const places = (found) => found.map((row) => row.place);

  test("of a sensitive layer stand by name", () => {
    assert.deepEqual(places(S.byName(rows, "en")), ["Alma", "Bora", "Cira", "Dara"]);
  });

  test("with withheld figures stand last, together, by name", () => {
    assert.deepEqual(places(S.withheldByName(rows, "en")), ["Dara", "Bora", "Alma", "Cira"]);
  });
});

describe("numbers in a language that the browser does not know", () => {
  test("are written with the signs of the server", () => {
    S.useSigns("xx", ",\u00a0");
    assert.equal(S.number("xx", 1234567.5, 1), "1\u00a0234\u00a0567,5");
    assert.equal(S.number("xx", -0.04, 1), "0,0");
  });
});
