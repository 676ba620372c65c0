// Pure functions over a scene (layers/scene.py): what is painted, what is said. No document, no state; tested with node.

export const REGION = "";
const formats = new Map();
const signs = new Map();

/** The signs of decimals and of thousands in a language, as the server writes them: browsers do not know every language. */
export function useSigns(lang, separators) { signs.set(lang, separators); }

/** Number with grouping and exactly `decimals` decimals, as readers of the language write it. */
export function number(lang, value, decimals) {
  const key = `${lang}:${decimals}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(signs.has(lang) ? "en" : lang, {
      minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: true, minimumGroupingDigits: 1,
      roundingMode: "halfEven",
    }));
  }
  const shown = Math.abs(value) <= 0.5 * 10 ** -decimals ? 0 : value; // never "-0"
  const text = formats.get(key).format(shown);
  const own = signs.get(lang);
  return own ? text.replace(/[.,]/g, (sign) => own[sign === "." ? 0 : 1]) : text.replaceAll("\u202f", "\u00a0");
}

/** Text of a key with its {fields} filled in. */
export function say(words, key, fields = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in fields ? String(fields[name]) : whole));
}

/** Plural form of a key for a count, which fills {n}. */
export function plural(words, lang, key, count) {
  const form = new Intl.PluralRules(lang).select(count);
  const chosen = `${key}.${form}` in words ? `${key}.${form}` : `${key}.other`;
  return say(words, chosen, { n: number(lang, count, 0) });
}

/** The number as an ordinal, such as 4th. */
export function ordinal(words, lang, count) {
  const form = new Intl.PluralRules(lang, { type: "ordinal" }).select(count);
  return say(words, `ordinal.${form}` in words ? `ordinal.${form}` : "ordinal.other", { n: count });
}

/** A number with its sign of unit, spaced as the language does. */
export function withSign(words, text, sign) {
  if (!sign) return text;
  return say(words, sign === "%" ? "value.percent" : "value.sign", { v: text, s: sign });
}

/** A figure with its sign and qualifier; of a code, the name of its category. */
export function valueText(scene, words, value, qualifier = "exact") {
  if (scene.categories) return scene.categories.find(({ code }) => code === value).label;
  const written = number(scene.lang, value, scene.decimals);
  const isMore = scene.base && value > 0.5 * 10 ** -scene.decimals;
  const text = withSign(words, isMore ? `+${written}` : written, scene.sign);
  return qualifier === "exact" ? text : say(words, `qualifier.${qualifier}`, { v: text });
}

/** A range of published claims; never a midpoint. */
export function rangeText(scene, words, low, high, qualifier) {
  const write = (v) => number(scene.lang, v, 0);
  if (low === null || low === undefined) return say(words, "qualifier.up_to", { v: write(high ?? 0) });
  if (high === null || high === undefined) return say(words, "qualifier.or_more", { v: write(low) });
  const text = low === high ? write(low) : `${write(low)}–${write(high)}`;
  return qualifier === "at_least" ? say(words, "qualifier.or_more", { v: text }) : text;
}

export function qualifierOf(scene, period, shape) {
  return scene.qualifiers[`${period}:${shape}`] ?? "exact";
}

export function isEstimated(scene, period, shape) {
  return scene.flags[period][shape] === "e";
}

/** Whether the figure is older than the dated period that is shown. */
export function isOlder(scene, period, shape) {
  return scene.states[period][shape] === "v" && !scene.periods[period].latest && ownPeriod(scene, period, shape) !== period;
}

/** Whether a change cannot be told from none: its interval holds zero. */
export function isUnclear(scene, period, shape) {
  return scene.unclear?.[period][shape] === "1";
}

const EXTRAS = [["e", "estimated", isEstimated], ["o", "older", isOlder], ["z", "unclear", isUnclear]];

/** Hatches over the colour of a figure, joined as in the ids of patterns; empty for none. */
export function hatchesOf(scene, period, shape) {
  return EXTRAS.filter(([, , applies]) => applies(scene, period, shape)).map(([, name]) => name).join("-");
}

/** How many years the figure is older than the period that is shown; null if it is of that period. */
export function ageOf(scene, period, shape) {
  return isOlder(scene, period, shape) ? scene.periods[period].at - scene.periods[ownPeriod(scene, period, shape)].at : null;
}

/** Period of a shape's figure; of a change, from when to when it is. */
export function periodText(scene, period, shape) {
  const stop = scene.periods[ownPeriod(scene, period, shape)];
  return stop.span ?? stop.label;
}

/**
 * Whether a shape belongs to the scope and to the place that is looked into, if any (`scene.within`); without a period,
 * in any. The same rule as layers.scene.is_inside.
 */
export function isInside(scene, shape, scope, period = null) {
  if (scope !== REGION && scene.iso3[shape] !== scope) return false;
  if (!scene.within) return true;
  return period === null ? scene.within.some((row) => row[shape] === "1") : scene.within[period][shape] === "1";
}

/** For every period, which shapes belong to a place: a text of 1 and 0. The same rule as dashboard.places.within_of. */
export function withinOf(scene, inside) {
  const members = inside[scene.level] ?? {};
  return scene.periods.map(({ sets }) => {
    const held = new Set(Object.values(sets).flatMap((name) => members[name] ?? []));
    return scene.ids.map((id) => (held.has(id) ? "1" : "0")).join("");
  });
}

/** A scene that is narrowed to a place, or no longer: everything that reads it then counts what is inside only. */
export function narrow(scene, place) {
  scene.place = place;
  scene.within = place ? withinOf(scene, place.inside) : null;
}

/** Level below another. */
export const below = (level) => `ADM${Number(level.at(-1)) + 1}`;

/**
 * Level at which a layer shows what is inside a place: the wanted one if it has figures there, else the finest that has;
 * null if it has none at all. `levels` are those at which it has figures of the place.
 */
export function levelInside(levels, wanted) {
  return levels.includes(wanted) ? wanted : [...levels].sort().at(-1) ?? null;
}

/** Which level stands for one without figures inside a level above; empty if the level below it is shown. */
export function fallbackText(scene, words, level, levels) {
  if (!levels.length) return say(words, "head.inside_none");
  if (levels.includes(below(level)) || scene.level > level) return "";
  return `${say(words, `head.no_${below(level)}`)}; ${say(words, `head.shown_${scene.level}`)}.`;
}

/** What place is looked into in a period, whose scale the colours have, and what stands for what is not there. */
export function insideText(scene, words, country, period) {
  const { place } = scene;
  const isThere = (place.inside[place.level]?.[scene.periods[period].sets[place.iso3]] ?? []).includes(place.id);
  return [
    `${say(words, "head.scope_inside", { place: place.name, country })}.`,
    fallbackText(scene, words, place.level, place.levels[scene.indicator] ?? []),
    isThere ? "" : say(words, "head.inside_other", { place: place.name }),
  ].filter(Boolean).join(" ");
}

/** Class digit of a shape in a scope, or null. */
export function classOf(scene, period, shape, scope) {
  const found = scene.scopes[scope];
  if (!found || scene.states[period][shape] !== "v" || !isInside(scene, shape, scope, period)) return null;
  return found.classes[period][shape - found.from];
}

/** SVG paint of a shape; null if it is not drawn in the period. The same rule as layers.scene.fill_of. */
export function fillOf(scene, period, shape, scope) {
  const state = scene.states[period][shape];
  if (state === "-") return null;
  if (!isInside(scene, shape, scope, period)) return scene.ground;
  if (state !== "v") return `url(#state-${state})`;
  const found = scene.scopes[scope];
  const hatches = hatchesOf(scene, period, shape);
  if (!found) {
    const over = hatches.replace(/^estimated-?/, "");
    return over ? `url(#${over}-ground)` : scene.ground;
  }
  const place = parseInt((found.shades ?? found.classes)[period][shape - found.from], 36);
  return hatches ? `url(#${hatches}-${place})` : (found.tones ?? found.colours)[place];
}

/** What the map says of a shape: its figure, its range of claims, or its state in words. */
export function shownText(scene, words, period, shape) {
  const state = scene.states[period][shape];
  if (state !== "v") return say(words, `state.${state}`);
  const qualifier = qualifierOf(scene, period, shape);
  if (scene.mark === "range") {
    return rangeText(scene, words, scene.low?.[period][shape], scene.high?.[period][shape], qualifier);
  }
  return valueText(scene, words, scene.values[period][shape], qualifier);
}

/** Index of the period that the figure itself belongs to: the shown one, or an earlier one. */
export function ownPeriod(scene, period, shape) {
  const own = scene.own?.[period]?.[shape] ?? -1;
  return own >= 0 ? own : period;
}

/**
 * Index of the period of a scene that belongs to a date of the slider: the most recent one that ends not later; null if
 * there is none. Without a date (the slider stands at "latest") it is the scene's own latest one.
 */
export function periodFor(scene, end) {
  const last = scene.periods.length - 1;
  if (!end) return last < 0 ? null : last;
  const found = scene.periods.findLastIndex((stop) => stop.end && stop.end <= end);
  return found < 0 ? null : found;
}

/** Accessible name of a shape. */
export function unitLabel(scene, words, unit, period, shape) {
  return say(words, unit.country ? "unit.label" : "unit.label_country", {
    name: unit.name, country: unit.country, value: shownText(scene, words, period, shape),
    period: periodText(scene, period, shape),
  });
}

/** Legend entries that a shape belongs to: its state, its class, "e" for an estimate. */
export function entriesOf(scene, period, shape, scope) {
  const state = scene.states[period][shape];
  if (state === "-" || !isInside(scene, shape, scope, period)) return [];
  const entries = [state];
  const digit = classOf(scene, period, shape, scope);
  if (digit !== null) entries.push(digit);
  if (state === "v") for (const [entry, , applies] of EXTRAS) if (applies(scene, period, shape)) entries.push(entry);
  return entries;
}

/** Number of units of every legend entry. */
export function legendCounts(scene, period, scope) {
  const counts = {};
  for (let shape = 0; shape < scene.ids.length; shape += 1) {
    for (const entry of entriesOf(scene, period, shape, scope)) counts[entry] = (counts[entry] ?? 0) + 1;
  }
  return counts;
}

/** Source line of a period: the most used source of the scope, and how many more. */
export function sourceText(scene, words, period, scope) {
  const used = new Map();
  scene.source[period].forEach((source, shape) => {
    if (source >= 0 && isInside(scene, shape, scope, period)) used.set(source, (used.get(source) ?? 0) + 1);
  });
  if (!used.size) return "–";
  const [first] = [...used].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0];
  const text = `${scene.sources[first].publisher}: ${scene.sources[first].title}`;
  return used.size > 1 ? `${text}, ${plural(words, scene.lang, "foot.sources_more", used.size - 1)}` : text;
}

