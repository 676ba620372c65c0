// The page: one view, one scene; everything that a reader does changes the view, the view changes what is shown.
import * as S from "./scene.js";
import { MapView, bindGestures } from "./map.js";
import { Timeline } from "./timeline.js";
import { Tip, tipLines } from "./tip.js";
import { offer, startDash, setProps, loadLate, dashReady } from "./dash.js";

const $ = (selector, root = document) => root.querySelector(selector);
const boot = JSON.parse($("#boot").textContent);
const { words } = boot;
const lang = document.documentElement.lang;
S.useSigns(lang, boot.separators);
const view = boot.view;
let { scene, units } = boot;
let scope = boot.scope;
let period = boot.period;
let place = scene.place ?? null; // what is looked into
let pointed = null;
let currentMap = scene.map;

const map = new MapView({ svg: $("#map"), geometry: boot.geometry, names: boot.names, words });
const tip = new Tip($("#tip"));
const timeline = new Timeline({ box: $("#time"), words, onChange: showPeriod });

const EVERYWHERE = "all";
const PAUSE = 60; // ms between two steps that are one movement
const say = (key, fields) => S.say(words, key, fields);
const indexOf = (id) => (id ? scene.ids.indexOf(id) : -1);
const onlyCountry = (one) => (one.countries.length === 1 ? one.countries[0] : S.REGION);
const scopeOf = (country, one) => place?.iso3 ?? (country === EVERYWHERE ? S.REGION : country || onlyCountry(one));
const fit = () => map.fit(scope, place?.box);

const listeners = new Map();
/** Parts of the workbench (assets/late) listen to what happens on the page. */
function on(name, act) {
  listeners.set(name, [...(listeners.get(name) ?? []), act]);
}
function emit(name, ...args) {
  (listeners.get(name) ?? []).forEach((act) => act(...args));
}

// -- what is shown ------------------------------------------------------------------------------------------------

/** Write a text only where it differs: a step of the slider must not lay out the page anew. */
function write(node, text) {
  if (node.textContent === text) return;
  const { firstChild, lastChild } = node;
  if (firstChild?.nodeType === Node.TEXT_NODE && firstChild === lastChild) firstChild.data = text; // a new node is laid out anew
  else node.textContent = text;
}

function bind(name, text) {
  document.querySelectorAll(`[data-bind=${name}]`).forEach((node) => write(node, text));
}

let frames = { scene: null, scope: null, found: [] };
/** What parts of the workbench make of a frame, one after the other: (frame, {scene, period, scope}) => frame. */
const steps = [];
/** What a period shows, from memory if it was worked out before. */
function frame(index) {
  if (frames.scene !== scene || frames.scope !== scope || frames.place !== place) {
    frames = { scene, scope, place, found: [] };
    prepare(0);
  }
  return (frames.found[index] ??= steps.reduce(
    (made, step) => step(made, { scene, period: index, scope }), S.frameOf(scene, words, index, scope),
  ));
}

/** Work out anew what is shown, because a step makes something else of it, and paint it. */
function repaint() {
  frames = { scene: null, scope: null, found: [] };
  paint();
}

const whenIdle = window.requestIdleCallback ?? ((act) => setTimeout(act, 50));
/** Work out the other periods while nothing happens, so that a step only paints. */
function prepare(index) {
  const { found } = frames;
  whenIdle(() => {
    if (frames.found !== found || index >= scene.periods.length) return;
    frame(index);
    prepare(index + 1);
  });
}

/** Size of the bar of a legend entry; a background, because a transform of its own would have all of the page composited anew. */
const barSize = (n, most) => `${((100 * n) / most).toFixed(1)}% 100%`;

function legendNow() {
  const { counts } = frame(period);
  const rows = [...document.querySelectorAll("#legend [data-entry]")];
  const most = Math.max(1, ...rows.map((row) => counts[row.dataset.entry] ?? 0));
  rows.forEach((row) => {
    const n = counts[row.dataset.entry] ?? 0;
    write($(".lg-n", row), S.number(lang, n, 0));
    const bar = $(".lg-bar i", row);
    if (bar) bar.style.backgroundSize = barSize(n, most);
    const pressed = String(view.kept === row.dataset.entry);
    if (row.getAttribute("aria-pressed") !== pressed) row.setAttribute("aria-pressed", pressed);
    if (row.closest(".lg-states") && row.parentElement.hidden !== (n === 0)) row.parentElement.hidden = n === 0;
  });
  return counts;
}

