// Classes: scheme, number, bounds, midpoint and colours of the open layer, and a histogram with the bounds as handles.
import * as S from "../scene.js";
import { PALETTES } from "./palettes.js";
import { button, checkbox, choice, drop, el, field, later, segmented, svgEl } from "./ui.js";

export const SCHEMES = ["quantiles", "fisher_jenks", "equal_interval", "pretty", "head_tail", "std_mean"];
/** Schemes that are told how many classes to make (layers/classify.py). */
const TAKES_K = ["quantiles", "fisher_jenks", "equal_interval", "pretty"];
/** Schemes that can classify the two sides of a midpoint apart (layers/classify.py). */
const HAS_SIDES = ["quantiles", "fisher_jenks", "equal_interval", "user_defined"];
/** Keys of an address that this part writes. */
export const KEYS = ["scheme", "k", "breaks", "mid", "palette", "ramp", "scale"];
const BARS = 32;
const [WIDTH, HEIGHT] = [360, 84];

// -- pure ---------------------------------------------------------------------------------------------------------

/** Figures of a scope: of all dated periods, or of one. Missing and withheld ones are not among them. */
export function valuesOf(scene, scope, only = null) {
  const found = [];
  scene.periods.forEach((stop, period) => {
    if (only === null ? stop.latest : period !== only) return;
    scene.ids.forEach((_, shape) => {
      if (scene.states[period][shape] === "v" && S.isInside(scene, shape, scope, period)) found.push(scene.values[period][shape]);
    });
  });
  return found.filter((value) => typeof value === "number");
}

/** Numbers of figures in bars of one width between low and high, the highest in the last. */
export function histogram(values, low, high, bars = BARS) {
  const counts = new Array(bars).fill(0);
  for (const value of values) {
    const share = high > low ? (value - low) / (high - low) : 0;
    if (share >= 0 && share <= 1) counts[Math.min(bars - 1, Math.floor(share * bars))] += 1;
  }
  return counts;
}

/** Class of a value: a class holds its upper bound; bounds are those between classes, rising. */
export function classAt(bounds, value) {
  const found = bounds.findIndex((bound) => value <= bound);
  return found < 0 ? bounds.length : found;
}

const rounded = (value, decimals) => Number(value.toFixed(decimals));

/** Bounds with one of them moved: never past its neighbours or the ends, rounded as the legend prints it. */
export function moved(bounds, index, value, { low, high, decimals }) {
  const least = 10 ** -decimals;
  const from = index > 0 ? bounds[index - 1] + least : low;
  const to = index + 1 < bounds.length ? bounds[index + 1] - least : high - least;
  const next = rounded(Math.min(Math.max(value, from), Math.max(from, to)), decimals);
  return bounds.map((bound, i) => (i === index ? next : bound));
}

/** How far an arrow key moves a bound: a round share of the whole, not less than the legend can print. */
export function stepOf(low, high, decimals) {
  const wanted = (high - low) / 100;
  const power = wanted > 0 ? 10 ** Math.floor(Math.log10(wanted)) : 0;
  return Math.max(10 ** -decimals, rounded(power, 6));
}

/** Palettes that hold for a number of classes; around a midpoint those of two hues. */
export function offered(allowed, k, hasMid, table = PALETTES) {
  const wanted = hasMid ? Math.max(1, Math.floor(k / 2)) : k;
  return allowed.filter((name) => table[name].diverging === hasMid && table[name].most >= wanted);
}

/** What changes in the address with a choice, so that what it spells goes together. */
export function settled(classing, changes) {
  const next = { ...changes };
  if ("scheme" in next || "k" in next || "mid" in next) next.breaks = null;
  if ("scheme" in next && !HAS_SIDES.includes(next.scheme ?? classing.own.scheme) && classing.mid !== null) {
    Object.assign(next, { mid: null, palette: null });
  }
  if ("scheme" in next && next.scheme === classing.own.scheme) next.scheme = null;
  if ("k" in next) {
    if (classing.scheme === "user_defined") next.scheme = "quantiles";
    next.k = next.k === classing.own.k && !next.scheme ? null : String(next.k);
  }
  if ("breaks" in next && next.breaks) Object.assign(next, { scheme: null, k: null });
  if ("mid" in next) next.palette = null;
  if ("palette" in next && next.palette === classing.own.palette) next.palette = null;
  if ("scale" in next && next.scale === "within") next.scale = null;
  return next;
}

