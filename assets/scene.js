// Pure functions over a scene (layers/scene.py): what is painted, what is said. No document, no state; tested with node.

export const REGION = "";
const formats = new Map();

/** Number with grouping and exactly `decimals` decimals, as readers of the language write it. */
export function number(lang, value, decimals) {
  const key = `${lang}:${decimals}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(lang, {
      minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: true, minimumGroupingDigits: 1,
      roundingMode: "halfEven",
    }));
  }
  const shown = Math.abs(value) <= 0.5 * 10 ** -decimals ? 0 : value; // never "-0"
  return formats.get(key).format(shown).replaceAll("\u202f", "\u00a0");
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

/** A figure with its sign and qualifier. */
export function valueText(scene, words, value, qualifier = "exact") {
  const text = withSign(words, number(scene.lang, value, scene.decimals), scene.sign);
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

export function isInside(scene, shape, scope) {
  return scope === REGION || scene.iso3[shape] === scope;
}

/** Class digit of a shape in a scope, or null. */
export function classOf(scene, period, shape, scope) {
  const found = scene.scopes[scope];
  if (!found || scene.states[period][shape] !== "v" || !isInside(scene, shape, scope)) return null;
  return found.classes[period][shape - found.from];
}

/** SVG paint of a shape; null if it is not drawn in the period. The same rule as layers.scene.fill_of. */
export function fillOf(scene, period, shape, scope) {
  const state = scene.states[period][shape];
  if (state === "-") return null;
  if (!isInside(scene, shape, scope)) return scene.ground;
  if (state !== "v") return `url(#state-${state})`;
  const digit = classOf(scene, period, shape, scope);
  if (digit === null) return scene.ground;
  return isEstimated(scene, period, shape) ? `url(#estimated-${digit})` : scene.scopes[scope].colours[Number(digit)];
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

/** Index of the period that the figure itself belongs to (another one only under "latest"). */
export function ownPeriod(scene, period, shape) {
  return scene.periods[period].latest && scene.own[shape] >= 0 ? scene.own[shape] : period;
}

/** Accessible name of a shape. */
export function unitLabel(scene, words, unit, period, shape) {
  return say(words, unit.country ? "unit.label" : "unit.label_country", {
    name: unit.name, country: unit.country, value: shownText(scene, words, period, shape),
    period: scene.periods[ownPeriod(scene, period, shape)].label,
  });
}

/** Legend entries that a shape belongs to: its state, its class, "e" for an estimate. */
export function entriesOf(scene, period, shape, scope) {
  const state = scene.states[period][shape];
  if (state === "-" || !isInside(scene, shape, scope)) return [];
  const entries = [state];
  const digit = classOf(scene, period, shape, scope);
  if (digit !== null) entries.push(digit);
  if (state === "v" && isEstimated(scene, period, shape)) entries.push("e");
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
    if (source >= 0 && isInside(scene, shape, scope)) used.set(source, (used.get(source) ?? 0) + 1);
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
  "dataset", "layer", "level", "period", "country", "unit", "view", "kept", "table", "sort", ...VARIANT, "second", "fill",
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