const countryName = (iso3) => boot.names[iso3] ?? iso3;

/** The line that says what the colours compare, or that the country in focus has no figures. */
function scaleText() {
  const country = countryName(scope);
  if (scope !== S.REGION && !scene.countries.includes(scope)) {
    return say("head.uncovered", { country, list: scene.countries.map(countryName).join(", ") });
  }
  if (scene.mark === "range") return say("head.claims");
  if (scene.place) return S.insideText(scene, words, country, period);
  if (scene.categories) return say("head.categories");
  if (scope !== S.REGION) return say("head.scope_country", { country });
  if (scene.scopes[scope]?.within) return say("head.scope_within");
  return `${say("head.scope_region")}. ${say("head.comparability")}`;
}

const periodText = ({ latest, span, label }) => (latest ? say("period.latest_long") : span ?? label);

let describing;
/** While many places are shown in pixels, period first; what counts them follows when the steps pause. */
function describeSoon() {
  clearTimeout(describing);
  bind("period", periodText(scene.periods[period]));
  describing = setTimeout(describe, PAUSE);
}

function describe() {
  clearTimeout(describing);
  const stop = scene.periods[period];
  const counts = legendNow();
  const withValue = counts.v ?? 0;
  const of = ["v", "n", "a", "x", "s"].reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  bind("period", periodText(stop));
  const told = { with: S.number(lang, withValue, 0), of: S.number(lang, of, 0) };
  bind("coverage", counts.s ? say("head.coverage_withheld", { ...told, withheld: S.number(lang, counts.s, 0) }) : say("head.coverage", told));
  bind("scope", scaleText());
  bind("sources", frame(period).source);
}

function paint(isStep = false) {
  if (boot.second) { // what the server drew of two layers stays until something else is painted
    boot.second = false;
    map.part("second").replaceChildren();
    dress();
  }
  map.paint(scene, units, period, scope, frame(period).fills, isStep);
  map.single(scene, period, scope, view.kept);
  map.mark("selected", view.unit ? indexOf(view.unit) : null);
  if (isStep && map.behind) describeSoon(); else describe();
  emit("paint", frame(period));
  if (pointed !== null) point(pointed.shape, pointed.anchor);
}

function showPeriod(next, settled) {
  if (next !== period) {
    period = next;
    view.period = scene.periods[period].id;
    stepping();
    paint(true);
  }
  if (settled) unsaved = S.queryOf(view);
  if (settled) soon(() => {
    address();
    const stop = scene.periods[period];
    write($("#live"), say("time.fullness", { label: stop.label, with: stop.with, of: stop.of }));
  });
  if (settled) {
    fillTable();
    emit("settled");
  }
}

let rest;
/** While steps follow one another, what lies above the fills is kept apart, so that a step need not draw it anew. */
function stepping() {
  if (!rest) document.body.classList.add("stepping");
  clearTimeout(rest);
  const end = () => {
    if (map.isGliding) { rest = setTimeout(end, 300); return; } // the map moves: what would be drawn anew is drawn when it rests
    rest = null;
    map.rest();
    document.body.classList.remove("stepping");
  };
  rest = setTimeout(end, 1500);
}

let waiting;
let unsaved = null;
/** Address and announcement follow when the reader pauses: both cost more than the step itself. */
function soon(act) {
  clearTimeout(waiting);
  waiting = setTimeout(act, 250);
}

/** Everything that depends on layer or scope. */
function dress() {
  map.dress(scene, scope);
  const legend = scene.html.legend[scope];
  write($("#headline"), scene.headline);
  document.title = `${scene.headline} · ${document.title.split(" · ").pop()}`;
  $("#legend").innerHTML = legend ?? scene.html.legend[S.REGION];
  if (legend === undefined) $("#legend ol")?.remove(); // a country without figures has states, no classes
  $("#country").value = scope;
  document.querySelectorAll("[data-layer]").forEach((node) => {
    if (node.dataset.layer === scene.indicator) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
  });
  emit("dress");
}

