// Pure functions of the comparison: how the address spells it, which periods small maps show, what two maps share.

/** How a second map can differ from the first, and what else `other` may say. */
export const WAYS = ["layer", "level", "period", "sex", "age", "country"];
const SETTINGS = ["scale", "pick"];
export const SIZES = ["2x3", "3x3", "3x4", "4x4", "4x5", "4x6"];
const CARRIED = ["upto", "scale"]; // what a reader wants of every layer; the rest of a variant is the layer's own

/** The parts of `other` in an address: "sex:female;scale:across" as {sex: "female", scale: "across"}; what it cannot mean is left out. */
export function readOther(text) {
  const fields = {};
  for (const pair of (text ?? "").split(";")) {
    const [key, ...rest] = pair.split(":");
    const value = rest.join(":");
    if ((WAYS.includes(key) || SETTINGS.includes(key)) && value && !(key in fields)) fields[key] = value;
  }
  return fields;
}

/** How an address spells the parts; null for none. */
export function spellOther(fields) {
  const pairs = [...WAYS, ...SETTINGS].filter((key) => fields[key]).map((key) => `${key}:${fields[key]}`);
  return pairs.join(";") || null;
}

/** The ways in which the second map differs. */
export function waysOf(fields) {
  return WAYS.filter((key) => fields[key]);
}

/** The variant of the second map's scene: that of the first, but for the group of people; of another layer only what is for every layer. */
export function otherVariant(variant, fields, bounds = null) {
  const isOther = Boolean(fields.layer);
  const made = Object.fromEntries(Object.entries(variant).filter(([key]) => !isOther || CARRIED.includes(key)));
  for (const key of ["sex", "age"]) {
    if (!fields[key]) continue;
    if (fields[key] === "all") delete made[key]; else made[key] = fields[key];
  }
  if (bounds && !isOther) {
    for (const key of ["scheme", "k"]) delete made[key];
    made.breaks = bounds.map((bound) => String(Number(bound.toFixed(6)))).join(",");
  }
  return made;
}

/** What is wrong with a comparison, as a key of the words; null if it can be shown. `layers` are those of the dataset. */
export function refusal(fields, mode, scene, layers) {
  const [way] = waysOf(fields);
  if (!way) return "compare.nothing";
  const layer = layers.find((one) => one.id === (fields.layer ?? scene.indicator));
  if (!layer) return "compare.nothing";
  if (fields.layer && !(scene.allows.includes("join") && layer.allows.includes("join"))) return "compare.alone";
  if (fields.level && !layer.levels.includes(fields.level)) return "compare.nothing";
  if (fields.country && !scene.countries.includes(fields.country)) return "compare.nothing";
  if (fields.country && mode === "swipe") return "compare.apart";
  const groups = scene.groups.map((group) => group.join(" "));
  const wanted = `${fields.sex ?? scene.variant.sex ?? "all"} ${fields.age ?? scene.variant.age ?? "all"}`;
  if (!fields.layer && (fields.sex || fields.age) && !groups.includes(wanted)) return "compare.nothing";
  if (!fields.layer && fields.period && !scene.periods.some((stop) => stop.id === fields.period)) return "compare.nothing";
  return null;
}

/** Sexes or ages that a layer has beside the other choice that is open: codes in the layer's order. */
export function groupsOf(scene, by) {
  const [at, kept, other] = by === "sex" ? [0, 1, "age"] : [1, 0, "sex"];
  const open = scene.variant[other] ?? "all";
  return [...new Set(scene.groups.filter((group) => group[kept] === open).map((group) => group[at]))];
}

/** The small maps that an address asks for: what they are by, rows and columns; null if it asks for none. */
export function readGrid(text) {
  const found = /^(period|sex|age)\.([1-6])x([1-6])$/.exec(text ?? "");
  return found && { by: found[1], rows: Number(found[2]), columns: Number(found[3]), n: Number(found[2]) * Number(found[3]) };
}

/**
 * Indexes of the periods that n small maps show: all if there is room; evenly over the whole span, the first and the last
 * among them; or the last n up to where the slider stands, so that the slider shifts them.
 */
export function periodsShown(count, n, now, pick = "even") {
  if (count <= n) return [...Array(count).keys()];
  if (pick === "last") {
    const first = Math.max(0, Math.min(now, count - 1) - n + 1);
    return [...Array(n).keys()].map((i) => first + i);
  }
  if (n === 1) return [Math.min(Math.max(now, 0), count - 1)];
  return [...Array(n).keys()].map((i) => Math.round((i * (count - 1)) / (n - 1)));
}