/** All that a period shows in a scope, worked out once: the paint of every shape, the legend's counts, the source line. */
export function frameOf(scene, words, period, scope) {
  return {
    fills: scene.ids.map((_, shape) => fillOf(scene, period, shape, scope)),
    counts: legendCounts(scene, period, scope),
    source: sourceText(scene, words, period, scope),
  };
}

/** Rows of the table in the order of their places' names: no order tells anything of the figures. */
export function byName(rows, lang) {
  const { compare } = new Intl.Collator(lang);
  return [...rows].sort((a, b) => compare(a.place, b.place));
}

/** Rows as they come, those with a withheld figure last and by name: however the table is sorted, so they stay. */
export function withheldByName(rows, lang) {
  return [...rows.filter((row) => row.state !== "s"), ...byName(rows.filter((row) => row.state === "s"), lang)];
}

/** The stop nearest to a place on the track. */
export function nearestStop(positions, place) {
  let best = 0;
  positions.forEach((p, i) => { if (Math.abs(p - place) < Math.abs(positions[best] - place)) best = i; });
  return best;
}

const DIRECTIONS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

/**
 * The neighbour of a shape in the direction of an arrow key: among adjoining shapes first, else among all that are drawn,
 * the one best in line and nearest; null if nothing lies that way.
 */