let shownSearch = location.search;
function address(push = false) {
  clearTimeout(waiting);
  if (push && unsaved) history.replaceState(null, "", `/${unsaved}`); // what is left behind can be returned to
  unsaved = null;
  const query = S.queryOf(view);
  if (query !== location.search || location.pathname !== "/") {
    history[push ? "pushState" : "replaceState"](null, "", `/${query}`);
  }
  shownSearch = location.search;
  document.querySelectorAll("a.lang").forEach((link) => { link.href = S.queryOf({ ...view, lang: link.hreflang }); });
  askPanel();
}

let panelAsked = "null";
/** Tell Dash which place the panel speaks of; the period is marked in the browser. */
function askPanel() {
  const { dataset, layer, level, unit } = view;
  const data = unit ? { dataset, layer, level, unit, lang, variant: S.variantOf(view) } : null;
  if (JSON.stringify(data) !== panelAsked) {
    panelAsked = JSON.stringify(data);
    setProps("panel-ask", { data });
  }
  map.align(Boolean(unit) || state.contains("beside"));
  markPeriod();
}

function markPeriod() {
  const now = scene.periods[view.unit && indexOf(view.unit) >= 0 ? S.ownPeriod(scene, period, indexOf(view.unit)) : period]?.id;
  document.querySelectorAll("#panel [data-period]").forEach((row) => row.classList.toggle("now", row.dataset.period === now));
}

// -- what changes it ----------------------------------------------------------------------------------------------

async function fetchJson(url, options = {}) {
  const answer = await fetch(url, options);
  if (answer.status === 401) location.reload(); // the session has ended: the page asks to sign in and comes back here
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.json();
}

function notice(text) {
  const node = $("#notice");
  $("p", node).textContent = text;
  node.hidden = !text;
}

/** Address of a layer's data: of the layer as its catalog shows it, or of a variant. */
function dataAddress(layer, level, variant = {}) {
  const query = new URLSearchParams(variant).toString();
  return `${boot.data}/${layer}.${level}.json${query ? `?${query}` : ""}`;
}

/** Another variant of the layer that is open: other classes, another group, changes since a period. */
function vary(changes, options = {}) {
  Object.assign(view, changes);
  return openLayer(view.layer, view.level, options);
}

const CARRIED = ["upto", "scale"]; // what a reader wants of every layer; the rest of a variant is the layer's own

const places = new Map();
/** What must be known of a place to look into it; null for none. */
async function placeOf(id) {
  if (!id) return null;
  if (!places.has(id)) places.set(id, await fetchJson(`${boot.places}?${new URLSearchParams({ id })}`));
  return places.get(id);
}

let asked = 0;
/** Open a layer; the former map stays, dimmed, until the new one is there. */
async function openLayer(layer, level, { push = true, wanted = null, group = {} } = {}) {
  const ticket = ++asked;
  if (layer !== view.layer && push) {
    for (const key of S.VARIANT) if (!CARRIED.includes(key)) view[key] = group[key] ?? null;
    if (!atlas.layers?.find((one) => one.id === layer)?.allows.includes("trend")) view.upto = null;
    if (place) level = S.levelInside(place.levels[layer] ?? [], S.below(place.level)) ?? level;
  }
  const title = $(`[data-layer="${layer}"] span`)?.textContent ?? layer;
  $("#busy").textContent = say("map.loading", { title });
  $("#busy").hidden = false;
  $("#mapbox").classList.add("waiting");
  try {
    const next = await fetchJson(dataAddress(layer, level, S.variantOf(view)));
    const [geometry, names] = next.map === currentMap
      ? [null, null] : await Promise.all([fetchJson(next.map), fetchJson(next.units)]);
    const entered = await placeOf(view.inside);
    if (ticket !== asked) return false;
    const before = scene.periods[period];
    scene = next;
    if (geometry) {
      map.rebuild(geometry, boot.names);
      units = names;
      currentMap = next.map;
      if (indexOf(view.unit) < 0) view.unit = null;
      if (scope === S.REGION) map.fit(null);
    }
    const ids = scene.periods.map((p) => p.id);
    const id = wanted ?? (before && !before.latest ? before.id : null);
    period = ids.includes(id) ? ids.indexOf(id) : scene.default;
    Object.assign(view, { layer, level, period: ids[period] ?? null, kept: null });
    const former = [scope, place?.id];
    place = entered;
    S.narrow(scene, place);
    scope = scopeOf(view.country, scene);
    if (scope !== former[0] || place?.id !== former[1]) {
      if (push) view.view = null;
      fit();
    }
    pointed = null;
    tip.hide();
    $("#head").innerHTML = scene.html.head;
    $("#time").innerHTML = scene.html.time;
    $("#foot-scene").innerHTML = scene.html.foot;
    dress();
    timeline.load(scene, period);
    paint();
    rove(indexOf(view.unit));
    fillTable();
    address(push);
    $("#live").textContent = scene.headline;
    notice("");
    emit("layer");
    return true;
  } catch (error) {
    console.warn(error.message);
    if (ticket === asked) notice(say("notice.offline"));
    return false;
  } finally {
    if (ticket === asked) {
      $("#busy").hidden = true;
      $("#mapbox").classList.remove("waiting");
    }
  }
}