/** Indexes of the periods in which any place of a scope has a figure, shown or withheld; all if there is none. */
export function periodsWithFigures(scene, isInside) {
  const inside = scene.ids.map((_, shape) => isInside(shape));
  const found = [...scene.states.keys()].filter((period) => (
    [...scene.states[period]].some((state, shape) => inside[shape] && (state === "v" || state === "s"))));
  return found.length ? found : [...scene.states.keys()];
}

/** Columns of the small maps in a room of a width: as wanted, but none narrower than `least`; at least one. */
export function columnsIn(wanted, count, width, least = 132) {
  return Math.max(1, Math.min(wanted, count, Math.floor(width / least)));
}

/** The small map that an arrow key leads to; null if none lies that way. */
export function cellBeside(at, key, count, columns) {
  const next = {
    ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - columns, ArrowDown: at + columns, Home: 0, End: count - 1,
  }[key];
  return next === undefined || next < 0 || next >= count ? null : next;
}

/** The inner class bounds of a scope, which another scene can be classified by; null if there are none in common. */
export function innerBounds(scope) {
  return scope && !scope.tones && scope.bins.length > 1 ? scope.bins.slice(0, -1) : null;
}

/**
 * The scope of a second scene in the classes of a first, if it was classified by the inner bounds of that one: its classes
 * are some of the first's, so they get those colours and one legend holds for both. Null if its bounds are others.
 */
export function alignedScope(first, second) {
  const inner = innerBounds(first);
  if (!inner || !second || second.tones) return null;
  const own = second.bins.slice(0, -1);
  if (!second.bins.length || !own.every((bound) => inner.includes(bound))) return null;
  const above = inner.findIndex((bound) => bound >= second.bins.at(-1));
  const slots = [...own.map((bound) => inner.indexOf(bound)), above < 0 ? inner.length : above];
  return {
    ...second, bins: first.bins, labels: first.labels, colours: first.colours, low: second.low, top: second.bins.at(-1),
    classes: second.classes.map((row) => [...row].map((digit) => (digit === "-" ? digit : String(slots[Number(digit)]))).join("")),
  };
}

/** The lowest and highest class bound of scopes with the same classes. */
export function endsOf(...scopes) {
  return { low: Math.min(...scopes.map((scope) => scope.low)), high: Math.max(...scopes.map((scope) => scope.top ?? scope.bins.at(-1))) };
}

/** Place of the divider in percent. */
export function dividerAt(text, fallback = 50) {
  const value = Number(text ?? fallback);
  return Number.isFinite(value) ? Math.min(100, Math.max(0, Math.round(value))) : fallback;
}

/** The shape of a scene that stands for a place of another level: itself, else the place that it lies in; -1 if none. */
export function placeIn(scene, unit) {
  const same = scene.ids.indexOf(unit.id);
  return same >= 0 ? same : scene.ids.indexOf(unit.parent ?? "");
}

const PART = /[MmLlHhVvZz]|-?\d*\.?\d+/g;
/**
 * An outline for a small map: every point is moved to the nearest crossing of a net, points that fall together are one.
 * Neighbours share their points, so they still share their borders.
 */
export function coarsePath(d, step) {
  const parts = d.match(PART) ?? [];
  let [i, command, x, y, startX, startY] = [0, "M", 0, 0, 0, 0];
  const rings = [];
  const reach = () => {
    const point = [Math.round(x / step) * step, Math.round(y / step) * step];
    const last = rings.at(-1).at(-1);
    if (!last || last[0] !== point[0] || last[1] !== point[1]) rings.at(-1).push(point);
  };
  while (i < parts.length) {
    if (/[A-Za-z]/.test(parts[i])) { command = parts[i]; i += 1; }
    if (command === "z" || command === "Z") { [x, y] = [startX, startY]; continue; }
    const isOwn = command === command.toLowerCase();
    const kind = command.toUpperCase();
    const next = () => { const value = Number(parts[i]); i += 1; return value; };
    if (kind === "H") x = next() + (isOwn ? x : 0);
    else if (kind === "V") y = next() + (isOwn ? y : 0);
    else { const [dx, dy] = [next(), next()]; x = dx + (isOwn ? x : 0); y = dy + (isOwn ? y : 0); }
    if (kind === "M") { rings.push([]); [startX, startY] = [x, y]; command = isOwn ? "l" : "L"; }
    reach();
  }
  return rings.filter((ring) => ring.length > 2)
    .map(([first, ...rest]) => `M${first.join(" ")}L${rest.map((point) => point.join(" ")).join(" ")}z`).join("");
}

/** Where the frame of an overview is seen: whether the view is so much smaller than the whole that an overview helps. */
export function needsOverview(box, whole, factor = 1.4) {
  return box[2] * factor < whole[2] && box[3] * factor < whole[3] * 1.6;
}

/** A view box moved so that a point is its centre. */
export function centredAt([, , w, h], [x, y]) {
  return [x - w / 2, y - h / 2, w, h];
}
