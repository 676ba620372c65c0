// The table twin: its rows are written in the browser, so that a step of the slider asks no server. It comes when the
// table is first opened: the grid needs Dash.
import { dashReady, gridApi, loadLate, setProps } from "../dash.js";
import { CSV, csvOf, fileName, today } from "./chartfile.js";
import { saveFile } from "./ui.js";
import {
  byName, hatchesOf, isInside, number, ownPeriod, periodText, plural, say, shownText, valueText, withheldByName,
} from "../scene.js";
import { ageText } from "../tip.js";

const WIDTH = 80;
const HEIGHT = 20;
const EDGE = 3;

const isHeld = (state) => state === "v" || state === "s";

/**
 * Whether the series of a shape breaks between two periods: declared for its country, or flagged by its source. A place
 * that has figures on both sides of a change of boundaries is the same place.
 */
function breaksBetween(scene, shape, from, to) {
  const declared = scene.breaks_in_series.some(({ iso3, date, boundaries }) => !boundaries && iso3 === scene.iso3[shape]
    && scene.periods[from].end < date && date <= scene.periods[to].end);
  return declared || scene.flags[to][shape] === "b";
}

/**
 * The series of a shape as stretches that may each be drawn as one line: a place without a figure, where its country has
 * some, parts them, and so does a break. Figures of other periods (the latest up to one) are not repeated.
 */
export function stretchesOf(scene, shape) {
  const stretches = [[]];
  let former = null;
  scene.periods.forEach((stop, period) => {
    if (stop.latest) return;
    const isCovered = scene.states[period].split("").some((state, i) => isHeld(state) && scene.iso3[i] === scene.iso3[shape]);
    if (!isCovered) return;
    const isOwn = scene.states[period][shape] === "v" && ownPeriod(scene, period, shape) === period;
    if (!isOwn || (former !== null && breaksBetween(scene, shape, former, period))) {
      if (stretches.at(-1).length) stretches.push([]);
    }
    if (!isOwn) return;
    former = period;
    stretches.at(-1).push({ period, at: stop.at, value: scene.values[period][shape] });
  });
  return stretches.filter((stretch) => stretch.length);
}