function focusCountry(country) {
  place = null;
  S.narrow(scene, null);
  view.inside = null;
  view.country = country;
  view.view = null;
  view.kept = null;
  scope = scopeOf(country, scene);
  map.fit(scope);
  dress();
  paint();
  address(true);
  fillTable();
}

function select(id, { push = true } = {}) {
  const former = indexOf(view.unit);
  view.unit = id;
  const shape = indexOf(id);
  if (!id && former >= 0 && $("#panel")?.contains(document.activeElement)) map.nodes[former].focus(); // it is not lost with the panel
  map.mark("selected", shape < 0 ? null : shape);
  map.nodes.forEach((node, i) => node.setAttribute("aria-selected", String(i === shape)));
  rove(shape);
  emit("select", shape);
  address(push);
  if (id && !$("#panel")) { $("#busy").textContent = say("map.loading", { title: units[shape]?.name ?? "" }); $("#busy").hidden = false; dashReady.then(() => { $("#busy").hidden = true; }); }
  markRow();
}

function keep(entry) {
  view.kept = view.kept === entry ? null : entry;
  map.single(scene, period, scope, view.kept);
  legendNow();
  address();
}

// -- pointing -----------------------------------------------------------------------------------------------------

function point(shape, anchor) {
  pointed = { shape, anchor };
  map.mark("hover", shape);
  if (map.hidden[shape]) { tip.hide(); return; }
  const lines = tipLines(scene, words, units[shape], period, shape);
  for (const more of tipParts) more(lines, shape);
  tip.show(lines, anchor, shape);
  emit("point", shape, anchor);
}

/** What parts of the workbench add to the lines of the tip: (lines, shape) => void. */
const tipParts = [];

function unpoint() {
  pointed = null;
  map.mark("hover", null);
  tip.hide();
  tip.dismissed = null;
  emit("point", null);
}

const shapeAt = (target) => {
  const node = target.closest?.("#shapes > *");
  if (node) return Number(node.id.slice(1));
  const symbol = target.closest?.("#symbols > *");
  return symbol ? Number(symbol.dataset.unit) : null;
};
const besides = (node) => {
  const { left, top, right, bottom } = node.getBoundingClientRect();
  return { x: left, y: top, right, bottom };
};

/** Exactly one shape can be reached with Tab; the arrows move from it. */
function rove(shape) {
  const drawn = map.nodes.findIndex((_, i) => map.isDrawn(i) && S.isInside(scene, i, scope, period));
  const target = shape >= 0 && map.isDrawn(shape) ? shape : drawn;
  map.nodes.forEach((node, i) => node.setAttribute("tabindex", i === target ? "0" : "-1"));
}

/** The next place in the order of the list: arrows alone do not reach a place that lies inside another. */
function following(shape, step) {
  const shown = [...map.nodes.keys()].filter((i) => map.isDrawn(i) && S.isInside(scene, i, scope, period));
  return shown.at((shown.indexOf(shape) + step) % shown.length);
}