/** The line of the tip that says where a figure stands within its country; null where one scale serves all. */
export function withinLine(scene, words, period, shape, scope, country) {
  const found = scene.scopes[scope];
  const part = found?.within?.[scene.iso3[shape]];
  const digit = S.classOf(scene, period, shape, scope);
  if (!part || digit === null || found.tones) return null;
  const at = part.slots.indexOf(Number(digit));
  return S.say(words, "classes.within", { country, range: part.labels[at], n: at + 1, k: part.labels.length });
}

/** Fills while a bound is being moved: places in a class change their class, all others stay as they are. */
export function previewFills(scene, period, scope, bounds, fills) {
  const found = scene.scopes[scope];
  return fills.map((fill, shape) => {
    if (S.classOf(scene, period, shape, scope) === null || fill !== S.fillOf(scene, period, shape, scope)) return fill;
    const at = classAt(bounds, scene.values[period][shape]);
    return S.isEstimated(scene, period, shape) ? `url(#estimated-${at})` : found.colours[at];
  });
}

// -- the box ------------------------------------------------------------------------------------------------------

/** Add the part to a page. */
export function install(atlas) {
  const { words, lang, view, say } = atlas;
  const write = (value) => S.number(lang, value, atlas.scene.decimals);
  const signed = (value) => S.withSign(words, write(value), atlas.scene.sign);
  let kept = null;

  /** Ask for the layer anew with other classes; the focus stays where it is. */
  const choose = (changes) => {
    const own = settled(atlas.scene.classing, changes);
    return atlas.vary(own, { push: false, wanted: view.period });
  };
  const isOwn = () => KEYS.every((key) => !view[key] || view[key] === "0");

  function schemes(classing) {
    const own = classing.own.breaks.length ? [["user_defined", say("scheme.user_defined")]] : [];
    const set = view.breaks && !own.length ? [["user_defined", say("classes.own_bounds")]] : [];
    const options = [...set, ...own, ...SCHEMES.map((name) => [name, say(`scheme.${name}`), {
      disabled: classing.own.mid !== null && !HAS_SIDES.includes(name),
    }])];
    return field(say("classes.scheme"), choice(options, classing.scheme, (scheme) => {
      if (scheme !== "user_defined") choose({ scheme });
      else if (own.length) choose({ scheme: null, k: null });
    }, { "data-keep": "scheme" }));
  }

  function stepper(classing, colours) {
    const fixed = !TAKES_K.includes(classing.scheme) && classing.scheme !== "user_defined";
    const by = classing.mid === null ? 1 : 2;
    const now = classing.scheme === "user_defined" || fixed ? colours.length : by * Math.floor(classing.k / by);
    const to = (k) => choose({ k: Math.min(Math.max(k, 2), classing.most) });
    const [less, more] = [[-by, "−", "fewer"], [by, "+", "more"]].map(([change, sign, name]) => button(sign, () => to(now + change), {
      class: "cl-step", "aria-label": say(`classes.${name}`), "data-keep": name,
      disabled: fixed || now + change < 2 || now + change > Math.min(classing.most, by === 2 ? 8 : 9),
    }));
    const told = el("output", { "aria-live": "polite", text: String(now) });
    return el("div", {},
      el("div", { class: "wb-field", role: "group", "aria-label": say("classes.number") }, el("span", { text: say("classes.number") }),
        el("span", { class: "cl-stepper" }, less, told, more)),
      fixed ? el("p", { class: "wb-note", text: say("classes.number_found") }) : null,
      !fixed && classing.scheme !== "user_defined" && colours.length < now
        ? el("p", { class: "wb-note", text: say("classes.ties", { k: colours.length }) }) : null);
  }

  function midpoints(classing) {
    if (classing.palettes.length === 1) return el("p", { class: "wb-note", text: say("classes.severe") });
    if (!HAS_SIDES.includes(classing.scheme)) return null;
    const known = ["zero", ...Object.keys(classing.midpoints)];
    const isNumber = view.mid && !["zero", "mean", "norm"].includes(view.mid);
    const none = classing.own.mid === null ? say("classes.mid_none") : say("classes.mid_own", { v: signed(Number(classing.own.mid)) });
    const options = [["", none], ...known.map((kind) => [kind, say(`classes.mid_${kind}`)]), ["number", say("classes.mid_number")]];
    const values = valuesOf(atlas.scene, atlas.scope);
    const typed = el("input", { type: "number", step: "any", class: "cl-number", value: isNumber ? view.mid : "", "aria-label": say("classes.mid_number"), "data-keep": "mid-number" });
    const row = el("div", { class: "wb-field" }, el("span"), typed);
    row.hidden = !isNumber;
    typed.addEventListener("change", () => { if (typed.value !== "" && Math.abs(typed.value) < 1e9) choose({ mid: String(rounded(Number(typed.value), 6)) }); });
    const told = Object.entries(classing.midpoints[view.mid] ?? {})
      .map(([iso3, value]) => say("classes.mid_of", { country: atlas.countryName(iso3), v: signed(value) }));
    return el("div", {}, field(say("classes.mid"), choice(options, isNumber ? "number" : view.mid ?? "", (mid) => {
      if (mid !== "number") { choose({ mid: mid || null }); return; }
      row.hidden = false;
      typed.value = rounded(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length), atlas.scene.decimals);
      typed.focus();
      typed.select();
    }, { "data-keep": "mid" })), row, told.length ? el("p", { class: "wb-note", text: `${say(`classes.mid_${view.mid}_note`)} ${told.join("; ")}` }) : null);
  }

  function palettes(classing, shown) {
    const hasMid = shown.below !== undefined || Object.values(shown.within ?? {}).some((part) => part.below !== undefined);
    const k = classing.ramp ? 2 : shown.colours.length;
    const names = offered(classing.palettes, hasMid && !classing.ramp ? 2 * sides(shown) : k, hasMid);
    if (!names.includes(shown.palette)) names.unshift(shown.palette);
    const list = el("div", { class: "cl-palettes", role: "radiogroup", "aria-label": say("classes.colours") });
    for (const name of names) {
      const { grey, anchors } = PALETTES[name];
      const holdsGrey = !hasMid && k <= grey && !(classing.ramp && grey === 0);
      const input = el("input", { type: "radio", name: "cl-palette", value: name, "data-keep": `palette-${name}` });
      input.checked = name === shown.palette;
      input.addEventListener("change", () => choose({ palette: name }));
      const strip = el("span", { class: "cl-strip", "aria-hidden": "true" });
      if (classing.ramp) strip.style.background = `linear-gradient(to right, ${anchors.join(",")})`;
      else swatches(name, shown, hasMid).forEach((colour) => strip.append(el("i", { style: `background:${colour}` })));
      list.append(el("label", { class: "cl-palette" }, input, strip, el("span", {}, el("b", { text: say(`palette.${name}`) }), holdsGrey ? el("small", { text: say("palette.holds_grey") }) : null)));
    }
    const isHeld = PALETTES[shown.palette].most >= (hasMid ? sides(shown) : k);
    return el("div", {}, el("h3", { text: say("classes.colours") }), list, el("p", { class: "wb-note", text: say(isHeld ? "palette.holds" : "palette.holds_not") }));
  }

  function scales(classing) {
    if (atlas.scope !== S.REGION || atlas.scene.countries.length < 2) return null;
    if (classing.scales.length < 2) {
      const why = classing.scheme === "user_defined" ? "classes.scale_bounds" : classing.scales[0] === "within" ? "classes.scale_mid" : null;
      return why ? el("p", { class: "wb-note", text: say(why) }) : null;
    }
    const row = segmented(say("classes.scale"), [["within", say("classes.scale_within")], ["across", say("classes.scale_across")]], classing.scale,
      (scale) => choose({ scale }));
    row.querySelectorAll("button").forEach((one) => { one.dataset.keep = `scale-${one.dataset.key}`; });
    return el("div", {}, el("h3", { text: say("classes.scale") }), row,
      el("p", { class: "wb-note", text: classing.scale === "across" ? say("head.comparability") : say("classes.scale_within_note") }));
  }

  // -- the histogram --

  function bars(all, now, low, high) {
    const [whole, part] = [histogram(all, low, high), histogram(now, low, high)];
    const most = Math.max(1, ...whole);
    const wide = WIDTH / whole.length;
    const bar = (n, i, name) => svgEl("rect", { class: name, x: (i * wide + 0.5).toFixed(1), y: (HEIGHT - (n / most) * HEIGHT).toFixed(1), width: (wide - 1).toFixed(1), height: ((n / most) * HEIGHT).toFixed(1) });
    return svgEl("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      whole.map((n, i) => bar(n, i, "cl-all")), part.map((n, i) => bar(n, i, "cl-now")));
  }

  function bounds(classing, shown) {
    const { scene, scope, period } = atlas;
    const [all, now] = [valuesOf(scene, scope), valuesOf(scene, scope, period)];
    if (!all.length) return null;
    const [low, high] = [Math.min(shown.low, ...all), Math.max(...all, ...shown.bins)];
    const limits = { low, high, decimals: scene.decimals };
    const step = stepOf(low, high, scene.decimals);
    const share = (value) => (high > low ? (value - low) / (high - low) : 0.5);
    const chart = el("div", { class: "cl-chart" }, bars(all, now, low, high));
    const ends = el("p", { class: "cl-ends" }, el("span", { text: signed(low) }), el("span", { text: signed(high) }));
    const caption = el("p", { class: "wb-note", text: say("classes.histogram", { n: S.number(lang, all.length, 0), now: S.number(lang, now.length, 0), period: scene.periods[period].label }) });
    const head = [el("h3", { text: say("classes.bounds") }), chart, ends, caption];
    const strip = (edges, colours) => edges.slice(0, -1).map((edge, i) => el("i", { style: `left:${(share(edge) * 100).toFixed(2)}%;width:${(Math.max(0, share(edges[i + 1]) - share(edge)) * 100).toFixed(2)}%;background:${colours[i]}` }));
    if (classing.ramp || shown.within || shown.bins.length < 2) {
      const why = classing.ramp ? "classes.no_bounds_ramp" : shown.within ? "classes.no_bounds_within" : "classes.no_bounds_one";
      return el("div", {}, head, el("p", { class: "wb-note", text: say(why) }));
    }
    let now_ = shown.bins.slice(0, -1);
    const colours = el("div", { class: "cl-colours", "aria-hidden": "true" });
    const inputs = [];
    const handles = [];
    const list = el("div", { class: "cl-list", role: "group", "aria-label": say("classes.bounds") });

    const draw = () => {
      colours.replaceChildren(...strip([low, ...now_, high], shown.colours));
      handles.forEach((node, i) => {
        node.style.left = `${(share(now_[i]) * 100).toFixed(2)}%`;
        const of = (edge) => moved(now_, i, edge, limits)[i];
        for (const [name, value] of [["valuemin", of(low)], ["valuemax", of(high)], ["valuenow", now_[i]]]) node.setAttribute(`aria-${name}`, value);
        node.setAttribute("aria-valuetext", signed(now_[i]));
        inputs[i].value = now_[i];
      });
    };
    const preview = () => {
      draw();
      atlas.map.paint(scene, atlas.units, period, scope, previewFills(scene, period, scope, now_, atlas.frame(period).fills));
    };
    const commit = () => {
      const next = now_.map(String).join(",");
      if (next !== shown.bins.slice(0, -1).map(String).join(",")) choose({ breaks: next });
      else atlas.repaint();
    };
    const soon = later(commit, 600);
    const move = (i, value) => {
      now_ = moved(now_, i, value, limits);
      preview();
    };

    now_.forEach((bound, i) => {
      const label = say("classes.bound", { n: i + 1, of: now_.length });
      const handle = el("div", { class: "cl-handle", role: "slider", tabindex: "0", "aria-label": label, "aria-orientation": "horizontal", "data-keep": `bound-${i}`, style: `--row:${i % 3}` });
      handle.addEventListener("keydown", (event) => {
        const by = { ArrowRight: step, ArrowUp: step, ArrowLeft: -step, ArrowDown: -step, PageUp: step * 10, PageDown: -step * 10 }[event.key];
        const to = { Home: low, End: high }[event.key];
        if (by === undefined && to === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        move(i, to ?? now_[i] + by);
        soon();
      });
      handle.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        handle.focus();
        handle.setPointerCapture(event.pointerId);
      });
      handle.addEventListener("pointermove", (event) => {
        if (!handle.hasPointerCapture(event.pointerId)) return;
        const frame = chart.getBoundingClientRect();
        move(i, low + ((event.clientX - frame.left) / frame.width) * (high - low));
      });
      handle.addEventListener("pointerup", (event) => {
        handle.releasePointerCapture(event.pointerId);
        commit();
      });
      handle.addEventListener("pointercancel", commit);
      const input = el("input", { type: "number", step: "any", class: "cl-number", "aria-label": label, "data-keep": `number-${i}` });
      input.addEventListener("change", () => {
        if (input.value !== "") move(i, Number(input.value));
        commit();
      });
      const [less, more] = [[-step, "−", "lower"], [step, "+", "higher"]].map(([by, sign, name]) => button(sign, () => { move(i, now_[i] + by); soon(); }, {
        class: "cl-step", "aria-label": `${label}: ${say(`classes.${name}`)}`, "data-keep": `${name}-${i}`,
      }));
      handles.push(handle);
      inputs.push(input);
      list.append(el("div", { class: "cl-row" }, less, input, more));
    });
    chart.append(colours, ...handles);
    chart.classList.add("has-handles");
    chart.style.setProperty("--rows", Math.min(3, handles.length));
    draw();
    return el("div", {}, head, list);
  }

  function fill(box) {
    const { scene, scope } = atlas;
    const { classing } = scene;
    const shown = scene.scopes[scope];
    box.append(el("h2", { text: say("classes.title") }));
    if (!classing || !shown) {
      box.append(el("p", { text: say(scene.mark === "symbol" ? "classes.not_circles" : scene.mark === "range" ? "classes.not_claims" : scene.categories ? "classes.not_categories" : "classes.not_empty") }));
      return;
    }
    const ramp = checkbox(say("classes.ramp"), classing.ramp, (on) => choose({ ramp: on ? "1" : null }), { "data-keep": "ramp" });
    const back = button(say("classes.back"), () => atlas.vary(Object.fromEntries(KEYS.map((key) => [key, null])), { push: false, wanted: view.period }), {
      class: "cl-back", disabled: isOwn(), "data-keep": "back",
    });
    const parts = [classing.ramp ? null : schemes(classing), classing.ramp ? null : stepper(classing, shown.colours), midpoints(classing), ramp, palettes(classing, shown), scales(classing), bounds(classing, shown), back];
    box.append(...parts.filter(Boolean));
  }

  const part = drop(say("classes.title"), (box) => fill(box));
  part.box.classList.add("cl-box");
  document.getElementById("workbar").append(part.opener);
  part.box.addEventListener("focusin", (event) => { kept = event.target.dataset?.keep ?? kept; });

  /** Write the box anew; the focus and the place in the box stay. */
  function refresh() {
    if (!part.isOpen()) return;
    const held = part.box.contains(document.activeElement) || document.activeElement === document.body;
    const at = part.box.scrollTop;
    part.refresh();
    part.box.scrollTop = at;
    if (held && kept) part.box.querySelector(`[data-keep="${kept}"]`)?.focus({ preventScroll: true });
  }
  atlas.on("layer", refresh);
  atlas.on("dress", refresh);
  atlas.on("settled", refresh);
  atlas.tipParts.push((lines, shape) => {
    const { scene, period, scope } = atlas;
    const line = withinLine(scene, words, period, shape, scope, atlas.countryName(scene.iso3[shape]));
    const source = lines.findIndex(([name]) => name === "tip-source");
    if (line) lines.splice(source < 0 ? lines.length : source, 0, ["", line]);
  });
}

/** The most classes on a side of the midpoint. */
function sides(shown) {
  const parts = shown.within ? Object.values(shown.within) : [shown];
  return Math.max(1, ...parts.map((part) => Math.max(part.below ?? 0, part.labels.length - (part.below ?? 0))));
}

function swatches(name, shown, hasMid) {
  const { colours, low, high } = PALETTES[name];
  if (!hasMid) return name === shown.palette ? shown.colours : colours[shown.colours.length] ?? colours[2];
  const n = sides(shown);
  return [...low[n], ...high[n]];
}