/** Stretches as lines and dots of a small drawing: {lines: [points], dots: [[x, y, period]]}. Every series has its own scale. */
export function sparkOf(scene, shape) {
  const stretches = stretchesOf(scene, shape);
  const points = stretches.flat();
  const stops = scene.periods.filter((stop) => !stop.latest);
  if (points.length < 2) return null;
  const [first, last] = [stops[0].at, stops.at(-1).at];
  const values = points.map((point) => point.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (at) => EDGE + ((at - first) / (last - first || 1)) * (WIDTH - 2 * EDGE);
  const y = (value) => HEIGHT - EDGE - (high > low ? (value - low) / (high - low) : 0.5) * (HEIGHT - 2 * EDGE);
  const place = ({ at, value }) => [x(at).toFixed(1), y(value).toFixed(1)];
  return {
    lines: stretches.filter((stretch) => stretch.length > 1).map((stretch) => stretch.map((point) => place(point).join(",")).join(" ")),
    dots: points.map((point) => [...place(point), point.period]),
    lone: stretches.filter((stretch) => stretch.length === 1).map(([point]) => point.period),
  };
}

/** What the small drawing says, in words. */
export function sparkText(scene, words, shape) {
  const points = stretchesOf(scene, shape).flat();
  if (points.length < 2) return "";
  const [first, last] = [points[0], points.at(-1)];
  return say(words, "more_time.spark", {
    n: number(scene.lang, points.length, 0), first: valueText(scene, words, first.value), from: scene.periods[first.period].label,
    last: valueText(scene, words, last.value), to: scene.periods[last.period].label,
  });
}

/** What is known of a figure beside its value, in words. */
export function statusText(scene, words, period, shape) {
  const state = scene.states[period][shape];
  if (state !== "v") return [say(words, `state.${state}`), scene.why?.[`${period}:${shape}`]].filter(Boolean).join(": ");
  const flag = scene.flags[period][shape];
  const parts = [flag === "." ? "" : say(words, `flag.${flag}`), ageText(scene, words, period, shape)];
  if (hatchesOf(scene, period, shape).includes("unclear")) parts.push(say(words, "state.z"));
  return parts.filter(Boolean).join("; ") || say(words, "state.v");
}

/** Rows of the table of a period in a scope. */
export function rowsOf(scene, words, units, period, scope) {
  const rows = [];
  scene.ids.forEach((id, i) => {
    const state = scene.states[period][i];
    if (state === "-" || !isInside(scene, i, scope, period)) return;
    const source = scene.sources[scene.source[period][i]];
    rows.push({
      id, state, place: units[i].name, country: units[i].country || units[i].name, value: scene.values[period][i],
      shown: shownText(scene, words, period, i), period: periodText(scene, period, i),
      series: { shape: i, period }, rank: scene.ranks?.[period][i] || null, status: statusText(scene, words, period, i),
      source: source ? `${source.publisher}: ${source.title}` : "",
    });
  });
  return rows;
}

/** Whether a layer has series to draw: claims and codes of categories are never drawn as one. */
export const hasSeries = (scene) => scene.mark !== "range" && !scene.categories && scene.periods.filter((stop) => !stop.latest).length > 1;

/**
 * The column by which an address orders the table, and which way, as the grid calls it; null for rows as they come. A table
 * that is not sorted by figures is in the order of names.
 */
export function orderOf(sort, sortable, columns) {
  const [, colId, way] = /^(.+)-(asc|desc)$/.exec(sort ?? "") ?? [];
  if (colId && columns.includes(colId) && (sortable || colId === "place")) return { colId, sort: way };
  return sortable ? null : { colId: "place", sort: "asc" };
}

/** Order of two numbers of a column, one of which may be missing: what is missing stands last, whichever way it is sorted. */
export function missingLast(one, other, _oneNode, _otherNode, isDescending) {
  const lacks = [one, other].map((value) => value === null || value === undefined);
  if (lacks[0] || lacks[1]) return (lacks[0] - lacks[1]) * (isDescending ? -1 : 1);
  return one - other;
}

/** Whether a layer of the table is above the public tier: its figures are not given out as a file. */
export const isAboveTier = ({ scene, pair }) => Boolean(scene.handling || pair?.handling);

export function makeTable(atlas, steps) {
  const { view, words, lang } = atlas;
  let asked = null;
  let written = null; // what the rows on the screen are of
  let drawnAs = null; // the frame that the grid on the screen was asked with

  /** The panel of a place ends where the table begins: it would lie over its buttons. */
  atlas.appears("#drawer").then(() => {
    const drawer = document.getElementById("drawer");
    const meet = () => document.body.style.setProperty("--table-top", `${Math.max(0, Math.round(innerHeight - drawer.getBoundingClientRect().top))}px`);
    const watch = new ResizeObserver(meet);
    [drawer, document.getElementById("foot"), document.documentElement].forEach((node) => watch.observe(node));
  });

  window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions ?? {}, { missingLast });

  // A cell of the grid that draws a series (React is Dash's own).
  window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions ?? {};
  window.dashAgGridComponentFunctions.Spark = ({ value }) => {
    const { createElement } = window.React;
    const { scene } = atlas;
    const drawn = value && value.shape < scene.ids.length ? sparkOf(scene, value.shape) : null;
    if (!drawn) return "";
    const text = sparkText(scene, words, value.shape);
    const dots = drawn.dots.filter(([, , period]) => period === value.period || drawn.lone.includes(period));
    return createElement("svg", { className: "spark", width: WIDTH, height: HEIGHT, role: "img", "aria-label": text },
      createElement("title", null, text),
      ...drawn.lines.map((points, i) => createElement("polyline", { key: `l${i}`, points })),
      ...dots.map(([cx, cy, period]) => createElement("circle", {
        key: `d${period}`, cx, cy, r: period === value.period ? 3 : 2, className: period === value.period ? "now" : undefined,
      })));
  };

  function rows() {
    const { scene, units, period, scope } = atlas;
    const shown = steps.reduce((made, step) => step(made), rowsOf(scene, words, units, period, scope));
    return scene.sortable ? withheldByName(shown, lang) : byName(shown, lang);
  }

  /** Columns depend on the layer: a sensitive one is not sorted by figures, a change has no ranks. */
  const frame = () => [atlas.scene.sortable, atlas.scene.ranks !== null, hasSeries(atlas.scene), Boolean(atlas.scene.categories)];

  /** Ask for the frame of the table, anew where the layer has other columns; else write its rows. */
  function fill() {
    if (!window.dash_ag_grid) return; // still to come: open() fills it then
    const { scene, period } = atlas;
    if (asked !== String(frame())) {
      asked = String(frame());
      if (!scene.sortable && !/^place-/.test(view.sort ?? "")) view.sort = null;
      const [, ranked, series] = frame();
      setProps("table-ask", { data: { dataset: view.dataset, layer: view.layer, level: view.level, lang, sort: view.sort, ranked, series } });
      return;
    }
    if (!document.querySelector("#grid")) return;
    const stop = scene.periods[period];
    const when = stop.latest ? stop.label : stop.span ?? stop.label;
    const watermark = scene.synthetic ? atlas.say("notice.synthetic") : "";
    const caption = `${scene.headline}, ${when} · ${scene.unit}`;
    const pair = atlas.stack?.second.shown ?? null;
    written = { scene, pair, units: atlas.units, words, period, when, watermark, caption, rows: rows() };
    setProps("grid", { rowData: written.rows, selectedRows: { ids: view.unit ? [view.unit] : [] } });
    setProps("table-caption", { children: [watermark, caption].filter(Boolean).join(" · ") });
    setProps("table-handling", { children: pair?.handling || scene.handling || "" });
    setProps("table-file", { hidden: isAboveTier(written) });
    setProps("table-no-file", { hidden: !isAboveTier(written) });
  }

  /** Save the rows as they are on the screen: their order, and the columns that are shown. */
  async function save() {
    if (!written || isAboveTier(written)) return;
    const [grid, { tableFile }] = await Promise.all([gridApi("grid"), import("./tablefile.js")]);
    const own = new Map(written.rows.map((row) => [row.id, row]));
    const ordered = [];
    grid.forEachNodeAfterFilterAndSort(({ data }) => { if (own.has(data.id)) ordered.push(own.get(data.id)); });
    const columns = grid.getAllDisplayedColumns().map((column) => column.getColDef())
      .map(({ field, headerName }) => ({ field, heading: headerName }));
    const disclaimer = document.getElementById("table-file").dataset.disclaimer;
    const file = tableFile({ ...written, disclaimer, conditions: atlas.filter?.told() ?? [] }, columns, ordered);
    atlas.address();
    const retrieved = atlas.say("chart.retrieved", { date: today(), address: location.href });
    saveFile(new Blob([csvOf(file, retrieved)], { type: CSV }), fileName(file, today(), "csv"));
  }
  atlas.actions.tablefile = save;

  async function mark() {
    if (!window.dash_ag_grid) return;
    const grid = await gridApi("grid");
    grid.forEachNode((node) => {
      const chosen = node.data.id === view.unit;
      if (node.isSelected() !== chosen) node.setSelected(chosen, false, "api");
      if (chosen) grid.ensureNodeVisible(node);
    });
  }

  async function open() {
    await dashReady;
    await loadLate(atlas.boot.late);
    fill();
    await sortAgain();
  }

  /** Called by Dash when the grid has been drawn: from here on it is fed and listened to in the browser. */
  async function drawn() {
    await atlas.appears("#grid");
    const grid = await gridApi("grid");
    if (!grid.atlasBound) {
      grid.atlasBound = true;
      for (const name of ["tabToNextCell", "tabToNextHeader"]) grid.setGridOption(name, () => false); // Tab leaves, arrows move
      atlas.emit("table", grid);
      grid.addEventListener("rowSelected", (event) => {
        if (event.source !== "api" && event.node.isSelected()) atlas.select(event.data.id);
      });
      grid.addEventListener("cellKeyDown", (event) => {
        if (event.event.key === "Enter") event.node.setSelected(true, true, "keyboard");
      });
      grid.addEventListener("rowDataUpdated", mark);
      grid.addEventListener("sortChanged", ({ source }) => {
        if (source === "api") return; // it was the address
        const sorted = grid.getColumnState().find((column) => column.sort);
        view.sort = sorted ? `${sorted.colId}-${sorted.sort}` : null;
        atlas.address();
        atlas.emit("sort");
      });
    }
    drawnAs = asked;
    fill();
  }

  /** Order an open table as the address says, where the reader has come back to it. */
  async function sortAgain() {
    if (!view.table || !asked || drawnAs !== asked || !document.querySelector("#grid")) return; // one that is drawn anew is asked for in order
    const grid = await gridApi("grid");
    const columns = grid.getColumnState();
    const now = columns.find((column) => column.sort);
    const order = orderOf(view.sort, atlas.scene.sortable, columns.map(({ colId }) => colId));
    if ((order?.colId ?? null) === (now?.colId ?? null) && (order?.sort ?? null) === (now?.sort ?? null)) return;
    grid.applyColumnState({ state: order ? [order] : [], defaultState: { sort: null } });
  }
  for (const event of ["address", "sort"]) atlas.on(event, sortAgain);

  return { fill, mark, open, drawn, rows };
}
