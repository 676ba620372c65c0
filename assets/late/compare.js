// Comparison: a second map beside the first or under a divider, both with one slider, one pointer and one selection.
import * as S from "../scene.js";
import { MapView, bindGestures } from "../map.js";
import { tipLines } from "../tip.js";
import { filterFrame } from "./filter.js";
import { el, svgEl, button, checkbox, choice, drop, field, later, segmented, showMode } from "./ui.js";
import * as C from "./comparison.js";
import { installMultiples, widenLegend } from "./multiples.js";
import { installOverview } from "./overview.js";

const PREFIX = "b-";
const OWN_PATTERNS = /^(state-|watermark$)/;
const STEP = 5;

/** The geometry of the first map with its outlines, which came as a drawing. */
export function geometryOf(map) {
  const outlines = new Map([...map.part("outlines").children].map((node) => [node.dataset.iso3, node.getAttribute("d")]));
  return {
    ...map.geometry,
    shapes: map.geometry.shapes.map((shape, i) => (shape.marker ? shape : { ...shape, d: map.nodes[i].getAttribute("d") })),
    countries: map.geometry.countries.map((country) => ({ ...country, d: outlines.get(country.iso3) ?? "" })),
  };
}

/** An empty drawing with the hatches of the first map under names of its own. */
function drawing(first, prefix, label) {
  const patterns = [...first.part("patterns").children].filter((node) => OWN_PATTERNS.test(node.id)).map((node) => {
    const copy = node.cloneNode(true);
    copy.id = prefix + node.id;
    return copy;
  });
  const stroke = first.borders.getAttribute("stroke");
  const sheet = first.svg.querySelector("#watermark-sheet")?.cloneNode(true);
  if (sheet) { sheet.id = `${prefix}watermark-sheet`; sheet.setAttribute("fill", `url(#${prefix}watermark)`); }
  const layer = (name, more = {}) => svgEl("g", { id: prefix + name, class: name, ...more });
  const [viewBox, preserveAspectRatio] = ["viewBox", "preserveAspectRatio"].map((name) => first.svg.getAttribute(name));
  return svgEl("svg", { class: "cmp-map", viewBox, preserveAspectRatio, style: `--u:${first.units}` }, [
    svgEl("defs", { id: `${prefix}patterns` }, patterns),
    layer("shapes", { role: "listbox", "aria-label": label, stroke }), layer("outlines", { fill: "none", stroke }),
    layer("symbols", { stroke }), layer("texts"), layer("marks", { fill: "none" }), ...(sheet ? [sheet] : []),
  ]);
}

