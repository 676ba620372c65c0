// Two layers on one map: the cell, hatch or inner outline of every place; the same rule as layers/bivariate.py. Pure.
//
// A pair is {fill, base, first, second}: `base` is the scene that is open, `first` its scene in three classes (with
// "bivariate") or the same one, `second` the scene of the other layer in three classes, over the same shapes.
import * as S from "../scene.js";

export const SIDE = 3;
export const FILLS = ["bivariate", "hatch", "outline"];
export const COLOURS = ["#f8f8f5", "#b5d6f2", "#64a6e8", "#f0cf9a", "#a9a7a8", "#5f7fb8", "#dd963c", "#a06a45", "#67656f"];
/** Legend entries of a hatch or outline: the low, middle and top third, and a place without a figure. */
export const MARKS = ["l", "m", "t"];
export const WITHOUT = "w";

/** Which of three classes a class of `k` belongs to: the middle one of a single class, the ends of two. */
export function third(digit, k) {
  return k === 1 ? 1 : Math.floor((4 * digit + k - 1) / (2 * (k - 1)));
}

/** Which third of the classes a figure lies in; null without a figure or class. */
export function thirdOf(scene, period, shape, scope) {
  const found = scene.scopes[scope];
  if (!found || scene.states[period][shape] !== "v" || (scope !== S.REGION && scene.iso3[shape] !== scope)) return null;
  return third(Number(found.classes[period][shape - found.from]), found.labels.length);
}

/** The period that the second layer shows at a period of the first; null if it has none. */
export const otherPeriod = (pair, period) => S.periodFor(pair.second, pair.base.periods[period].end ?? null);

/** State of the layer that has no figure of a shape, of the first layer before the second's; null if both have one. */
export function lackingOf(pair, period, shape) {
  const state = pair.first.states[period][shape];
  if (state !== "v") return state;
  const other = otherPeriod(pair, period);
  const found = other === null ? "n" : pair.second.states[other][shape];
  if (found === "v") return null;
  return found === "-" ? "n" : found; // figures on other boundaries are none of this shape
}

/** Cell of a shape, 3 x the second layer's third + the first's; null if one of them has no class. */
export function cellOf(pair, period, shape, scope) {
  const other = otherPeriod(pair, period);
  if (other === null) return null;
  const column = thirdOf(pair.first, period, shape, scope);
  const row = thirdOf(pair.second, other, shape, scope);
  return column === null || row === null ? null : SIDE * row + column;
}

export function isEstimate(pair, period, shape) {
  const other = otherPeriod(pair, period);
  return S.isEstimated(pair.first, period, shape) || (other !== null && S.isEstimated(pair.second, other, shape));
}

/** SVG paint of a shape in the colours of the cells; null if it is not drawn. */
export function paintOf(pair, period, shape, scope) {
  const lacking = lackingOf(pair, period, shape);
  if (lacking === "-") return null;
  if (!S.isInside(pair.base, shape, scope, period)) return pair.first.ground;
  if (lacking !== null) return `url(#state-${lacking})`;
  const cell = cellOf(pair, period, shape, scope);
  if (cell === null) return pair.first.ground;
  return isEstimate(pair, period, shape) ? `url(#both-${cell})` : COLOURS[cell];
}

/** Mark of the second layer over the fill of the first; a place without a figure of the first keeps its hatch alone. */
export function markOf(pair, period, shape, scope) {
  if (!S.isInside(pair.base, shape, scope, period) || pair.base.states[period][shape] !== "v") return null;
  const other = otherPeriod(pair, period);
  const row = other === null ? null : thirdOf(pair.second, other, shape, scope);
  return row === null ? WITHOUT : MARKS[row];
}

/** Legend entries that a shape belongs to. */
export function entriesOf(pair, period, shape, scope) {
  if (pair.fill !== "bivariate") {
    const found = S.entriesOf(pair.base, period, shape, scope);
    const mark = markOf(pair, period, shape, scope);
    return mark === null ? found : [...found, mark];
  }
  if (pair.first.states[period][shape] === "-" || !S.isInside(pair.base, shape, scope, period)) return [];
  const lacking = lackingOf(pair, period, shape);
  if (lacking !== null) return [lacking];
  const cell = cellOf(pair, period, shape, scope);
  const found = cell === null ? ["v"] : ["v", String(cell)];
  return isEstimate(pair, period, shape) ? [...found, "e"] : found;
}

/** Number of shapes of every legend entry. */
export function countsOf(pair, period, scope) {
  const counts = {};
  pair.base.ids.forEach((_, shape) => {
    for (const entry of entriesOf(pair, period, shape, scope)) counts[entry] = (counts[entry] ?? 0) + 1;
  });
  return counts;
}

/** Source line of a period: that of the first layer, then that of the second. */
export function sourceOf(pair, words, period, scope) {
  const first = S.sourceText(pair.base, words, period, scope);
  const other = otherPeriod(pair, period);
  const second = other === null ? "–" : S.sourceText(pair.second, words, other, scope);
  return second === "–" || second === first ? first : `${first}; ${second}`;
}

/** What the map says of a shape by the second layer: its name, its figure or state, the period of that. */
export function secondText(pair, words, period, shape) {
  const other = otherPeriod(pair, period);
  const { second } = pair;
  const { title } = second;
  if (other === null) return S.say(words, "stack.second_none", { title });
  if (second.states[other][shape] === "-") {
    return S.say(words, "stack.second_elsewhere", { title, period: second.periods[other].label });
  }
  const { label } = second.periods[S.ownPeriod(second, other, shape)];
  return S.say(words, "stack.second", { title, value: S.shownText(second, words, other, shape), period: label });
}

/** The second layer's figure or state, and the period of it: what the table says of a shape. */
export function figureText(pair, words, period, shape) {
  const other = otherPeriod(pair, period);
  const { second } = pair;
  if (other === null || second.states[other][shape] === "-") return S.say(words, "state.n");
  const { label } = second.periods[S.ownPeriod(second, other, shape)];
  return S.say(words, "stack.figure", { value: S.shownText(second, words, other, shape), period: label });
}

/** Which period of the second layer is shown. */
export function periodText(pair, words, period) {
  const other = otherPeriod(pair, period);
  const { title, periods } = pair.second;
  if (other === null) return S.say(words, "stack.second_none", { title });
  const stop = periods[other];
  return S.say(words, "stack.second_period", { title, period: stop.latest ? S.say(words, "period.latest_long") : stop.label });
}

/** Lines of the tooltip on the second layer: name, figure or state, period and unit, source. */
export function secondLines(pair, words, period, shape) {
  const other = otherPeriod(pair, period);
  const { second } = pair;
  if (other === null || second.states[other][shape] === "-") return [["tip-more", secondText(pair, words, period, shape)]];
  const state = second.states[other][shape];
  const stop = second.periods[S.ownPeriod(second, other, shape)];
  const label = stop.latest ? S.say(words, "period.latest_long") : stop.label;
  const lines = [["tip-more", second.title], ["tip-value", S.shownText(second, words, other, shape)]];
  lines.push(["", state === "v" ? `${label} · ${second.unit}` : label]);
  if (state !== "v") {
    lines.push(["quiet", state === "s" ? second.withheld : S.say(words, `state_note.${state}`)]);
    return lines;
  }
  const flag = second.flags[other][shape];
  if (flag !== ".") lines.push(["", S.say(words, "tip.status", { status: S.say(words, `flag.${flag}`) })]);
  const source = second.sources[second.source[other][shape]];
  if (source) lines.push(["tip-source", S.say(words, "tip.source", { source: source.publisher })]);
  return lines;
}
