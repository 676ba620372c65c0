// Filter: conditions on places. Those that do not pass are drawn as quiet ground; legend and table count only the others.
import * as S from "../scene.js";
import { lastDay, offered, once, readIndex } from "./overlay_base.js";
import { programmesOf, yearOf } from "./overlay_rules.js";
import { button, checkbox, choice, drop, el, field, later } from "./ui.js";

const STATUS_OF = {
  published: "v.", estimated: "ve", provisional: "vp", unreliable: "vu", break: "vb",
  none: "n", unassessed: "a", inapplicable: "x", withheld: "s",
};
/** What a place can be asked for by its status, in the order of the list. */
export const STATUSES = Object.keys(STATUS_OF);
const LISTS = ["country", "type", "kind", "status", "category"];
const NUMBER = "-?\\d{1,12}(?:\\.\\d{1,6})?";
const RANGE = new RegExp(`^(${NUMBER})?\\.\\.(${NUMBER})?$`);
const ALSO = new RegExp(`^([a-z][a-z0-9_]{1,63})~((?:${NUMBER})?\\.\\.(?:${NUMBER})?)$`);
const PROGRAMME = /^(none|any)(?:~(.{1,100}))?$/u;
/** An address holds at most so many conditions. */
export const MOST = 8;

export const EMPTY = { country: [], type: [], kind: [], status: [], category: [], value: null, also: [], programme: null };

function readRange(text) {
  const found = RANGE.exec(text);
  if (!found || (found[1] === undefined && found[2] === undefined)) return null;
  const [low, high] = [found[1], found[2]].map((part) => (part === undefined ? null : Number(part)));
  return low !== null && high !== null && low > high ? null : { low, high };
}

/** The conditions that an address spells, `key:value` joined by ";"; what cannot be read is left out. */
export function readFilter(text) {
  const filter = { ...EMPTY, also: [] };
  for (const part of (text ?? "").split(";").filter(Boolean)) {
    const cut = part.indexOf(":");
    const [key, value] = [part.slice(0, cut), part.slice(cut + 1)];
    if (LISTS.includes(key)) filter[key] = [...new Set(value.split(",").filter(Boolean))];
    else if (key === "value") filter.value = readRange(value);
    else if (key === "also") {
      const found = ALSO.exec(value);
      const range = found && readRange(found[2]);
      if (range && !filter.also.some(({ id }) => id === found[1])) filter.also.push({ id: found[1], ...range });
    } else if (key === "programme") {
      const found = PROGRAMME.exec(value);
      if (found) filter.programme = { is: found[1], sector: found[2] ?? null };
    }
  }
  filter.status = filter.status.filter((code) => code in STATUS_OF);
  filter.category = filter.category.filter((code) => /^[1-9]\d?$/.test(code));
  return filter;
}

const spellRange = ({ low, high }) => `${low ?? ""}..${high ?? ""}`;

/** The conditions as an address spells them; null if there are none. */
export function spellFilter(filter) {
  const parts = LISTS.filter((key) => filter[key].length).map((key) => `${key}:${filter[key].join(",")}`);
  if (filter.value) parts.push(`value:${spellRange(filter.value)}`);
  for (const one of filter.also) parts.push(`also:${one.id}~${spellRange(one)}`);
  if (filter.programme) parts.push(`programme:${filter.programme.is}${filter.programme.sector ? `~${filter.programme.sector}` : ""}`);
  return parts.length ? parts.slice(0, MOST).join(";") : null;
}

/** Whether figures of a layer may be asked for by range: not those that may not stand beside other layers. */
export const canRange = (layer) => Boolean(layer?.allows.includes("join")) && layer.mark !== "range" && layer.kind !== "category";

const inRange = (value, { low, high }) => (low === null || value >= low) && (high === null || value <= high);

/** Last day of a period; null for the latest figures. */
export const endOf = (scene, period) => scene.periods[period]?.end ?? null;

/**
 * Which period of a further layer belongs to a day: of each country the last with any figure that ends not later.
 * A country without one is not in the answer.
 */