function bindMap() {
  const { svg } = map;
  bindGestures(map);
  svg.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const shape = shapeAt(event.target);
    if (shape === null) { if (pointed) unpoint(); return; }
    point(shape, { x: event.clientX, y: event.clientY });
  });
  svg.addEventListener("pointerleave", unpoint);
  svg.addEventListener("click", (event) => {
    const shape = shapeAt(event.target);
    if (event.detail > 1 && view.unit) emit("enter", view.unit); // the panel may have moved the map since the first click
    else if (shape !== null) select(scene.ids[shape]);
  });
  const box = $("#mapbox"); // a group of shapes with such listeners would itself be a stop of the Tab key
  box.addEventListener("focusin", (event) => {
    const shape = shapeAt(event.target);
    if (shape !== null && event.target.matches(":focus-visible")) point(shape, besides(event.target));
  });
  box.addEventListener("focusout", (event) => { if (shapeAt(event.target) !== null) unpoint(); });
  map.group.addEventListener("keydown", (event) => {
    const shape = shapeAt(event.target);
    if (shape === null) return;
    if (event.key === "Enter") {
      if (scene.ids[shape] === view.unit && units[shape].opens) emit("enter", view.unit); else select(scene.ids[shape]);
      event.preventDefault();
      return;
    }
    const page = { PageDown: 1, PageUp: -1 }[event.key];
    const next = page ? following(shape, page) : S.neighbour(map.geometry.shapes, shape, event.key, (i) => map.isDrawn(i) && (!place || S.isInside(scene, i, scope, period)));
    if (page || event.key.startsWith("Arrow")) { event.preventDefault(); event.stopPropagation(); }
    if (next === null) return;
    rove(next);
    map.nodes[next].focus();
  });
  let settle;
  map.onView = () => {
    if (pointed) unpoint();
    view.view = map.position;
    emit("view");
    clearTimeout(settle);
    settle = setTimeout(() => address(), 250);
  };
}

// -- table --------------------------------------------------------------------------------------------------------

/** What parts of the workbench make of the rows of the table: (rows) => rows. */
const rowSteps = [];

let tablePart;
/** The table needs Dash, so its script comes when it is first opened. */
const table = () => (tablePart ??= import("./late/table.js").then(({ makeTable }) => makeTable(atlas, rowSteps)));
const fillTable = () => { if (view.table && document.documentElement.dataset.app === "ready") table().then(({ fill }) => fill()); };
const markRow = () => { if (view.table && tablePart) table().then(({ mark }) => mark()); };

function appears(selector) {
  return new Promise((resolve) => {
    const watch = new MutationObserver(check);
    function check() {
      if (!$(selector)) return;
      watch.disconnect();
      resolve();
    }
    watch.observe(document.body, { childList: true, subtree: true });
    check();
  });
}

/** What of the page is open, for styles: rules that look it up (:has) would be asked anew at every step. */
const state = document.documentElement.classList;
function sheet(name, open) {
  const { classList } = document.body;
  classList.toggle(`${name}-open`, open);
  state.toggle("sheet-open", classList.contains("table-open") || classList.contains("charts-open"));
}

async function toggleTable(open) {
  if (!open && $("#drawer")?.contains(document.activeElement)) $("[data-open=table]").focus(); // it is not lost with the drawer
  view.table = open;
  sheet("table", open);
  $("[data-open=table]").setAttribute("aria-pressed", String(open));
  emit("drawer", open);
  if (open) await (await table()).open();
  address();
}

/** Called by Dash when the grid has been drawn. */
async function gridDrawn() {
  await (await table()).drawn();
  return window.dash_clientside.no_update;
}

// -- the rest of the page -----------------------------------------------------------------------------------------

function openPart(name, open = true) {
  if (name === "table") toggleTable(open && !(view.table && open));
  else if (name === "method" && !open) setProps("method", { is_open: false });
  else if (name === "method") setProps("method-ask", { data: { dataset: view.dataset, layer: view.layer, level: view.level, lang, variant: S.variantOf(view), at: Date.now() } });
  else if (name === "keys") { if (open) $("#keys").showModal(); else $("#keys").close(); }
  else if (name === "menu") {
    document.body.classList.toggle("menu-open", open);
    $("[data-open=menu]").setAttribute("aria-expanded", String(open));
    if (open) $("#find").focus();
  } else if (name === "notice") notice("");
}

