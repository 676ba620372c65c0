// The tooltip: follows pointer and keyboard, never covers the unit it speaks of, goes away with Esc.
import { shownText, ownPeriod, ordinal, number, say, plural, withSign, valueText, periodText, isUnclear, ageOf } from "./scene.js";

function line(className, text) {
  const node = document.createElement("p");
  if (className) node.className = className;
  node.textContent = text;
  return node;
}

/** How much older than the period shown a figure is; empty if it is of that period. */
export function ageText(scene, words, period, shape) {
  const years = ageOf(scene, period, shape);
  if (years === null) return "";
  const of = periodText(scene, period, shape);
  const whole = Math.round(years);
  return (whole ? plural(words, scene.lang, "tip.older", whole) : say(words, "tip.older_less")).replace("{period}", of);
}

/** Lines of the tooltip of a shape: [class, text]. Pure. */
export function tipLines(scene, words, unit, period, shape) {
  const own = ownPeriod(scene, period, shape);
  const state = scene.states[period][shape];
  const { lang } = scene;
  const lines = [];
  if (scene.synthetic) lines.push(["tip-synthetic", say(words, "notice.synthetic")]);
  lines.push(["tip-name", unit.name]);
  lines.push(["tip-place", [unit.type, unit.country].filter(Boolean).join(", ")]);
  lines.push(["tip-value", shownText(scene, words, period, shape)]);
  if (state !== "v") {
    lines.push(["", scene.periods[own].latest ? say(words, "period.latest_long") : scene.periods[own].label]);
    const why = scene.why?.[`${period}:${shape}`];
    if (why) lines.push(["", why]);
    if (state === "s" || !why) lines.push(["quiet", state === "s" ? scene.withheld : say(words, `state_note.${state}`)]);
    return lines;
  }
  const low = scene.low?.[period][shape];
  const high = scene.high?.[period][shape];
  if (scene.mark !== "range" && typeof low === "number" && typeof high === "number") {
    const write = (v) => valueText(scene, words, v);
    lines.push(["", say(words, "tip.interval", { low: write(low), high: write(high) })]);
  }
  const flag = scene.flags[period][shape];
  lines.push(["", [periodText(scene, period, shape), scene.unit].join(" · ")]);
  if (isUnclear(scene, period, shape)) lines.push(["", say(words, "state_note.z")]);
  const age = ageText(scene, words, period, shape);
  if (age) lines.push(["", age]);
  if (flag !== ".") lines.push(["", say(words, "tip.status", { status: say(words, `flag.${flag}`) })]);
  const of = scene.rank_of?.[period][shape] ?? 0; // a sensitive layer ranks nothing
  if (of > 1 && unit.country) {
    const place = scene.ranks[period][shape];
    const rank = ordinal(words, lang, place);
    lines.push(["", say(words, place === 1 ? "tip.rank_first" : "tip.rank", { rank, of, country: unit.country })]);
  }
  const national = scene.national[own]?.[scene.iso3[shape]];
  if (national !== undefined && unit.country) {
    lines.push(["", say(words, "tip.national", { value: valueText(scene, words, national) })]);
  }
  if (unit.members) lines.push(["", say(words, "tip.group", { members: unit.members })]);
  const claims = scene.claims?.[`${period}:${shape}`];
  if (claims) {
    lines.push(["", plural(words, lang, "tip.claims", claims.length)]);
    claims.slice(0, 4).forEach((claim) => lines.push(["quiet", `${claim.text}: ${claim.note}`]));
  }
  const note = scene.notes[`${period}:${shape}`];
  if (note && !claims) lines.push(["quiet", note]);
  const source = scene.sources[scene.source[period][shape]];
  if (source) lines.push(["tip-source", say(words, "tip.source", { source: source.publisher })]);
  return lines;
}

export class Tip {
  constructor(node) {
    this.node = node;
    this.dismissed = null;
  }

  show(lines, anchor, key) {
    if (this.dismissed === key) return;
    this.dismissed = null;
    this.node.replaceChildren(...lines.map(([className, text]) => line(className, text)));
    this.node.hidden = false;
    this.place(anchor);
  }

  /** Put the tip beside the unit (keyboard) or beside the pointer, on the side that has room. */
  place({ x, y, right = x, bottom = y }) {
    const { width, height } = this.node.getBoundingClientRect();
    const gap = 14;
    const roomRight = window.innerWidth - right - gap;
    let left = roomRight >= width ? right + gap : x - width - gap;
    let top = Math.min(y, window.innerHeight - height - 8);
    if (left < 4) {
      left = Math.min(Math.max(4, x - width / 2), window.innerWidth - width - 4);
      top = bottom + gap + height < window.innerHeight ? bottom + gap : y - height - gap;
    }
    this.node.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(top, 4))}px)`;
  }

  hide() { this.node.hidden = true; }

  dismiss(key) {
    if (this.node.hidden) return false;
    this.dismissed = key;
    this.hide();
    return true;
  }
}