export function periodsAt(scene, end) {
  const found = {};
  scene.periods.forEach((stop, period) => {
    if (stop.latest || (end !== null && stop.end > end)) return;
    scene.iso3.forEach((iso3, shape) => {
      if (scene.states[period][shape] === "v") found[iso3] = period;
    });
  });
  return found;
}

/** Codes of the status of a shape: what its figure is, or why there is none. */
export function statusOf(scene, period, shape) {
  const state = scene.states[period][shape];
  const code = state === "v" ? `v${scene.flags[period][shape]}` : state;
  return STATUSES.find((name) => STATUS_OF[name] === code) ?? null;
}

/** Places with a programme, in all sectors or in one, in the year that ends with a day; the same rule as the overlay's. */
export function placesWithProgramme(data, end, sector = null) {
  const items = data.items.filter((item) => !sector || item[2] === sector);
  const found = [...programmesOf({ ...data, items }, yearOf(end)).values()].map(({ unit }) => unit);
  return new Set(found.filter((unit) => unit.level === data.level).map((unit) => unit.id));
}

/**
 * Which shapes pass, as [true | false | null]: null for a shape that is not drawn or not in the scope.
 * `unknown` counts the places that fail only because a figure is missing or withheld: missing is never a value.
 *
 * @param filter as `readFilter` makes it
 * @param about {scene, units, period, scope, others: {id: scene or null}, programmes, isOpen, every}; a condition on a layer
 *   that is not there (null) is left out, and so is one on the open layer's figures if another scene is asked (isOpen);
 *   with `every`, shapes that are not drawn in the period are asked, too: they have no figure in it
 */
export function evaluate(filter, { scene, units, period, scope, others = {}, programmes = null, isOpen = true, every = false }) {
  const end = endOf(scene, period);
  const ranges = [];
  const wanted = isOpen && scene.categories ? filter.category : [];
  if (filter.value && isOpen && scene.allows.includes("join") && scene.mark !== "range" && !scene.categories) {
    ranges.push((shape) => [scene.states[period][shape] === "v" ? scene.values[period][shape] : null, filter.value]);
  }
  for (const one of filter.also) {
    const other = others[one.id];
    if (!other || !scene.allows.includes("join")) continue;
    const at = periodsAt(other, end);
    const same = other.ids.length === scene.ids.length && other.ids.every((id, i) => id === scene.ids[i]);
    const place = same ? null : new Map(other.ids.map((id, i) => [id, i]));
    ranges.push((shape) => {
      const there = same ? shape : place.get(scene.ids[shape]);
      const when = at[scene.iso3[shape]];
      const known = there !== undefined && when !== undefined && other.states[when][there] === "v";
      return [known ? other.values[when][there] : null, one];
    });
  }
  const asked = filter.programme && programmes && scene.allows.includes("join") ? filter.programme : null;
  const helped = asked && placesWithProgramme(programmes, lastDay({ scene, end }), asked.sector);
  let [of, passing, unknown] = [0, 0, 0];
  const passes = scene.ids.map((id, shape) => {
    if (!every && (scene.states[period][shape] === "-" || !S.isInside(scene, shape, scope, period))) return null;
    of += 1;
    const unit = units[shape];
    if (filter.country.length && !filter.country.includes(scene.iso3[shape])) return false;
    if (filter.type.length && !filter.type.includes(unit.typology)) return false;
    if (filter.kind.length && !filter.kind.includes(unit.kind)) return false;
    if (filter.status.length && !filter.status.includes(statusOf(scene, period, shape))) return false;
    if (asked && (asked.is === "any") !== helped.has(id)) return false;
    let missing = wanted.length > 0 && scene.states[period][shape] !== "v";
    if (wanted.length && !missing && !wanted.includes(String(scene.values[period][shape]))) return false;
    for (const read of ranges) {
      const [value, range] = read(shape);
      if (value === null) missing = true;
      else if (!inRange(value, range)) return false;
    }
    if (missing) { unknown += 1; return false; }
    passing += 1;
    return true;
  });
  return { passes, of, passing, unknown };
}