/** Say something in passing, over the map. */
function toast(text) {
  const node = $("#busy");
  node.textContent = text;
  node.hidden = false;
  setTimeout(() => { if (node.textContent === text) node.hidden = true; }, 2500);
}

async function copyLink() {
  try {
    address();
    await navigator.clipboard.writeText(location.href);
    $("#live").textContent = say("share.copied");
    toast(say("share.copied"));
  } catch {
    notice(say("share.failed"));
  }
}

function present(on = !document.body.classList.contains("present")) {
  document.body.classList.toggle("present", on);
  view.present = on;
  address();
  emit("present", on);
}

/** Keys of parts of the workbench: key => act. */
const keys = {};
const actions = {
  copy: copyLink,
  print: () => window.print(),
  present: () => present(true),
  leave: () => present(false),
};

function findLayers(text) {
  const wanted = text.trim().toLocaleLowerCase(lang).split(/\s+/).filter(Boolean);
  let found = 0;
  document.querySelectorAll(".driver").forEach((group) => {
    let inGroup = 0;
    group.querySelectorAll("li").forEach((item) => {
      const fits = wanted.every((word) => item.dataset.text.includes(word));
      item.hidden = !fits;
      inGroup += fits ? 1 : 0;
    });
    group.hidden = inGroup === 0;
    if (wanted.length) { group.dataset.was ??= String(group.open); group.open = inGroup > 0; }
    else if (group.dataset.was) { group.open = group.dataset.was === "true"; delete group.dataset.was; }
    found += inGroup;
  });
  $("#find-none").hidden = found > 0;
}

function bindPage() {
  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("button, a") ? null : event.target.closest("#top details"));
    const node = event.target.closest("[data-layer], [data-level], [data-open], [data-close], [data-do], [data-entry], [data-zoom], [data-pan], [data-country]");
    if (!node) return;
    const { layer, level, open, close, do: action, entry, zoom, pan, country } = node.dataset;
    if (layer) {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      openPart("menu", false);
      openLayer(layer, level);
    } else if (level) openLayer(view.layer, level);
    else if (open) openPart(open);
    else if (close === "panel") select(null);
    else if (close) openPart(close, false);
    else if (action) actions[action]?.(node);
    else if (entry) keep(entry);
    else if (zoom === "reset") { fit(); view.view = null; address(); }
    else if (zoom) map.zoom(zoom === "in" ? 1.5 : 1 / 1.5);
    else if (pan) map.pan(...{ left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }[pan]);
    else if (country) focusCountry(country);
  });
  const legend = $("#legend");
  const peek = (event) => {
    const row = event.target.closest("[data-entry]");
    map.single(scene, period, scope, row ? row.dataset.entry : view.kept);
  };
  legend.addEventListener("pointerover", peek);
  legend.addEventListener("focusin", peek);
  for (const kind of ["pointerleave", "focusout"]) {
    legend.addEventListener(kind, () => map.single(scene, period, scope, view.kept));
  }
  $("#country").addEventListener("change", (event) => focusCountry(event.target.value || EVERYWHERE));
  $("#find").addEventListener("input", (event) => findLayers(event.target.value));
  window.addEventListener("popstate", () => {
    if (location.search === shownSearch) return; // the link that skips to the map changes the fragment only
    shownSearch = location.search;
    const query = new URLSearchParams(location.search);
    if ((query.get("lang") ?? lang) !== lang || query.get("dataset") !== view.dataset) { location.reload(); return; }
    Object.assign(view, { ...S.viewOf(query), layer: query.get("layer") ?? view.layer, level: query.get("level") ?? view.level, lang });
    openLayer(view.layer, view.level, { push: false, wanted: query.get("period") ?? "" })
      .then(() => { emit("address"); select(view.unit, { push: false }); if (view.view) map.setBox(view.view.split(",").map(Number), false); else fit(); });
  });
  window.addEventListener("beforeprint", () => { map.rest(true); $("#address").textContent = location.href; });
  document.addEventListener("keydown", onKey);
}

/** A menu of the top bar closes when something in it is chosen, at a click elsewhere, and with Esc. */
function closeMenus(except = null) {
  document.querySelectorAll("#top details[open]").forEach((node) => { if (node !== except) node.open = false; });
}

