// Small multiples: one small map for each period or group, one legend, one pointer and one selection.
import * as S from "../scene.js";
import { tipLines } from "../tip.js";
import { filterFrame } from "./filter.js";
import { el, svgEl, choice, field, segmented, showMode } from "./ui.js";
import * as C from "./comparison.js";

const PREFIX = "m-";
const NET = 0.6; // outlines are drawn to this share of a pixel
const SYMBOL = 12;

/** Write the bounds of the outer classes of a legend anew: they are those of all maps that it is for. */
export function widenLegend(legend, scope, { low, high }, { lang, decimals }) {
  const text = (value) => S.number(lang, value, decimals);
  const last = scope.bins.length - 1;
  const put = (entry, a, b) => {
    const node = legend.querySelector(`[data-entry="${entry}"] .lg-range`);
    if (node) node.textContent = text(a) === text(b) ? text(a) : `${text(a)}–${text(b)}`;
  };
  if (low < scope.low) put(0, low, scope.bins[0]);
  if (high > scope.bins[last]) put(last, last ? scope.bins[last - 1] : low, high);
}

/** Add small multiples to the comparison. `titleOf` and `groupText` are words of the comparison, `leave` closes it. */
export function installMultiples(atlas, { mapbox, leave, titleOf, groupText }) {
  const { view, words, lang, map, tip } = atlas;
  const say = (key, fields) => S.say(words, key, fields);
  const list = el("ul", { class: "mul-list" });
  const defs = svgEl("defs", { id: `${PREFIX}patterns` });
  const patterns = svgEl("svg", { class: "sr", "aria-hidden": "true" }, defs);
  const root = el("section", { id: "multiples", "aria-label": say("compare.multiples") }, list);
  let cells = []; // by place: node, svg, fills, shapes, marks, what it shows
  let shared = null; // outlines of all cells
  let scenes = []; // of each group: scene, units
  let grid = null;
  let dated = []; // periods in which the country in focus has figures
  let focused = 0;
  let hovered = null;
  let drawn = new Set(); // hatches of the small maps
  let asked = 0;
  let passes = null; // whether each place passes the filter on the large map; null without one
  const kept = new Map(); // what a period of a scene shows

  const isOpen = () => root.isConnected;
  const isOf = (scene) => isOpen() && scenes.some((one) => one.scene === scene);
  const isOffered = () => atlas.scene.mark !== "range" && (atlas.scene.periods.length > 1 || ways().length > 1);

  function ways() {
    const { scene } = atlas;
    return ["period", "sex", "age"].filter((by) => (by === "period" ? scene.periods.length > 1 : C.groupsOf(scene, by).length > 1));
  }

  const datedIn = () => C.periodsWithFigures(atlas.scene, (shape) => S.isInside(atlas.scene, shape, atlas.scope));

  function firstGrid() {
    const by = ways()[0] ?? "period";
    const n = by === "period" ? datedIn().length : C.groupsOf(atlas.scene, by).length;
    return `${by}.${n <= 6 ? "2x3" : "3x4"}`;
  }

  // -- open and close ---------------------------------------------------------------------------------------------

  async function open() {
    const ticket = ++asked;
    grid = C.readGrid(view.grid) ?? C.readGrid(firstGrid());
    const by = ways();
    if (!isOffered() || !by.includes(grid.by)) {
      giveUp(atlas.scene.mark === "range" ? "compare.no_small" : "compare.nothing");
      return;
    }
    const { scene } = atlas;
    scenes = [{ scene, units: atlas.units, code: null }];
    if (grid.by !== "period") {
      const codes = C.groupsOf(scene, grid.by).slice(0, grid.n);
      const bounds = C.innerBounds(scene.scopes[atlas.scope]);
      try {
        scenes = await Promise.all(codes.map(async (code) => {
          if (code === (scene.variant[grid.by] ?? "all")) return { scene, units: atlas.units, code };
          const variant = C.otherVariant(S.variantOf(view), { [grid.by]: code }, bounds);
          return { scene: measured(await atlas.fetchJson(atlas.dataAddress(scene.indicator, scene.level, variant))), units: atlas.units, code };
        }));
      } catch (error) {
        console.warn(error.message);
        if (ticket === asked) atlas.notice(say("notice.offline"));
        return;
      }
      if (ticket !== asked || scene !== atlas.scene) return;
      if (scenes.some((one) => one.scene.differs)) { giveUp("compare.no_common"); return; }
      const scopes = scenes.map((one) => one.scene.scopes[atlas.scope]).filter(Boolean);
      const own = scene.scopes[atlas.scope];
      if (scene.mark === "fill" && own?.bins.length) widenLegend(document.querySelector("#legend"), own, C.endsOf(...scopes), scene);
    }
    kept.clear();
    dated = datedIn();
    showMode("multiples");
    mapbox.style.setProperty("--rmax", `${SYMBOL}px`);
    mapbox.append(patterns, root);
    build();
  }

  /** One map is shown after all, and why. */
  function giveUp(why) {
    leave({}, false);
    atlas.notice(say(why));
  }

  /** The scene of a group in the classes of the open one; within countries each has its own. */
  function measured(found) {
    const { scene, scope } = atlas;
    S.narrow(found, atlas.place ?? null);
    if (scene.mark === "symbol") return { ...found, symbol: { ...found.symbol, max: scene.symbol.max } };
    const aligned = C.alignedScope(scene.scopes[scope], found.scopes[scope]);
    if (aligned) return { ...found, scopes: { ...found.scopes, [scope]: aligned } };
    return { ...found, differs: Boolean(scene.scopes[scope]) && !(scene.scopes[scope].within && !scene.scopes[scope].tones) };
  }

  function close() {
    asked += 1;
    if (!isOpen()) return;
    root.remove();
    patterns.remove();
    list.replaceChildren();
    cells = [];
    showMode(null);
    mapbox.style.removeProperty("--rmax");
    tip.hide();
  }

  // -- what is shown ----------------------------------------------------------------------------------------------

  /** What each cell shows: a scene and the index of its period. */
  function wanted() {
    const { scene, period } = atlas;
    if (grid.by === "period") {
      const at = Math.max(0, dated.findLastIndex((one) => one <= period));
      return C.periodsShown(dated.length, grid.n, at, C.readOther(view.other).pick).map((i) => ({ ...scenes[0], period: dated[i] }));
    }
    const stop = scene.periods[period];
    return scenes.map((one) => {
      const same = one.scene.periods.findIndex(({ id }) => id === stop.id);
      return { ...one, period: same >= 0 ? same : S.periodFor(one.scene, stop.end) };
    });
  }

  function frameOf({ scene, period }) {
    if (scene === atlas.scene && !passes) return atlas.frame(period);
    const key = `${scenes.findIndex((one) => one.scene === scene)}:${period}`;
    if (!kept.has(key)) kept.set(key, period === null ? null : S.frameOf(scene, words, period, atlas.scope));
    const made = kept.get(key);
    return made && passes ? filterFrame(made, passes, { scene, period, scope: atlas.scope }) : made;
  }

  function columnsNow() {
    return C.columnsIn(grid.columns, wanted().length, root.clientWidth || 600, window.innerWidth <= 640 ? 600 : 132);
  }

  function build() {
    const shown = wanted();
    const columns = columnsNow();
    const rows = Math.ceil(shown.length / columns);
    root.style.setProperty("--columns", String(columns));
    root.style.setProperty("--rows", String(rows));
    list.replaceChildren();
    cells = shown.map(makeCell);
    list.append(...cells.map((cell) => cell.item));
    outline();
    frame();
    paint();
  }

  /** Outlines of all cells, coarse enough for their size, worked out once. */
  function outline() {
    const size = cells[0]?.svg.getBoundingClientRect();
    if (!size?.width) return;
    const box = map.box;
    const units = Math.max(box[2] / size.width, box[3] / size.height);
    const net = Math.max(1, Math.round(units * NET));
    if (shared?.net !== net || shared.map !== map.nodes) {
      const paths = map.nodes.map((node) => (node.getAttribute("d") ? C.coarsePath(node.getAttribute("d"), net) : null));
      const outlines = [...map.part("outlines").children].map((node) => C.coarsePath(node.getAttribute("d"), net)).join("");
      shared = { net, map: map.nodes, paths, outlines };
    }
    shared.units = units;
    cells.forEach(fillCell);
    const made = scenes.flatMap(({ scene }, n) => hatches(scene, n, units));
    drawn = new Set(made.map((node) => node.id));
    defs.replaceChildren(...made);
  }

  /** The hatches of a scene's states and classes, at the size that they have on small maps. */
  function hatches(scene, n, units) {
    const found = scene.scopes[atlas.scope];
    const places = Object.entries(found?.tones ?? found?.colours ?? []);
    const states = [...map.part("patterns").children].filter((node) => node.id.startsWith("state-"));
    const copies = states.map((node) => node.cloneNode(true));
    for (const names of scene.hatches) {
      for (const [place, colour] of [...places, ...(names.includes("estimated") ? [] : [["ground", scene.ground]])]) {
        map.hatch(names, place);
        const copy = map.part(`${names}-${place}`).cloneNode(true);
        copy.firstChild.setAttribute("fill", colour);
        copies.push(copy);
      }
    }
    for (const copy of copies) {
      copy.id = `${PREFIX}${n}-${copy.id}`;
      copy.setAttribute("patternTransform", `scale(${(units * 0.4).toFixed(3)})`);
    }
    return copies;
  }

  function makeCell(_, at) {
    const svg = svgEl("svg", { class: "mul-map", "aria-hidden": "true" });
    const name = el("span", { class: "mul-name" });
    const told = el("span", { class: "mul-told" });
    const node = el("button", { type: "button", class: "mul-cell", data: { at } }, el("span", { class: "mul-head" }, name, told), svg);
    if (atlas.scene.synthetic) node.append(el("span", { class: "mul-synthetic", "aria-hidden": "true", text: say("notice.synthetic") }));
    return { item: el("li", {}, node), node, svg, name, told, fills: [], texts: {} };
  }

  /** Put the outlines into a cell: one path for each place, then borders that no step touches. */
  function fillCell(cell) {
    cell.shapes = shared.paths.map((d, i) => {
      const shape = map.geometry.shapes[i];
      return d === null ? svgEl("circle", { cx: shape.x, cy: shape.y, class: "mul-point", "data-i": i }) : svgEl("path", { d, "data-i": i });
    });
    cell.fills = [];
    cell.symbols = svgEl("g", { class: "mul-symbols" });
    cell.borders = svgEl("path", { class: "mul-borders" });
    cell.marks = { selected: svgEl("path", { class: "mul-selected" }), hover: svgEl("path", { class: "mul-hover" }) };
    cell.svg.replaceChildren(svgEl("g", { class: "mul-shapes" }, cell.shapes),
      svgEl("g", { class: "mul-lines" }, cell.borders, svgEl("path", { d: shared.outlines, class: "mul-outlines" })),
      cell.symbols, svgEl("g", { class: "mul-marks" }, cell.marks.selected, cell.marks.hover));
    cell.drawn = null;
  }

  /** All cells show the same part of the map as the large one. */
  function frame() {
    const box = map.box.map(Math.round).join(" ");
    cells.forEach(({ svg }) => svg.setAttribute("viewBox", box));
    root.style.setProperty("--u", shared ? shared.units.toFixed(3) : "1");
  }

  function write(cell, name, text) {
    if (cell.texts[name] !== text) { cell[name].textContent = text; cell.texts[name] = text; }
  }

  /** Paint what changed: fills, titles, the mark of the slider's period. */
  function paint() {
    if (!isOpen() || !shared) return;
    passes = atlas.filter?.elsewhere(atlas.units) ?? null;
    const shown = wanted();
    if (shown.length !== cells.length) { build(); return; }
    const now = grid.by === "period" ? shown.findIndex((one) => one.period === atlas.period) : -1;
    shown.forEach((what, at) => paintCell(cells[at], what, at === now));
    rove(Math.min(focused, cells.length - 1), false);
    select();
  }

  function paintCell(cell, what, isNow) {
    const { scene, period, code } = what;
    const made = frameOf(what);
    cell.what = what;
    const title = grid.by === "period" ? scene.periods[period].label : groupText(grid.by, code);
    const counts = made?.counts ?? {};
    const of = ["v", "n", "a", "x", "s"].reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    const told = made ? say("compare.told", { with: S.number(lang, counts.v ?? 0, 0), of: S.number(lang, of, 0) }) : say("compare.none_yet");
    const own = grid.by === "period" || !made ? told : `${scene.periods[period].label} · ${told}`;
    write(cell, "name", title);
    write(cell, "told", own);
    const label = `${title}, ${own}. ${say("compare.open_large")}`;
    if (cell.texts.label !== label) { cell.node.setAttribute("aria-label", label); cell.texts.label = label; }
    if (cell.isNow !== isNow) { cell.node.classList.toggle("now", isNow); cell.isNow = isNow; }
    if (made) paintFills(cell, made.fills, scene, period);
  }

  function paintFills(cell, fills, scene, period) {
    const n = scenes.findIndex((one) => one.scene === scene);
    let hidden = "";
    for (let i = 0; i < fills.length; i += 1) {
      const fill = dims(scene, period, i) ? "#fff" : fills[i];
      if (fill === null) hidden += `${i} `;
      if (fill === cell.fills[i]) continue;
      if (fill === null) cell.shapes[i].setAttribute("display", "none");
      else {
        if (cell.fills[i] === null) cell.shapes[i].removeAttribute("display");
        cell.shapes[i].setAttribute("fill", ownPaint(fill, n));
      }
      cell.fills[i] = fill;
    }
    if (cell.drawn !== hidden) { // borders are drawn anew only where another boundary set is shown
      cell.borders.setAttribute("d", shared.paths.filter((d, i) => d && fills[i] !== null).join(""));
      cell.drawn = hidden;
    }
    if (scene.mark === "symbol") {
      const { max, colour } = scene.symbol;
      cell.symbols.replaceChildren(...map.geometry.shapes.map((shape, i) => [scene.values[period][i], i, shape])
        .filter(([value, i]) => value !== null && scene.states[period][i] === "v" && S.isInside(scene, i, atlas.scope, period))
        .sort((a, b) => Math.abs(b[0]) - Math.abs(a[0]))
        .filter(([, i]) => passes?.[i] !== false)
        .map(([value, i, shape]) => svgEl("circle", {
          cx: shape.x, cy: shape.y, style: `--k:${S.symbolShare(value, max).toFixed(4)}`, fill: value < 0 ? "#fff" : colour, "data-i": i,
        })));
    }
  }

  /** A hatch as it is called here; one that only the large map has (of a second layer) is taken from there. */
  function ownPaint(fill, n) {
    if (!fill.startsWith("url(#")) return fill;
    const own = `${PREFIX}${n}-${fill.slice(5, -1)}`;
    return drawn.has(own) ? `url(#${own})` : fill;
  }

  const dims = (scene, period, i) => view.kept !== null && S.isInside(scene, i, atlas.scope, period) && scene.states[period][i] !== "-"
    && !S.entriesOf(scene, period, i, atlas.scope).includes(view.kept);

  // -- pointing, choosing -----------------------------------------------------------------------------------------

  function contour(kind, shape) {
    for (const cell of cells) {
      const d = shape === null || shape < 0 || cell.fills[shape] === null ? "" : shared.paths[shape] ?? "";
      if (cell.texts[kind] !== d) { cell.marks[kind].setAttribute("d", d); cell.texts[kind] = d; }
    }
  }

  function select() {
    if (isOpen() && shared) contour("selected", view.unit ? atlas.indexOf(view.unit) : null);
  }

  function point(cell, shape, anchor) {
    const { scene, period } = cell.what;
    if (period === null) return;
    if (hovered !== shape) contour("hover", shape);
    hovered = shape;
    const lines = tipLines(scene, words, atlas.units[shape], period, shape);
    if (passes?.[shape] === false) lines.push(["quiet", say("filter.fails")]);
    if (cell.what.code) lines.splice(3, 0, ["", groupText(grid.by, cell.what.code)]);
    tip.show(lines, anchor, `m${shape}`);
  }

  function unpoint() {
    if (hovered === null) return;
    hovered = null;
    contour("hover", null);
    tip.hide();
    tip.dismissed = null;
  }

  const cellOf = (node) => cells[Number(node.closest?.(".mul-cell")?.dataset.at ?? -1)];
  list.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const cell = cellOf(event.target);
    const shape = event.target.dataset?.i;
    if (cell && shape !== undefined) point(cell, Number(shape), { x: event.clientX, y: event.clientY }); else unpoint();
  });
  list.addEventListener("pointerleave", unpoint);
  list.addEventListener("click", (event) => {
    const cell = cellOf(event.target);
    if (!cell) return;
    const { period, code } = cell.what;
    unpoint();
    leave(grid.by === "period" ? { period } : { [grid.by]: code === "all" ? null : code });
  });
  list.addEventListener("keydown", (event) => {
    const cell = cellOf(event.target);
    if (!cell) return;
    const next = C.cellBeside(cells.indexOf(cell), event.key, cells.length, columnsNow());
    if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") { event.preventDefault(); event.stopPropagation(); }
    if (next !== null) rove(next, true);
  });

  /** Exactly one small map can be reached with Tab; the arrows move from it. */
  function rove(at, isFocused) {
    focused = at;
    cells.forEach(({ node }, i) => { if (node.tabIndex !== (i === at ? 0 : -1)) node.tabIndex = i === at ? 0 : -1; });
    if (isFocused) cells[at].node.focus();
  }

  // -- the control ------------------------------------------------------------------------------------------------

  function fill(box, change) {
    const by = ways();
    const now = C.readGrid(view.grid) ?? C.readGrid(firstGrid());
    const size = `${now.rows}x${now.columns}`;
    const sizes = C.SIZES.includes(size) ? C.SIZES : [size, ...C.SIZES];
    const pick = C.readOther(view.other).pick ?? "even";
    box.append(
      field(say("compare.small_by"), choice(by.map((one) => [one, say(`compare.by_${one}`)]), now.by,
        (next) => change({ grid: `${next}.${size}` }))),
      field(say("compare.size"), choice(sizes.map((one) => [one, say("compare.rows_columns", { rows: one[0], columns: one[2] })]), size,
        (next) => change({ grid: `${now.by}.${next}` }))));
    if (now.by === "period" && datedIn().length > now.n) {
      const picks = [["even", say("compare.pick_even")], ["last", say("compare.pick_last")]];
      box.append(el("p", { text: say("compare.which") }), segmented(say("compare.which"), picks, pick,
        (next) => change({ other: next === "last" ? "pick:last" : null })));
    }
    if (now.by !== "period" && atlas.scene.scopes[atlas.scope]?.within) box.append(el("p", { class: "wb-note", text: say("head.scope_within") }));
    box.append(el("p", { class: "wb-note", text: say("compare.small_note") }));
  }

  map.followers.add(() => { if (isOpen()) { outlineAnew(); } });
  let drawing;
  function outlineAnew() {
    cancelAnimationFrame(drawing);
    drawing = requestAnimationFrame(() => { if (isOpen()) { outline(); frame(); paint(); } });
  }
  new ResizeObserver(() => {
    if (!isOpen()) return;
    if (String(columnsNow()) !== root.style.getPropertyValue("--columns")) build(); else outlineAnew();
  }).observe(root);

  return { open, close, paint, select, fill, firstGrid, isOffered, isOf };
}