/** Whether conditions ask for figures, so that it matters by which period they are checked. */
export const asksFigures = (filter) => Boolean(filter.value || filter.also.length || filter.programme || filter.status.length || filter.category.length);

/**
 * Which shapes of another map pass, by the places of the first: the same place; where that map has another level, the place
 * in which it lies, or any that lies in it. What has no place on the first map does not pass.
 *
 * @param passes whether each place of the first map passes
 * @param own places of the first map ({id, parent, iso3}), in the same order
 * @param others those of the other map
 */
export function passesElsewhere(passes, own, others) {
  const at = new Map(own.map(({ id }, i) => [id, i]));
  const any = new Set();
  own.forEach(({ parent, iso3 }, i) => { if (passes[i]) any.add(parent).add(iso3); });
  return others.map(({ id, parent, iso3 }) => {
    const same = at.get(id) ?? at.get(parent) ?? at.get(iso3);
    return same === undefined ? any.has(id) : Boolean(passes[same]);
  });
}

/** A frame of which only the places that pass keep their paint and are counted. */
export function filterFrame(frame, passes, { scene, period, scope }, entriesOf = S.entriesOf) {
  const counts = { ...frame.counts };
  const fills = frame.fills.map((fill, shape) => {
    if (passes[shape] !== false) return fill;
    for (const entry of entriesOf(scene, period, shape, scope)) if (counts[entry]) counts[entry] -= 1;
    return fill === null ? null : scene.ground;
  });
  return { ...frame, fills, counts };
}

/** A range in words. */
export function rangeWords(words, lang, { low, high }, decimals, sign) {
  const write = (value) => S.withSign(words, S.number(lang, value, Math.max(decimals, `${value}`.split(".")[1]?.length ?? 0)), sign);
  if (low === null) return S.say(words, "filter.at_most", { v: write(high) });
  if (high === null) return S.say(words, "filter.at_least", { v: write(low) });
  return S.say(words, "filter.between", { low: write(low), high: write(high) });
}

/** Lowest and highest figure of a scene in any period. */
export function extent(scene) {
  const known = scene.values.flat().filter((value) => value !== null);
  return known.length ? [Math.min(...known), Math.max(...known)] : null;
}

let ranges = 0;
/** Two numbers and a slider with two handles; empty is open. */
function rangeControl(atlas, label, range, [least, most], decimals, act) {
  ranges += 1;
  const unit = 10 ** -decimals;
  const round = (value, how) => Number((how(Number((value / unit).toFixed(6))) * unit).toFixed(decimals));
  const [min, max] = [round(least, Math.floor), round(most, Math.ceil)];
  const now = { // a bound at the edge is none
    low: range?.low > min ? range.low : null,
    high: range && range.high !== null && range.high < max ? range.high : null,
  };
  const numbers = {};
  const handles = {};
  const track = el("i", { class: "two-fill" });
  const show = () => {
    const [from, to] = [now.low ?? min, now.high ?? max].map((value) => (Math.min(Math.max(value, min), max) - min) / (max - min || 1));
    track.style.insetInline = `${from * 100}% ${100 - to * 100}%`;
  };
  const tell = later(() => act(now.low === null && now.high === null ? null : { ...now }), 120);
  for (const [side, name, edge] of [["low", "filter.from", min], ["high", "filter.to", max]]) {
    const words = `${label}: ${atlas.say(name)}`;
    numbers[side] = el("input", { type: "number", step: "any", "aria-label": words, placeholder: String(edge), class: "two-number", data: { side } });
    numbers[side].value = now[side] ?? "";
    handles[side] = el("input", { type: "range", min, max, step: unit, "aria-label": words, data: { side } });
    handles[side].value = now[side] ?? edge;
    numbers[side].addEventListener("input", () => {
      const value = numbers[side].value === "" ? null : Number(numbers[side].value);
      const other = side === "low" ? now.high : now.low;
      const crossed = value !== null && other !== null && (side === "low" ? value > other : value < other);
      numbers[side].setAttribute("aria-invalid", String(crossed));
      if (crossed || Number.isNaN(value)) return;
      now[side] = value;
      handles[side].value = value ?? edge;
      show();
      tell();
    });
    handles[side].addEventListener("input", () => {
      const limit = side === "low" ? Number(handles.high.value) : Number(handles.low.value);
      const value = side === "low" ? Math.min(Number(handles.low.value), limit) : Math.max(Number(handles.high.value), limit);
      handles[side].value = value;
      now[side] = value === edge ? null : Number(value.toFixed(decimals));
      numbers[side].value = now[side] ?? "";
      show();
      tell();
    });
  }
  show();
  return el("div", { class: "two", role: "group", "aria-label": label },
    el("div", { class: "two-numbers" },
      el("label", {}, el("span", { text: atlas.say("filter.from") }), numbers.low),
      el("label", {}, el("span", { text: atlas.say("filter.to") }), numbers.high)),
    el("div", { class: "two-track" }, track, handles.low, handles.high));
}