export function neighbour(shapes, from, key, isDrawn) {
  const [dx, dy] = DIRECTIONS[key] ?? [0, 0];
  if (!dx && !dy) return null;
  const here = shapes[from];
  const score = (i) => {
    const x = shapes[i].x - here.x;
    const y = shapes[i].y - here.y;
    const ahead = x * dx + y * dy;
    const aside = Math.abs(x * dy - y * dx);
    return ahead > 0 && aside <= ahead * 2 ? ahead + aside * 2 : Infinity;
  };
  const pick = (candidates) => candidates.filter((i) => i !== from && isDrawn(i))
    .map((i) => [score(i), i]).filter(([s]) => s < Infinity).sort((a, b) => a[0] - b[0])[0]?.[1];
  return pick(here.near) ?? pick(shapes.map((_, i) => i)) ?? null;
}

/** Radius of a proportional symbol as a share of the largest. */
export function symbolShare(value, top) {
  return top ? Math.sqrt(Math.abs(value) / top) : 0;
}

/** Keys of an address that choose the variant of a layer (layers/variant.py). */
export const VARIANT = [
  "sex", "age", "scheme", "k", "breaks", "mid", "palette", "ramp", "scale", "upto", "base", "measure",
];
/** Keys of an address, in the order in which it names them (dashboard/view_state.py). */
export const KEYS = [
  "dataset", "layer", "level", "period", "country", "unit", "view", "kept", "table", "sort", ...VARIANT, "second", "fill", "whose",
  "over", "ref", "inside", "filter", "picked", "speed", "loop", "span", "mode", "other", "at", "grid", "chart", "against",
  "present", "lang",
];
export const FLAGS = ["table", "loop", "present"];

const isGiven = (value) => value !== null && value !== undefined && value !== "" && value !== false;
const spelt = (value) => encodeURIComponent(value === true ? "1" : value)
  .replaceAll("%2C", ",").replaceAll("%3B", ";").replaceAll("%3A", ":");

/** Query of a view: what differs from the defaults. */
export function queryOf(view, keys = KEYS) {
  return `?${keys.filter((key) => isGiven(view[key])).map((key) => `${key}=${spelt(view[key])}`).join("&")}`;
}

/** The view that an address names: every key, null where it names none. */
export function viewOf(query) {
  return Object.fromEntries(KEYS.map((key) => [key, FLAGS.includes(key) ? query.get(key) === "1" : query.get(key) || null]));
}

/** What of a view chooses the variant of its layer. */
export function variantOf(view) {
  return Object.fromEntries(VARIANT.filter((key) => isGiven(view[key])).map((key) => [key, String(view[key])]));
}

/** A round length for the scale bar: the largest of 1, 2, 5 x 10^n km that fits. */
export function scaleLength(kmPerPixel, room) {
  const most = kmPerPixel * room;
  const power = 10 ** Math.floor(Math.log10(most));
  const km = [5, 2, 1].map((step) => step * power).find((length) => length <= most) ?? power;
  return { km, pixels: km / kmPerPixel };
}