/** Add the comparison to a page. */
export function install(atlas) {
  const { view, words, lang, map, tip } = atlas;
  const say = (key, fields) => S.say(words, key, fields);
  const mapbox = document.querySelector("#mapbox");
  const legend = document.querySelector("#legend");
  let second = null; // what the other map shows: map, scene, units, scope, period, fields, isShared
  let asked = 0;

  const multiples = installMultiples(atlas, { mapbox, leave, titleOf, groupText });
  installOverview(atlas, { mapbox });

  // -- words ------------------------------------------------------------------------------------------------------

  const capital = (text) => text.charAt(0).toLocaleUpperCase(lang) + text.slice(1);
  const nameOf = (scene, sex, age) => scene.group_names?.[scene.groups.findIndex((group) => group[0] === sex && group[1] === age)] ?? "";

  /** Name of the group that differs from the open one in sex or age. */
  function groupText(by, code) {
    const { scene } = atlas;
    const open = { sex: "all", age: "all", ...scene.variant, [by]: code };
    return capital(nameOf(scene, open.sex, open.age));
  }

  /** Whom a scene's figures are about, if not everybody. */
  function whoText(scene) {
    const { sex = "all", age = "all" } = scene.variant;
    return sex === "all" && age === "all" ? "" : nameOf(scene, sex, age);
  }

  function periodText(scene, period) {
    if (period === null) return say("compare.none_yet");
    return scene.periods[period]?.label ?? "";
  }

  function titleOf(scene, period, scope) {
    return [scope === S.REGION ? null : atlas.countryName(scope), whoText(scene), periodText(scene, period)].filter(Boolean).join(" · ");
  }

  // -- the second map ---------------------------------------------------------------------------------------------

  const titles = [1, 2].map((n) => el("p", { class: `cmp-title cmp-title-${n}` },
    el("b", { class: "cmp-key", text: String(n) }), el("span", { class: "cmp-what" }), el("span", { class: "cmp-which" })));
  const foots = [1, 2].map((n) => el("p", { class: `cmp-source cmp-source-${n}` }));
  const empty = el("p", { class: "cmp-empty", hidden: true });
  const ownLegend = el("section", { id: "legend-2", class: "cmp-legend", "aria-label": say("compare.legend", { n: 2 }) });
  const pane = el("div", { class: "cmp-pane", role: "group", "aria-label": say("compare.second") });
  const zooms = el("div", { class: "cmp-zoom", role: "group", "aria-label": say("compare.zoom") },
    button("+", () => second?.map.zoom(1.5), { "aria-label": say("map.zoom_in"), title: say("map.zoom_in") }),
    button("−", () => second?.map.zoom(1 / 1.5), { "aria-label": say("map.zoom_out"), title: say("map.zoom_out") }),
    button("←", () => second?.map.pan(-1, 0), { "aria-label": say("map.left"), title: say("map.left") }),
    button("→", () => second?.map.pan(1, 0), { "aria-label": say("map.right"), title: say("map.right") }),
    button("↑", () => second?.map.pan(0, -1), { "aria-label": say("map.up"), title: say("map.up") }),
    button("↓", () => second?.map.pan(0, 1), { "aria-label": say("map.down"), title: say("map.down") }));
  const scale = el("div", { class: "cmp-scale", "aria-hidden": "true" }, el("i"), el("span"));
  const divider = makeDivider();

  function putUp() {
    mapbox.append(titles[0], titles[1], pane, foots[0], foots[1], empty, ownLegend, zooms, scale, divider.node);
  }

  function takeDown() {
    for (const node of [...titles, pane, ...foots, empty, ownLegend, zooms, scale, divider.node]) node.remove();
    pane.replaceChildren();
    showMode(null);
    mapbox.removeAttribute("data-legends");
    mapbox.removeAttribute("data-linked");
    pane.style.clipPath = "";
    if (second) { map.followers.delete(follow); atlas.stack?.maps.delete(second.map); atlas.panes.length = 1; }
    if (second?.dims) map.single(atlas.scene, atlas.period, atlas.scope, view.kept);
    second = null;
    legend.querySelectorAll(".cmp-n, .cmp-legend-head").forEach((node) => node.remove());
    atlas.emit("panes");
  }

  /** A comparison is taken off the page and out of the address. */
  function leave(changes = {}, push = true) {
    Object.assign(view, { mode: null, other: null, at: null, grid: null });
    if ("sex" in changes || "age" in changes) { atlas.vary(changes); return; }
    const { period } = changes;
    if (period !== undefined) view.period = atlas.scene.periods[period].id;
    close();
    atlas.address(push);
    if (period !== undefined) atlas.timeline.go(period);
    atlas.repaint();
  }

  function close() {
    asked += 1;
    multiples.close();
    takeDown();
    control.refresh();
    mark();
  }

  const follow = (from, gliding = false) => {
    if (!second?.isLinked) return;
    second.map.align(from.toLeft);
    second.map.setBox([...from.box], false, gliding);
  };

  /** Show what the address asks for. */
  async function apply() {
    const ticket = ++asked;
    mark();
    if (view.mode === "multiples") { takeDown(); await multiples.open(); return; }
    multiples.close();
    if (view.mode !== "side" && view.mode !== "swipe") { takeDown(); return; }
    const fields = C.readOther(view.other);
    const { scene, scope } = atlas;
    const wrong = C.refusal(fields, view.mode, scene, atlas.layers);
    if (wrong) { takeDown(); Object.assign(view, { mode: null, other: null, at: null }); atlas.notice(say(wrong)); atlas.address(); mark(); return; }
    const isSame = C.waysOf(fields).every((way) => way === "period" || way === "country") && !(fields.country && fields.scale);
    const shared = fields.layer || scene.categories || (fields.country && fields.scale !== "across") ? null : C.innerBounds(scene.scopes[scope]);
    let found = scene;
    let units = atlas.units;
    let geometry = null;
    try {
      if (!isSame) {
        const layer = fields.layer ?? scene.indicator;
        const levels = atlas.layers.find((one) => one.id === layer).levels;
        const level = fields.level ?? (levels.includes(scene.level) ? scene.level : levels.at(-1));
        const variant = C.otherVariant(S.variantOf(view), fields, shared);
        found = await atlas.fetchJson(atlas.dataAddress(layer, level, variant));
        if (found.map !== scene.map) [geometry, units] = await Promise.all([atlas.fetchJson(found.map), atlas.fetchJson(found.units)]);
      }
    } catch (error) {
      console.warn(error.message);
      if (ticket === asked) { takeDown(); atlas.notice(say("notice.offline")); }
      return;
    }
    if (ticket !== asked || scene !== atlas.scene) return;
    if (fields.country && atlas.place) found = { ...found, place: null, within: null }; // the place lies in the other country
    if (fields.layer && !found.allows.includes("join")) { view.mode = null; takeDown(); atlas.notice(say("compare.alone")); return; }
    takeDown();
    draw(found, units, geometry ?? geometryOf(map), fields);
  }

  function draw(scene, units, geometry, fields) {
    const scope = fields.country ?? (atlas.scope === S.REGION || scene.iso3.includes(atlas.scope) ? atlas.scope : S.REGION);
    const svg = drawing(map, PREFIX, say("map.label", { headline: scene.headline }));
    pane.replaceChildren(svg);
    showMode(view.mode);
    putUp();
    const other = new MapView({ svg, geometry, names: atlas.boot.names, words, prefix: PREFIX, scale });
    other.rebuild(geometry, atlas.boot.names);
    const isSwipe = view.mode === "swipe";
    if (scene !== atlas.scene) S.narrow(scene, fields.country ? null : atlas.place ?? null);
    const shared = oneMeasure(scene, scope, fields);
    second = {
      map: other, scene: shared ?? scene, units, scope, fields, frames: [], kept: null, isLinked: !fields.country, isSwipe,
      isShared: shared !== null, of: atlas.scene,
    };
    mapbox.dataset.legends = second.isShared ? "one" : "two";
    mapbox.dataset.linked = second.isLinked ? "yes" : "no";
    other.dress(second.scene, scope);
    if (second.isLinked) { map.followers.add(follow); follow(map); } else other.fit(fields.country);
    other.followers.add(moveOverlay);
    other.onView = () => { if (second?.isLinked) map.setBox([...other.box]); };
    bindPane(other);
    atlas.panes[1] = other;
    writeLegends();
    if (isSwipe) divider.set(C.dividerAt(view.at));
    lie();
    paint();
    overlay();
    document.querySelector("#live").textContent = titles[1].title;
    rove(0);
    if (view.unit) select();
    atlas.emit("panes");
  }

  // What is drawn over the fills of the first map (stack.js) is drawn over those of the second.
  const contextOf = ({ scene, period, scope }) => ({ scene, period, scope, end: scene.periods[period].end ?? null });
  function overlay() {
    if (second && second.period !== null) atlas.stack?.drawOn(second.map, contextOf(second));
  }
  let moving;
  function moveOverlay() {
    cancelAnimationFrame(moving);
    moving = requestAnimationFrame(() => { if (second && second.period !== null) atlas.stack?.movedOn(second.map, contextOf(second)); });
  }

  /** On a narrow page, where the first map stands between texts, the second of a swipe is laid over it. */
  function lie() {
    if (!second?.isSwipe) return;
    mapbox.style.setProperty("--cmp-y", `${Math.round(map.svg.getBoundingClientRect().top - mapbox.getBoundingClientRect().top)}px`);
  }
  new ResizeObserver(lie).observe(mapbox);

  /** The second scene in the classes (or by the measure of circles) of the first; null if each has its own. */
  function oneMeasure(scene, scope, fields) {
    const first = atlas.scene;
    if (scene.indicator !== first.indicator) return null;
    if (scene === first && scope === atlas.scope) return scene;
    if (scene.mark === "symbol") return { ...scene, symbol: { ...scene.symbol, max: first.symbol.max } };
    if (fields.country && fields.scale !== "across") return null;
    const aligned = C.alignedScope(first.scopes[atlas.scope], scene.scopes[scope]);
    return aligned && { ...scene, scopes: { ...scene.scopes, [scope]: aligned } };
  }

  /** The period that the other map shows: a fixed one, or what belongs to the slider's. */
  function otherPeriod() {
    const { scene, fields } = second;
    const indexOf = (id) => scene.periods.findIndex((stop) => stop.id === id);
    if (fields.period) return Math.max(0, indexOf(fields.period));
    const stop = atlas.scene.periods[atlas.period];
    const same = indexOf(stop.id);
    return same >= 0 ? same : S.periodFor(scene, stop.end);
  }

  function paint() {
    if (second?.of !== atlas.scene) return; // another layer has come, and what belongs to it is on its way
    const { scene, scope, units, frames } = second;
    second.period = otherPeriod();
    const { period } = second;
    const isNone = period === null;
    pane.classList.toggle("none", isNone);
    empty.hidden = !isNone;
    if (isNone) empty.textContent = say("compare.none_until", { period: atlas.scene.periods[atlas.period].label });
    const plain = isNone ? null : (frames[period] ??= S.frameOf(scene, words, period, scope));
    second.passes = atlas.filter?.elsewhere(units) ?? null;
    const frame = plain && second.passes ? filterFrame(plain, second.passes, second) : plain;
    if (frame) {
      second.map.paint(scene, units, period, scope, frame.fills);
      quieten();
      second.map.single(scene, period, scope, keptOf());
      atlas.stack?.paintOn(second.map, contextOf(second));
    }
    tell(frame);
    count(frame);
  }

  const fails = (shape) => second.passes?.[shape] === false;

  /** What fills alone do not show of places that fail: they have no symbol and no text, and a screen reader hears it. */
  function quieten() {
    const { scene, period } = second;
    const written = [...scene.states[period]].flatMap((state, shape) => (state === "v" ? [shape] : []));
    second.map.part("texts").querySelectorAll(".figure").forEach((node, i) => node.toggleAttribute("hidden", fails(written[i])));
    for (const node of second.map.part("symbols").children) node.toggleAttribute("hidden", fails(Number(node.dataset.unit)));
    if (!second.passes && !second.isQuiet) return;
    second.isQuiet = second.passes !== null;
    second.map.nodes.forEach((node, shape) => {
      if (fails(shape)) node.setAttribute("aria-description", say("filter.fails")); else node.removeAttribute("aria-description");
    });
  }

  const keptOf = () => (second.isShared ? view.kept : second.kept);
  const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };

  function tell(frame) {
    const one = atlas.scene;
    const what = [one, second.scene].map((scene) => scene.headline);
    const which = [titleOf(one, atlas.period, atlas.scope), titleOf(second.scene, second.period, second.scope)];
    if (second.scene.level !== one.level) which.forEach((text, i) => { which[i] = [say(`level.${[one, second.scene][i].level}`), text].join(" · "); });
    titles.forEach((node, i) => {
      write(node.querySelector(".cmp-what"), what[i]);
      write(node.querySelector(".cmp-which"), which[i]);
      node.title = `${what[i]}, ${which[i]}`;
    });
    write(foots[0], say("tip.source", { source: atlas.frame(atlas.period).source }));
    write(foots[1], frame ? say("tip.source", { source: frame.source }) : "");
    foots.forEach((node) => { node.title = node.textContent; });
  }

  // -- legends ----------------------------------------------------------------------------------------------------

  function heading(n, text) {
    return el("p", { class: "cmp-legend-head" }, el("b", { class: "cmp-key", text: n }), el("span", { text }));
  }

  function writeLegends() {
    legend.querySelectorAll(".cmp-n, .cmp-legend-head").forEach((node) => node.remove());
    const { scene, scope } = second;
    if (second.isShared) {
      legend.prepend(heading("1 + 2", say("compare.one_legend")));
      legend.querySelectorAll(".lg-row").forEach((row) => row.append(el("span", { class: "cmp-n lg-n" })));
      widen();
      return;
    }
    legend.prepend(heading("1", whoseText(atlas.scene, atlas.scope)));
    ownLegend.innerHTML = scene.html.legend[scope] ?? scene.html.legend[S.REGION];
    ownLegend.prepend(heading("2", whoseText(scene, scope)));
    ownLegend.append(...notes());
  }

  /** What tells the legend of one map from that of the other: the layer, the country, the group or the level. */
  function whoseText(scene, scope) {
    const one = atlas.scene;
    if (second.scene.indicator !== one.indicator) return scene.title;
    if (second.scene.level !== one.level) return say(`level.${scene.level}`);
    if (second.fields.country) return scope === S.REGION ? say("app.region") : atlas.countryName(scope);
    return capital(whoText(scene) || nameOf(scene, "all", "all")) || scene.title;
  }

  function notes() {
    const texts = [];
    if (second.fields.country) texts.push(say("compare.own_scale"));
    else if (second.scene.indicator === atlas.scene.indicator) texts.push(say("compare.other_bounds"));
    return texts.map((text) => el("p", { class: "lg-note", text }));
  }

  /** Where both maps share their classes, the outer bounds are those of both. */
  function widen() {
    const one = atlas.scene.scopes[atlas.scope];
    const two = second.scene.scopes[second.scope];
    if (second.fields.country) legend.append(el("p", { class: "lg-note cmp-legend-head", text: say("head.comparability") }));
    if (!one || !two || second.scene.mark !== "fill") return;
    widenLegend(legend, one, C.endsOf(one, two), atlas.scene);
  }

  function count(frame) {
    const counts = frame?.counts ?? {};
    const rows = [...(second.isShared ? legend : ownLegend).querySelectorAll("[data-entry]")];
    const most = Math.max(1, ...rows.map((row) => counts[row.dataset.entry] ?? 0));
    const mine = second.isShared ? atlas.frame(atlas.period).counts : {};
    rows.forEach((row) => {
      const { entry } = row.dataset;
      const n = counts[entry] ?? 0;
      write(row.querySelector(second.isShared ? ".cmp-n" : ".lg-n"), S.number(lang, n, 0));
      if (!second.isShared) {
        row.querySelector(".lg-bar i").style.backgroundSize = atlas.barSize(n, most);
        row.setAttribute("aria-pressed", String(second.kept === entry));
      }
      if (row.closest(".lg-states")) row.parentElement.hidden = n === 0 && !mine[entry];
    });
  }

  ownLegend.addEventListener("click", (event) => {
    const entry = event.target.closest("[data-entry]")?.dataset.entry;
    if (!entry) return;
    event.stopPropagation(); // it is not the first map's
    second.kept = second.kept === entry ? null : entry;
    paint();
  });

  // -- pointing ---------------------------------------------------------------------------------------------------

  const entryOf = (scene, period, shape, scope) => S.classOf(scene, period, shape, scope) ?? scene.states[period][shape];

  /** One line of the tip that says what the other map shows of the same place. */
  function lineOf(n, scene, units, period, shape) {
    const own = S.ownPeriod(scene, period, shape);
    const what = scene.indicator === (n === 1 ? second.scene : atlas.scene).indicator ? whoText(scene) : scene.title;
    return say("compare.tip", {
      n, value: S.shownText(scene, words, period, shape),
      more: [scene.periods[own].label, what, units[shape].name].filter(Boolean).slice(0, what ? 2 : 1).join(" · "),
    });
  }

  function pointSecond(shape, anchor) {
    const { scene, units, period, scope } = second;
    if (period === null || second.map.hidden[shape]) { unpointSecond(); return; }
    second.pointed = shape;
    second.map.mark("hover", shape);
    const lines = tipLines(scene, words, units[shape], period, shape);
    if (fails(shape)) lines.push(["quiet", say("filter.fails")]);
    const mine = second.isLinked ? C.placeIn(atlas.scene, units[shape]) : -1;
    if (mine >= 0) lines.push(["cmp-line", lineOf(1, atlas.scene, atlas.units, atlas.period, mine)]);
    tip.show(lines, anchor, `b${shape}`);
    if (second.isLinked) map.mark("hover", mine < 0 ? null : mine);
    else if (S.isInside(scene, shape, scope)) { map.single(atlas.scene, atlas.period, atlas.scope, entryOf(scene, period, shape, scope)); second.dims = true; }
  }

  function unpointSecond() {
    if (!second) return;
    second.pointed = null;
    second.map.mark("hover", null);
    map.mark("hover", null);
    if (second.dims) { map.single(atlas.scene, atlas.period, atlas.scope, view.kept); second.dims = false; }
    tip.hide();
    tip.dismissed = null;
  }

  atlas.tipParts.push((lines, shape) => {
    if (!second?.isLinked || second.period === null) return;
    const other = C.placeIn(second.scene, atlas.units[shape]);
    if (other >= 0 && !second.map.hidden[other]) lines.push(["cmp-line", lineOf(2, second.scene, second.units, second.period, other)]);
  });

  atlas.on("point", (shape) => {
    if (!second || second.period === null) return;
    if (second.isLinked) {
      const other = shape === null ? -1 : C.placeIn(second.scene, atlas.units[shape]);
      second.map.mark("hover", other < 0 ? null : other);
    } else {
      const isIn = shape !== null && S.isInside(atlas.scene, shape, atlas.scope);
      second.map.single(second.scene, second.period, second.scope, isIn ? entryOf(atlas.scene, atlas.period, shape, atlas.scope) : keptOf());
    }
  });

  function rove(shape) {
    const { nodes } = second.map;
    const first = nodes.findIndex((_, i) => second.map.isDrawn(i) && S.isInside(second.scene, i, second.scope));
    const target = shape > 0 && second.map.isDrawn(shape) ? shape : first;
    nodes.forEach((node, i) => node.setAttribute("tabindex", i === target ? "0" : "-1"));
  }

  /** Select a place; the one that is selected is entered when it is chosen again, as on the first map. */
  function choose(shape, isAgain) {
    const mine = C.placeIn(atlas.scene, second.units[shape]);
    if (mine < 0) return;
    const id = atlas.scene.ids[mine];
    if (isAgain && id === view.unit && atlas.units[mine].opens) atlas.emit("enter", id); else atlas.select(id);
  }

  function select() {
    if (!second) return;
    const at = second.scene.ids.indexOf(view.unit);
    second.map.mark("selected", at < 0 ? null : at);
    second.map.nodes.forEach((node, i) => node.setAttribute("aria-selected", String(i === at)));
  }

  function bindPane(other) {
    const { svg, group } = other;
    const shapeAt = (node) => {
      const found = node.closest?.(`.shapes > [id^="${PREFIX}u"], [data-unit]`);
      return found ? Number(found.dataset.unit ?? found.id.slice(PREFIX.length + 1)) : null;
    };
    bindGestures(other);
    svg.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const shape = shapeAt(event.target);
      if (shape === null) unpointSecond(); else pointSecond(shape, { x: event.clientX, y: event.clientY });
    });
    svg.addEventListener("pointerleave", unpointSecond);
    svg.addEventListener("click", (event) => {
      const shape = shapeAt(event.target);
      if (shape !== null) choose(shape, event.detail > 1);
    });
    pane.addEventListener("focusin", (event) => { // a group with such a listener would itself be a stop of the Tab key
      const shape = shapeAt(event.target);
      if (shape === null || !event.target.matches(":focus-visible")) return;
      const { left, top, right, bottom } = event.target.getBoundingClientRect();
      pointSecond(shape, { x: left, y: top, right, bottom });
    });
    pane.addEventListener("focusout", unpointSecond);
    group.addEventListener("keydown", (event) => {
      const shape = shapeAt(event.target);
      if (shape === null) return;
      if (event.key === "Enter") { choose(shape, true); event.preventDefault(); return; }
      const page = { PageDown: 1, PageUp: -1 }[event.key];
      if (!page && !event.key.startsWith("Arrow")) return;
      event.preventDefault();
      event.stopPropagation();
      const shown = page ? [...other.nodes.keys()].filter((i) => other.isDrawn(i) && S.isInside(second.scene, i, second.scope)) : [];
      const next = page ? shown.at((shown.indexOf(shape) + page) % shown.length)
        : S.neighbour(other.geometry.shapes, shape, event.key, (i) => other.isDrawn(i));
      if (next === null) return;
      rove(next);
      other.nodes[next].focus();
    });
  }

  // -- the divider ------------------------------------------------------------------------------------------------

  function makeDivider() {
    const handle = el("div", {
      class: "cmp-handle", role: "slider", tabindex: "0", "aria-label": say("compare.divider"), "aria-valuemin": "0",
      "aria-valuemax": "100", "aria-orientation": "horizontal",
    });
    let at = 50;
    const save = later(() => { view.at = at === 50 ? null : String(at); atlas.address(); }, 200);
    const set = (value) => {
      at = C.dividerAt(value);
      pane.style.clipPath = `inset(0 0 0 ${at}%)`;
      node.firstChild.style.transform = `translateX(${at}%)`;
      handle.setAttribute("aria-valuenow", String(at));
      handle.setAttribute("aria-valuetext", say("compare.divided", { at }));
    };
    const move = (value) => { set(value); save(); };
    const node = el("div", { class: "cmp-divider" },
      el("div", { class: "cmp-line-box" },
        button("‹", () => move(at - STEP), { "aria-label": say("compare.left"), title: say("compare.left") }), handle,
        button("›", () => move(at + STEP), { "aria-label": say("compare.right"), title: say("compare.right") })));
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      handle.focus();
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const { left, width } = node.getBoundingClientRect();
      if (width) move(((event.clientX - left) / width) * 100);
    });
    handle.addEventListener("keydown", (event) => {
      const next = {
        ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageDown: at - 10, PageUp: at + 10, Home: 0, End: 100,
      }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      move(next);
    });
    return { node, set };
  }

  // -- the control ------------------------------------------------------------------------------------------------

  const control = drop(say("compare.title"), fill);
  document.querySelector("#workbar").append(control.opener);

  function mark() {
    control.opener.setAttribute("aria-pressed", String(Boolean(view.mode)));
  }

  function change(changes) {
    Object.assign(view, changes);
    atlas.address(true);
    apply();
    control.refresh();
  }

  /** Ways in which another map could differ from this layer's. */
  function waysNow() {
    const { scene } = atlas;
    const layer = atlas.layers.find((one) => one.id === scene.indicator);
    return C.WAYS.filter((way) => ({
      layer: scene.allows.includes("join"), level: scene.levels.length > 1, period: scene.periods.length > 1,
      sex: C.groupsOf(scene, "sex").length > 1, age: C.groupsOf(scene, "age").length > 1,
      country: (layer?.countries[scene.level] ?? scene.countries).length > 1 && view.mode !== "swipe",
    })[way]);
  }

  function optionsOf(way) {
    const { scene } = atlas;
    if (way === "period") return scene.periods.map((stop) => [stop.id, stop.label]);
    if (way === "level") return scene.levels.filter((level) => level !== scene.level).map((level) => [level, say(`level.${level}`)]);
    if (way === "country") return scene.countries.map((iso3) => [iso3, atlas.countryName(iso3)]);
    if (way === "layer") {
      return atlas.layers.filter((one) => one.id !== scene.indicator && one.allows.includes("join") && one.menu)
        .map((one) => [one.id, one.menu_title, one.driver_title]);
    }
    return C.groupsOf(scene, way).filter((code) => code !== (scene.variant[way] ?? "all")).map((code) => [code, groupText(way, code)]);
  }

  /** What a second map shows when a reader asks for one and has not said which. */
  function firstOther(ways = waysNow()) {
    const way = ["period", "sex", "age", "layer", "level", "country"].find((one) => ways.includes(one));
    if (!way) return null;
    const { scene } = atlas;
    const options = optionsOf(way);
    const wanted = way === "period" ? options.find(([id]) => id !== scene.periods[atlas.period].id)
      : options.find(([id]) => id !== atlas.scope);
    return wanted ? { [way]: wanted[0] } : null;
  }

  function setMode(mode) {
    if (!mode) { leave(); return; }
    if (mode === "multiples") { change({ mode, other: null, at: null, grid: multiples.firstGrid() }); return; }
    const fields = C.readOther(view.other);
    const wrong = C.refusal(fields, mode, atlas.scene, atlas.layers);
    view.mode = mode;
    const other = wrong ? firstOther() : fields;
    if (!other) { view.mode = null; atlas.notice(say("compare.nothing")); return; }
    change({ mode, other: C.spellOther(other), grid: null, at: mode === "swipe" ? view.at : null });
  }

  function fill(box) {
    const { scene } = atlas;
    const ways = waysNow();
    box.append(el("h2", { text: say("compare.title") }),
      segmented(say("compare.how"), [
        ["", say("compare.off")], ["side", say("compare.side"), { disabled: !ways.length }],
        ["swipe", say("compare.swipe"), { disabled: !ways.length }],
        ["multiples", say("compare.multiples"), { disabled: !multiples.isOffered() }],
      ], view.mode ?? "", (mode) => setMode(mode || null)));
    if (!scene.allows.includes("join")) box.append(el("p", { class: "wb-note", text: say("compare.alone") }));
    if (view.mode === "multiples") { multiples.fill(box, change); return; }
    if (!view.mode) { box.append(el("p", { class: "wb-note", text: say("compare.intro") })); return; }
    const fields = C.readOther(view.other);
    const [way] = C.waysOf(fields);
    box.append(field(say("compare.differs"), choice(ways.map((one) => [one, say(`compare.by_${one}`)]), way, (next) => {
      const [value] = optionsOf(next).find(([id]) => next !== "country" || id !== atlas.scope) ?? [];
      if (value) change({ other: C.spellOther({ [next]: value }) });
    })));
    const options = optionsOf(way);
    const list = choice(way === "layer" ? [] : options, fields[way], (value) => change({ other: C.spellOther({ ...fields, [way]: value }) }));
    if (way === "layer") {
      const groups = Map.groupBy(options, ([, , driver]) => driver);
      list.append(...[...groups].map(([label, items]) => el("optgroup", { label }, items.map(([value, text]) => el("option", { value, text })))));
      list.value = fields.layer;
    }
    box.append(field(say("compare.second"), list));
    if (way === "country") {
      box.append(checkbox(say("compare.same_classes"), fields.scale === "across", (on) => change({ other: C.spellOther({ ...fields, scale: on ? "across" : null }) })),
        el("p", { class: "wb-note", text: say(fields.scale === "across" ? "head.comparability" : "compare.own_scale") }));
    } else if (way !== "period") box.append(el("p", { class: "wb-note", text: say("compare.by_slider") }));
  }

  // -- what happens on the page -----------------------------------------------------------------------------------

  atlas.panes = [map];
  atlas.on("paint", () => { if (second) paint(); else multiples.paint(); });
  atlas.on("select", () => { select(); multiples.select(); });
  atlas.on("layer", () => { if (view.mode) apply(); else close(); });
  atlas.on("dress", () => { if (second?.of === atlas.scene || multiples.isOf(atlas.scene)) apply(); }); // another country in focus
  atlas.on("stack", overlay);
  new ResizeObserver(() => requestAnimationFrame(() => atlas.stack?.movedOn(map, atlas.stack.context))).observe(map.svg); // labels find room anew
  atlas.on("address", () => apply());
  legend.addEventListener("click", () => setTimeout(() => { if (second) paint(); else multiples.paint(); })); // after it was kept
  for (const [list, isMine] of [[legend, () => second?.isShared], [ownLegend, () => true]]) {
    const dim = (event) => {
      if (!second || second.period === null || !isMine()) return;
      const entry = event.type === "pointerover" ? event.target.closest("[data-entry]")?.dataset.entry : null;
      second.map.single(second.scene, second.period, second.scope, entry ?? keptOf());
    };
    list.addEventListener("pointerover", dim);
    list.addEventListener("pointerleave", dim);
  }
  if (view.mode) apply();
}