export function install(atlas) {
  const { view, words, lang, say } = atlas;
  let filter = readFilter(view.filter);
  let known = view.filter; // the text that `filter` was read from or written to
  let formerLayer = view.layer;
  let formerVariant = `${view.base ?? ""}${view.measure ?? ""}`;
  let checked = { scene: null, scope: null, place: null, found: [] };
  let programmes = null;
  const scenes = new Map(); // `id.level` => scene, or null if it cannot be had
  const layerOf = (id) => atlas.layers.find((one) => one.id === id);
  const isOn = () => spellFilter(filter) !== null;
  const openCanRange = () => atlas.scene.allows.includes("join") && atlas.scene.mark !== "range" && !atlas.scene.categories;

  // -- what must be there before it can be evaluated --

  async function sceneAt(id, level) {
    const key = `${id}.${level}`;
    if (!scenes.has(key)) {
      const layer = layerOf(id);
      if (!canRange(layer) || !layer.levels.includes(level)) scenes.set(key, null);
      else scenes.set(key, await atlas.fetchJson(atlas.dataAddress(id, level)).catch(() => null));
    }
    return scenes.get(key);
  }

  async function loadProgrammes(level) {
    await readIndex(atlas);
    const start = offered().programmes;
    programmes = start ? await once(atlas, `${start}/${level}.json`) : null;
  }

  async function load() {
    const { level } = atlas.scene;
    const needed = filter.also.map(({ id }) => sceneAt(id, level));
    if (filter.programme) needed.push(loadProgrammes(level));
    await Promise.all(needed);
    if (filterDrop.box.querySelector("[data-pending]")) filterDrop.refresh();
  }

  const others = (level) => Object.fromEntries(filter.also.map(({ id }) => [id, scenes.get(`${id}.${level}`) ?? null]));

  /** What passes in a period of a scene, from memory if it was worked out before. */
  function check(scene, period, scope) {
    const { place } = atlas;
    if (checked.scene !== scene || checked.scope !== scope || checked.place !== place) checked = { scene, scope, place, found: [] };
    return (checked.found[period] ??= evaluate(filter, { ...asked(scene), period, scope }));
  }

  /** What of a scene and of the page conditions are checked with. */
  const asked = (scene) => ({
    scene, units: atlas.units, others: others(scene.level), programmes: programmes?.level === scene.level ? programmes : null,
    isOpen: scene.indicator === view.layer,
  });

  // -- the map, the table, the tip --

  atlas.steps.push((frame, about) => (
    isOn() ? filterFrame(frame, check(about.scene, about.period, about.scope).passes, about, atlas.map.entries) : frame));

  const now = () => check(atlas.scene, atlas.period, atlas.scope);
  const failsNow = (shape) => isOn() && now().passes[shape] === false;
  let everywhere = { checked: null, scene: null, found: [] };
  /**
   * Whether each place of the open layer passes by its figures in the period shown, whatever the scope: what other maps and
   * the charts show, whatever their own period.
   */
  function passesNow() {
    const { scene, period } = atlas;
    if (everywhere.checked !== checked || everywhere.scene !== scene) everywhere = { checked, scene, found: [] };
    return (everywhere.found[period] ??= evaluate(filter, { ...asked(scene), period, scope: S.REGION, every: true }).passes);
  }

  atlas.filter = {
    isOn,
    passesNow,
    /** Ids of the places that pass, wherever they are; null if there is no filter. */
    ids: () => (isOn() ? passesNow().flatMap((passes, shape) => (passes ? [atlas.scene.ids[shape]] : [])) : null),
    /** Which shapes of another map pass; null if there is no filter. */
    elsewhere: (units) => (isOn() ? passesElsewhere(passesNow(), atlas.units, units) : null),
    /** What is said of it where other places or periods are shown than on the first map. */
    sentence: () => say(asksFigures(filter) ? "filter.sentence_figures" : "filter.sentence", {
      list: conditions().filter(({ idle }) => !idle).map(({ text }) => text).join("; "), period: atlas.scene.periods[atlas.period].label,
    }),
    /** Shapes that pass now. */
    passing: () => now().passes.flatMap((passes, shape) => (passes ? [shape] : [])),
    passes: (shape) => !failsNow(shape),
    /** What the line above the map says of it. */
    told: () => (isOn() ? [count.textContent, ...conditions().map(({ text }) => text)] : []),
  };
  atlas.tipParts.push((lines, shape) => { if (failsNow(shape)) lines.push(["quiet", say("filter.fails")]); });
  atlas.rowSteps?.push((rows) => (isOn() ? rows.filter((row) => !failsNow(atlas.indexOf(row.id))) : rows));

  let described = [];
  /** What fills alone do not show: symbols and texts of places that fail are not drawn, and a screen reader hears it. */
  function quieten() {
    const { scene, map, period } = atlas;
    if (scene.mark === "symbol") {
      document.querySelectorAll("#symbols circle").forEach((node) => node.toggleAttribute("hidden", failsNow(Number(node.dataset.unit))));
    }
    if (scene.mark === "range") {
      const written = [...scene.states[period]].flatMap((state, shape) => (state === "v" ? [shape] : []));
      document.querySelectorAll("#texts .figure").forEach((node, i) => node.toggleAttribute("hidden", failsNow(written[i])));
    }
    if (!isOn() && !described.length) return;
    described = map.nodes.map((node, shape) => {
      const fails = failsNow(shape);
      if (fails !== Boolean(described[shape])) {
        if (fails) node.setAttribute("aria-description", say("filter.fails")); else node.removeAttribute("aria-description");
      }
      return fails;
    });
  }

  // -- the line above the map --

  const line = el("section", { id: "filter-line", "aria-label": say("filter.title"), hidden: true });
  const count = el("p", { class: "filter-count" });
  const chips = el("ul", {});
  const everyMap = el("p", { class: "filter-every small", text: say("filter.every_map") });
  line.append(count, chips, everyMap, button(say("filter.clear"), () => change({ ...EMPTY }, true), { class: "link" }));
  document.querySelector("#mapbox").before(line);

  const listText = {
    country: (code) => atlas.countryName(code),
    type: (code) => words[`typology.${code}`] ?? code,
    kind: (code) => atlas.units.find((unit) => unit.kind === code)?.type ?? code,
    status: (code) => statusText(code),
    category: (code) => atlas.scene.categories?.find((one) => String(one.code) === code)?.label ?? code,
  };
  const statusText = (code) => say(`filter.status_${code}`);

  /** Which period of a further layer is asked, in words. */
  function whenOf(scene) {
    const inside = Object.entries(periodsAt(scene, endOf(atlas.scene, atlas.period)))
      .filter(([iso3]) => atlas.scope === S.REGION || iso3 === atlas.scope).map(([, period]) => period).sort((a, b) => a - b);
    if (!inside.length) return say("filter.no_period");
    return [...new Set([inside[0], inside.at(-1)])].map((period) => scene.periods[period].label).join("–");
  }

  /** Text of every condition, and the filter without it. */
  function conditions() {
    const found = [];
    for (const key of LISTS) {
      if (!filter[key].length) continue;
      const text = `${say(`filter.${key}`)}: ${filter[key].map(listText[key]).join(", ")}`;
      const idle = key === "category" && !atlas.scene.categories;
      found.push({ key, text: idle ? `${text} (${say("filter.not_here")})` : text, idle, without: { ...filter, [key]: [] } });
    }
    if (filter.value) {
      const { scene } = atlas;
      const text = openCanRange() ? `${scene.title}: ${rangeWords(words, lang, filter.value, scene.decimals, scene.sign)}`
        : `${say("filter.value")}: ${say("filter.alone")}`;
      found.push({ key: "value", text, idle: !openCanRange(), without: { ...filter, value: null } });
    }
    for (const one of filter.also) {
      const scene = scenes.get(`${one.id}.${atlas.scene.level}`);
      const title = layerOf(one.id)?.menu_title ?? one.id;
      const idle = !scene || !atlas.scene.allows.includes("join");
      const text = idle ? `${title}: ${say(scene ? "filter.alone" : "filter.not_here")}`
        : `${title}: ${rangeWords(words, lang, one, scene.decimals, scene.sign)} (${whenOf(scene)})`;
      found.push({ key: one.id, text, idle, without: { ...filter, also: filter.also.filter((other) => other !== one) } });
    }
    if (filter.programme) {
      const { is, sector } = filter.programme;
      const idle = !programmes || !atlas.scene.allows.includes("join");
      const text = [say(is === "none" ? "filter.programme_none" : "filter.programme_any"), sector && sectorText(sector)].filter(Boolean).join(": ");
      found.push({ key: "programme", text: idle ? `${text} (${say("filter.not_here")})` : text, idle, without: { ...filter, programme: null } });
    }
    return found;
  }

  const sectorText = (sector) => programmes?.sectors.find(({ id }) => id === sector)?.title ?? sector;

  let shownChips = "";
  /** The line above the map: how many pass, and a chip for each condition. */
  function tell() {
    const on = isOn();
    if (line.hidden === on) line.hidden = !on;
    opener.setAttribute("aria-pressed", String(on));
    if (!on) { shownChips = ""; return; }
    const { passing, of, unknown } = now();
    const text = [
      say("filter.count", { n: S.number(lang, passing, 0), of: S.plural(words, lang, "filter.places", of) }),
      unknown ? S.plural(words, lang, "filter.unknown", unknown) : "",
    ].filter(Boolean).join(" ");
    if (count.textContent !== text) count.textContent = text;
    const found = conditions();
    const mark = JSON.stringify(found.map(({ text: one }) => one));
    if (mark === shownChips) return;
    shownChips = mark;
    chips.replaceChildren(...found.map(({ key, text: one, idle, without }) => el("li", { class: idle ? "idle" : null },
      el("span", { text: one }),
      button("×", () => change(without, true), { "aria-label": say("filter.remove", { what: one }), title: say("filter.remove", { what: one }), data: { chip: key } }))));
  }

  // -- changing it --

  let ticket = 0;
  /** Use other conditions: in the address, on the map, in the table. */
  async function change(next, isFromChip = false) {
    filter = next;
    view.filter = spellFilter(filter);
    known = view.filter;
    atlas.address();
    await refresh();
    const { passing, of } = now();
    document.querySelector("#live").textContent = isOn()
      ? say("filter.count", { n: S.number(lang, passing, 0), of: S.plural(words, lang, "filter.places", of) }) : say("filter.off");
    if (isFromChip) (chips.querySelector("button") ?? opener).focus();
  }

  async function refresh() {
    ticket += 1;
    const mine = ticket;
    checked = { scene: null, scope: null, found: [] };
    await load();
    if (mine !== ticket) return;
    checked = { scene: null, scope: null, found: [] };
    atlas.repaint();
    atlas.fillTable();
    atlas.emit("filter");
  }

  // -- the box --

  const set = (changes) => change({ ...filter, ...changes });

  function list(key, codes) {
    if (codes.length < 2 && !filter[key].length) return null;
    return el("fieldset", { class: "filter-list" }, el("legend", { text: say(`filter.${key}`) }),
      codes.map((code) => checkbox(listText[key](code), filter[key].includes(code), (on) => {
        const chosen = on ? [...filter[key], code] : filter[key].filter((one) => one !== code);
        set({ [key]: codes.filter((one) => chosen.includes(one)) });
      }, { value: code, name: `filter-${key}` })));
  }

  const distinct = (values) => [...new Set(values.filter(Boolean))];

  function ofOpenLayer() {
    const { scene } = atlas;
    if (scene.categories) return [list("category", scene.categories.map(({ code }) => String(code)))];
    const reach = extent(scene);
    const heading = el("h3", { text: say("filter.value_of", { title: scene.title, unit: scene.unit }) });
    if (!openCanRange()) return [heading, el("p", { class: "wb-note", text: say("filter.alone") })];
    if (!reach) return [];
    return [heading, rangeControl(atlas, scene.title, filter.value, reach, scene.decimals, (value) => set({ value }))];
  }

  function ofFurther(refill) {
    if (!openCanRange() && !atlas.scene.allows.includes("join")) return [];
    const { level } = atlas.scene;
    const rows = filter.also.map((one) => {
      const scene = scenes.get(`${one.id}.${level}`);
      const title = layerOf(one.id)?.menu_title ?? one.id;
      const remove = button(say("filter.remove_short"), async () => {
        await set({ also: filter.also.filter(({ id }) => id !== one.id) });
        refill("");
      }, { class: "link", "aria-label": say("filter.remove", { what: title }) });
      const head = el("div", { class: "filter-also" }, el("h4", { text: scene ? `${title}, ${scene.unit}` : title }), remove);
      const reach = scene ? extent(scene) : null;
      if (scene === undefined) return el("div", { data: { pending: one.id } }, head);
      if (!reach) return el("div", {}, head, el("p", { class: "wb-note", text: say("filter.not_here") }));
      return el("div", { data: { also: one.id } }, head, rangeControl(atlas, title, one, reach, scene.decimals, (range) => {
        set({ also: filter.also.map((other) => (other.id === one.id ? { id: one.id, ...(range ?? wide(scene)) } : other)) });
      }));
    });
    const free = atlas.layers.filter((layer) => canRange(layer) && layer.menu && layer.levels.includes(level)
      && layer.id !== view.layer && !filter.also.some(({ id }) => id === layer.id));
    const groups = [["", say("filter.add_layer")], ...free.map((layer) => [layer.id, layer.menu_title])];
    const full = filter.also.length >= 4;
    const wanted = choice(groups, "", (id) => { adds.disabled = !id; }, { "aria-label": say("filter.add_layer"), class: "filter-add" });
    const adds = button(say("filter.add"), async () => {
      const id = wanted.value;
      const scene = await sceneAt(id, level);
      if (!scene || !extent(scene)) { atlas.toast(say("filter.not_here")); return; }
      await set({ also: [...filter.also, { id, ...wide(scene) }] });
      refill(id);
    }, { disabled: true });
    return [
      el("h3", { text: say("filter.further") }), ...rows,
      full ? el("p", { class: "wb-note", text: say("filter.full") }) : el("div", { class: "filter-adding" }, wanted, adds),
    ];
  }

  /** The whole range of a layer: a condition that every known figure meets, to be narrowed. */
  const wide = (scene) => {
    const [least, most] = extent(scene);
    return { low: Math.floor(least), high: Math.ceil(most) };
  };

  function ofProgrammes() {
    if (!atlas.scene.allows.includes("join")) return [];
    const node = el("div", {});
    const write = () => {
      const sectors = [["", say("filter.every_sector")], ...(programmes?.sectors ?? []).map(({ id, title }) => [id, title])];
      const is = choice([["", say("filter.programme_either")], ["none", say("filter.programme_none")], ["any", say("filter.programme_any")]],
        filter.programme?.is ?? "", (value) => {
          sector.disabled = !value;
          set({ programme: value ? { is: value, sector: sector.value || null } : null });
        }, { disabled: !programmes });
      const sector = choice(sectors, filter.programme?.sector ?? "", (value) => set({ programme: { ...filter.programme, sector: value || null } }), { disabled: !programmes || !filter.programme });
      node.replaceChildren(el("h3", { text: say("filter.programmes") }), field(say("filter.recorded"), is), field(say("filter.sector"), sector),
        el("p", { class: "wb-note", text: say("filter.programme_note") }));
    };
    write();
    loadProgrammes(atlas.scene.level).then(() => { if (programmes) write(); else node.remove(); }, () => node.remove());
    return [node];
  }

  function fill(box) {
    const { scene, units, scope } = atlas;
    const inside = units.filter((_, shape) => S.isInside(scene, shape, scope, atlas.period));
    const refill = (id) => {
      filterDrop.refresh();
      (box.querySelector(`[data-also="${id}"] input`) ?? box.querySelector(".filter-add") ?? box.querySelector("input"))?.focus();
    };
    const states = new Set(scene.periods.flatMap((_, period) => scene.ids.map((__, shape) => statusOf(scene, period, shape))));
    box.append(
      el("h2", { text: say("filter.title") }),
      el("p", { class: "wb-note", text: say("filter.reach") }),
      ...[
        ...ofOpenLayer(), ...ofFurther(refill), ...ofProgrammes(),
        scope === S.REGION ? list("country", distinct(units.map((unit) => unit.iso3)).filter((iso3) => scene.countries.includes(iso3))) : null,
        list("type", distinct(inside.map((unit) => unit.typology))), list("kind", distinct(inside.map((unit) => unit.kind))),
        list("status", STATUSES.filter((code) => states.has(code))),
      ].filter(Boolean),
      el("div", { class: "wb-row filter-end" },
        button(say("filter.clear"), async () => { await change({ ...EMPTY }); refill(""); }),
        button(say("filter.done"), () => filterDrop.close())),
    );
  }

  const filterDrop = drop(say("filter.open"), fill, { label: say("filter.title"), button: { "aria-pressed": "false", id: "filter-open" } });
  const { opener } = filterDrop;
  filterDrop.box.classList.add("filter-box");
  document.querySelector("#workbar").append(opener);
  atlas.keys.f = () => {
    opener.focus(); // where the focus goes back to
    filterDrop.box.showPopover();
  };
  document.querySelector("#keys ul")?.append(el("li", { text: say("filter.key") }));

  // -- what happens on the page --

  /** A range of the layer that was open becomes a condition on a further layer. */
  function carryOver() {
    const former = layerOf(formerLayer);
    const layer = layerOf(view.layer);
    const { value } = filter;
    const isOther = view.layer !== formerLayer;
    if (!value && !(isOther && filter.category.length)) return;
    const known_ = filter.also.some(({ id }) => id === formerLayer);
    const also = value && canRange(former) && canRange(layer) && !formerVariant && !known_ ? [...filter.also, { id: formerLayer, ...value }] : filter.also;
    filter = { ...filter, value: null, also, category: isOther ? [] : filter.category };
    view.filter = spellFilter(filter);
    known = view.filter;
    atlas.address();
  }

  atlas.on("layer", () => {
    const variant = `${view.base ?? ""}${view.measure ?? ""}`;
    if (view.filter !== known) {
      filter = readFilter(view.filter);
      known = view.filter;
    } else if (view.layer !== formerLayer || variant !== formerVariant) carryOver();
    formerLayer = view.layer;
    formerVariant = variant;
    described = [];
    if (isOn()) refresh();
    filterDrop.refresh();
  });
  atlas.on("address", () => {
    if (view.filter === known) return;
    filter = readFilter(view.filter);
    known = view.filter;
    refresh();
  });
  atlas.on("paint", () => { quieten(); tell(); });
  atlas.on("dress", () => { described = []; });

  tell();
  return isOn() ? refresh() : null;
}