const isTyping = (node) => node.matches?.("input:not([type=range]), select, textarea, [contenteditable], .ag-root *");

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    const menu = event.target.closest?.("#top details[open]");
    if (menu) { closeMenus(); $("summary", menu).focus(); return; }
    if (tip.dismiss(pointed?.shape)) return;
    if (event.target.closest?.("#drawer")) { toggleTable(false); return; }
    if (document.body.classList.contains("menu-open")) openPart("menu", false);
    else if (document.body.classList.contains("present")) present(false);
    else if (document.activeElement?.closest("#shapes")) document.activeElement.blur();
    else if (view.unit && !$(".modal.show")) select(null);
    return;
  }
  if (isTyping(event.target) || $(".modal.show, dialog[open]")) return;
  const act = {
    "[": () => timeline.step("previous"), "]": () => timeline.step("next"), "/": () => openPart("menu"),
    t: () => openPart("table", !view.table), p: () => present(), "?": () => openPart("keys"),
    "+": () => map.zoom(1.5), "=": () => map.zoom(1.5), "-": () => map.zoom(1 / 1.5),
    0: () => { fit(); view.view = null; address(); },
    ...keys,
  }[event.key.toLowerCase()];
  const onButton = event.target.closest?.("button, a, summary, [role=tab]");
  if (event.key === " " && !onButton) { event.preventDefault(); timeline.step("play"); return; }
  if (!act) return;
  event.preventDefault();
  act();
}

// -- start --------------------------------------------------------------------------------------------------------

bindMap();
bindPage();
timeline.load(scene, period);
map.dress(scene, scope);
if (boot.second) map.drawBorders(); else paint();
rove(indexOf(view.unit));
if (view.table) sheet("table", true);
offer({ gridDrawn });
{ // the open layer, in the middle of the menu; the page itself stays where it is
  const [menu, open] = [$("#menu"), $("#menu [aria-current]")];
  if (open) menu.scrollTop = open.getBoundingClientRect().top - menu.getBoundingClientRect().top - menu.clientHeight / 2;
}
appears("#panel").then(() => {
  const tell = () => {
    state.toggle("panel-open", Boolean($("#panel").firstChild));
    markPeriod();
  };
  new MutationObserver(tell).observe($("#panel"), { childList: true });
  tell();
});
document.documentElement.dataset.map = "ready";

/** The page, as parts of the workbench see it. */
const atlas = {
  boot, words, lang, view, map, tip, timeline, steps, tipParts, rowSteps, actions, keys,
  get scene() { return scene; },
  get units() { return units; },
  get scope() { return scope; },
  get place() { return place; },
  get period() { return period; },
  get pointed() { return pointed; },
  on, emit, say, placeOf, indexOf, countryName, scopeOf, frame, paint, repaint, dress, showPeriod, dataAddress, fetchJson, vary, openLayer,
  focusCountry, select, keep, point, unpoint, rove, address, notice, toast, present, openPart, setProps, appears, loadLate,
  dashReady, toggleTable, sheet, barSize, fillTable, table,
};

/** Say what is still on its way; the map answers already. */
function still() {
  const { app, workbench } = document.documentElement.dataset;
  $("#still").textContent = say(workbench ? "app.loading_panels" : "app.loading_tools");
  $("#still").hidden = app === "ready" && workbench === "ready";
}

/** The workbench comes when the map answers: its words and styles, then its scripts. */
async function openWorkbench() {
  const ask = (rel, href) => document.head.append(Object.assign(document.createElement("link"), { rel, href, fetchPriority: "low" }));
  ask("stylesheet", boot.late_styles);
  boot.late_scripts.forEach((href) => ask("modulepreload", href)); // all at once, not one import after the other
  const [more, layers, { install }] = await Promise.all([
    fetchJson(boot.late_words), fetchJson(boot.layers), import("./late/workbench.js"),
  ]);
  Object.assign(words, more);
  atlas.layers = layers;
  await install(atlas);
  document.documentElement.dataset.workbench = "ready";
  still();
}

openWorkbench().catch((error) => { console.warn(error.message); $("#still").textContent = say("app.loading_failed"); });

startDash(boot.scripts).then(async () => {
  document.documentElement.dataset.app = "ready";
  still();
  address();
  if (view.table) await toggleTable(true);
}).catch((error) => console.warn(error.message));
