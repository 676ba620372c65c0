// Charts of the open layer: Python draws them (dashboard/charts), here they are linked with the map and taken away.
import * as S from "../scene.js";
import { MARK, marksOf, placeAt } from "./chartmarks.js";
import { makeHeads } from "./chartheads.js";
import { fitToPaper, fitToScreen, sheetOf, takeAway } from "./chartpaper.js";
import { CSV, csvOf, fileName, pictureOf, today } from "./chartfile.js";
import { button, choice, drop, el, field, later, saveFile, segmented, toggle } from "./ui.js";

const KINDS = ["series", "ranking", "distribution", "scatter", "heatmap"];
const NEEDS = { ranking: ["rank"], scatter: ["join", "correlate"] };
const OF_CATEGORIES = ["distribution", "heatmap"]; // the same as in dashboard/charts/chart.py
const OF_ONE_PERIOD = ["ranking", "distribution", "scatter"];
const WIDE = "(min-width: 1680px)";
const PATIENCE = 20000;
const LEAST = { width: 760, height: 420 };

/** The kinds of charts that may be drawn of a layer. */
export function kindsOf(scene) {
  if (scene.mark === "range") return [];
  if (scene.categories) return OF_CATEGORIES;
  return KINDS.filter((kind) => (NEEDS[kind] ?? []).every((act) => scene.allows.includes(act)));
}

/** Layers that may stand on the other axis. */
export function othersOf(layers, view) {
  return layers.filter((layer) => layer.id !== view.layer && layer.mark !== "range" && layer.levels.includes(view.level)
    && NEEDS.scatter.every((act) => layer.allows.includes(act)));
}

/** Decimals that a number is written with, no more than six. */
export function decimalsOf(value) {
  return typeof value === "number" ? Math.min(6, String(value).split(".")[1]?.length ?? 0) : 0;
}

export async function install(atlas) {
  const { view, words, lang, say } = atlas;
  const $ = (selector) => document.querySelector(selector);
  let told = null; // what Python says of the chart that is shown
  let condition = ""; // which filter the chart was asked with, in words
  let plot = null;
  let hovered = null;
  let asked = "null";
  let patience;
  let parts = null;
  let heads = () => {}; // writes the heads of the columns over the chart
  let sheet = null; // the chart on paper, while the page is printed

  const opener = toggle(say("chart.open"), Boolean(view.chart), (on) => (on ? open() : close()), { id: "chart-open" });
  $("#workbar").append(opener);

  // -- what is asked for ------------------------------------------------------------------------------------------

  const picked = () => (view.picked ? view.picked.split(",") : []);
  const chosen = () => [...new Set([view.unit, ...picked()].filter(Boolean))];
  const shownKind = () => {
    const kinds = kindsOf(atlas.scene);
    return kinds.includes(view.chart) ? view.chart : kinds[0] ?? null;
  };
  const against = () => {
    const found = othersOf(atlas.layers, view).map((layer) => layer.id);
    return found.includes(view.against) ? view.against : found.includes(view.second) ? view.second : null;
  };

  function request() {
    const kind = shownKind();
    if (!view.chart || !kind || (kind === "scatter" && !against())) return null;
    const { dataset, layer, level } = view;
    const ask = {
      dataset, layer, level, lang, variant: S.variantOf(view), chart: kind, scope: atlas.scope, inside: view.inside ?? null,
      passing: atlas.filter.ids(),
    };
    if (kind === "series") Object.assign(ask, { unit: view.unit, picked: picked().slice(0, 500) });
    if (kind === "scatter") ask.against = against();
    if (kind === "heatmap") ask.sort = view.sort;
    if (OF_ONE_PERIOD.includes(kind) || (kind === "heatmap" && byValue())) ask.period = atlas.scene.periods[atlas.period]?.id ?? null;
    return ask;
  }

  const byValue = () => atlas.scene.sortable && /^value-/.test(view.sort ?? "");

  const ask = later(() => {
    if (!view.chart || !parts) return;
    writeHead();
    const data = request();
    if (!data) { asked = "null"; told = null; empty(); return; }
    if (JSON.stringify(data) === asked) { mark(); return; }
    asked = JSON.stringify(data);
    condition = data.passing ? atlas.filter.sentence() : "";
    $("#charts").setAttribute("aria-busy", "true");
    if (!told) say_(say("chart.loading"));
    clearTimeout(patience);
    patience = setTimeout(() => { asked = "null"; busyEnds(); say_(say("chart.failed")); }, PATIENCE);
    atlas.setProps("chart-ask", { data });
  }, 30);

  function busyEnds() {
    clearTimeout(patience);
    $("#charts").removeAttribute("aria-busy");
  }

  // -- what stands around the figure ------------------------------------------------------------------------------

  function build() {
    const tabs = el("div", { role: "tablist", class: "chart-tabs", "aria-label": say("chart.label") });
    tabs.addEventListener("keydown", (event) => {
      const shown = [...tabs.children];
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const at = event.key === "Home" ? 0 : event.key === "End" ? shown.length - 1
        : step ? (shown.indexOf(document.activeElement) + step + shown.length) % shown.length : null;
      if (at === null) return;
      event.preventDefault();
      event.stopPropagation();
      shown[at].focus();
      choose(shown[at].dataset.kind);
    });
    const take = drop(say("chart.take"), fillTake, { button: { id: "chart-take" } });
    const title = el("h2", { id: "chart-title" });
    const handling = el("p", { class: "handling" });
    const filtered = el("p", { class: "chart-filter" });
    const choices = el("div", { class: "chart-choices" });
    const larger = button(say("chart.larger"), () => {
      const isLarge = document.body.classList.toggle("charts-large");
      larger.textContent = say(isLarge ? "chart.smaller" : "chart.larger");
    }, { class: "chart-larger" });
    $("#chart-head").append(
      el("div", { class: "chart-bar" }, tabs, el("span", { class: "spacer" }), larger, take.opener,
        button("×", close, { "aria-label": say("chart.close"), title: say("chart.close"), class: "chart-close" })),
      el("div", { class: "chart-line" }, title, choices), filtered, handling,
    );
    const message = el("p", { id: "chart-message", role: "status" });
    const summary = el("p", { id: "chart-summary" });
    const notes = el("ul", { class: "chart-notes" });
    const source = el("p", { class: "chart-source" });
    const numbers = el("details", { class: "chart-numbers" }, el("summary", { text: say("chart.numbers") }));
    numbers.addEventListener("toggle", () => { if (numbers.open) writeNumbers(); });
    $("#chart-more").append(message, summary, source, notes, numbers);
    const section = $("#charts");
    section.setAttribute("aria-labelledby", "chart-title");
    opener.setAttribute("aria-controls", section.id);
    $("#chart-plot").setAttribute("role", "tabpanel");
    $("#chart-plot").tabIndex = 0; // it may be higher than its box, and is scrolled with the keys
    section.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.stopPropagation();
      close();
      opener.focus();
    });
    $("#chart-plot").addEventListener("pointerleave", unhover);
    // the panel of a place ends where the drawer begins
    const meet = () => document.body.style.setProperty("--drawer-top", `${Math.max(0, Math.round(innerHeight - section.getBoundingClientRect().top))}px`);
    const watch = new ResizeObserver(meet);
    [section, $("#foot"), document.documentElement].forEach((node) => watch.observe(node));
    heads = makeHeads($("#chart-plot"));
    parts = { tabs, take, title, filtered, handling, choices, message, summary, notes, source, numbers };
  }

  function writeHead() {
    const { tabs, choices } = parts;
    const kinds = kindsOf(atlas.scene);
    const now = shownKind();
    if (tabs.dataset.kinds !== kinds.join()) {
      tabs.dataset.kinds = kinds.join();
      tabs.replaceChildren(...kinds.map((kind) => button(say(`chart.tab_${kind}`), () => choose(kind), {
        role: "tab", id: `chart-tab-${kind}`, "aria-controls": "chart-plot", data: { kind },
      })));
    }
    for (const tab of tabs.children) {
      tab.setAttribute("aria-selected", String(tab.dataset.kind === now));
      tab.tabIndex = tab.dataset.kind === now ? 0 : -1;
    }
    if (now) $("#chart-plot").setAttribute("aria-labelledby", `chart-tab-${now}`);
    const wanted = JSON.stringify([now, view.layer, view.level, against(), byValue()]);
    if (choices.dataset.of === wanted) return;
    choices.dataset.of = wanted;
    choices.replaceChildren(...choicesOf(now));
  }

  function choicesOf(kind) {
    if (kind === "scatter") {
      const others = othersOf(atlas.layers, view);
      if (!others.length) return [];
      const options = others.map((layer) => [layer.id, layer.menu_title]).sort((a, b) => a[1].localeCompare(b[1], lang));
      const list = choice([["", say("chart.choose_against")], ...options], against() ?? "", (id) => {
        view.against = id || null;
        atlas.address();
        ask();
      });
      return [field(say("chart.against"), list)];
    }
    if (kind === "heatmap" && atlas.scene.sortable) {
      const options = [["name", say("chart.order_name")], ["value", say("chart.order_value")]];
      return [segmented(say("chart.order"), options, byValue() ? "value" : "name", (order) => {
        view.sort = order === "value" ? "value-desc" : null;
        atlas.address();
        atlas.emit("sort");
      })];
    }
    return [];
  }

  function choose(kind) {
    view.chart = kind;
    atlas.address();
    told = null;
    ask();
  }

  function say_(text) {
    parts.message.textContent = text;
    parts.message.hidden = !text;
  }

  const headed = (title) => (atlas.scene.synthetic ? `${say("notice.synthetic")} · ${title}` : title);

  /** What is said where there is no chart. */
  function empty() {
    busyEnds();
    const isClaims = atlas.scene.mark === "range";
    const noOther = shownKind() === "scatter" && !othersOf(atlas.layers, view).length;
    parts.title.textContent = headed(atlas.scene.headline);
    parts.filtered.textContent = "";
    parts.handling.textContent = atlas.scene.handling ?? "";
    say_(isClaims ? say("chart.none_claims") : noOther ? say("chart.no_other") : say("chart.choose_against"));
    parts.summary.textContent = "";
    parts.source.textContent = "";
    writeNotes([]);
    parts.numbers.hidden = true;
    parts.take.opener.hidden = true;
    $("#charts").classList.add("chart-none");
    heads(null);
  }

  /** Why a kind of chart is not offered for the layer. */
  function refusals() {
    if (atlas.scene.mark === "range") return [];
    const offered = kindsOf(atlas.scene);
    if (atlas.scene.categories) return [say("chart.no_axis")];
    return ["ranking", "scatter"].filter((kind) => !offered.includes(kind)).map((kind) => say(`chart.no_${kind}`));
  }

  function writeNotes(notes) {
    parts.notes.replaceChildren(...[...notes, ...refusals()].map((text) => el("li", { text })));
  }

  function writeNumbers() {
    if (parts.numbers.dataset.of === asked || !told) return;
    parts.numbers.dataset.of = asked;
    const digits = told.columns.map((_, i) => Math.max(0, ...told.rows.map((row) => decimalsOf(row[i]))));
    const cell = (value, i) => (typeof value === "number"
      ? el("td", { text: S.number(lang, value, digits[i + 1]), class: "num" }) : el("td", { text: value ?? "" }));
    parts.numbers.querySelector("div")?.remove();
    parts.numbers.append(el("div", { class: "chart-table", tabindex: "0", role: "region", "aria-label": say("chart.numbers") }, el("table", { class: "figures" },
      el("caption", { class: "sr", text: told.title }),
      el("thead", {}, el("tr", {}, told.columns.map((text) => el("th", { scope: "col", text })))),
      el("tbody", {}, told.rows.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row", text: first }), rest.map(cell)))))));
  }

  /** Which filter the chart is drawn with, and how many places it lets through of those that would be shown. */
  function filterText(passing) {
    if (!passing) return "";
    const [n, of] = passing;
    const [shown, all, left] = [n, of, of - n].map((count) => S.number(lang, count, 0));
    return `${condition} ${of ? say("chart.filtered", { n: shown, of: all, left }) : say("chart.filtered_national")}`;
  }

  /** Called by Dash when a chart has come: its texts are written, and its points listened to. */
  async function chartDrawn(data) {
    const none = window.dash_clientside.no_update;
    if (!data || !view.chart || asked === "null") return none;
    told = { ...data, filter: filterText(data.passing) };
    busyEnds();
    parts.title.textContent = headed(data.title);
    parts.filtered.textContent = told.filter;
    parts.handling.textContent = data.handling;
    say_(data.drawn ? "" : data.summary);
    parts.summary.textContent = data.drawn ? data.summary : "";
    parts.source.textContent = data.source;
    writeNotes(data.notes);
    parts.numbers.hidden = !data.rows.length;
    parts.numbers.dataset.of = "";
    if (parts.numbers.open) writeNumbers();
    parts.take.opener.hidden = !data.drawn;
    $("#charts").classList.toggle("chart-none", !data.drawn);
    if (data.drawn) {
      await atlas.appears("#chart .js-plotly-plot");
      link($("#chart .js-plotly-plot"));
    } else {
      plot = null;
      heads(null);
    }
    return none;
  }

  // -- linked with the map ----------------------------------------------------------------------------------------

  function link(node) {
    if (!told) return; // another chart has been asked for since this one was drawn
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", [`${told.title}.`, told.filter, told.summary].filter(Boolean).join(" "));
    if (node !== plot || !node.atlasLinked) {
      plot = node;
      node.atlasLinked = true;
      node.on("plotly_hover", ({ points }) => {
        const id = placeAt(node.layout.meta ?? {}, points[0]);
        hover(id ? atlas.indexOf(id) : -1);
      });
      node.on("plotly_unhover", unhover);
      node.on("plotly_click", ({ points }) => {
        const id = placeAt(node.layout.meta ?? {}, points[0]);
        if (id) atlas.select(id);
      });
      node.on("plotly_react", mark);
      node.on("plotly_afterplot", () => heads(told?.height ? node : null));
    }
    heads(told.height ? node : null);
    mark();
  }

  function hover(shape) {
    if (shape < 0) { unhover(); return; }
    if (hovered === shape) return;
    atlas.map.mark("hover", shape);
    atlas.emit("point", shape);
  }

  function unhover() {
    if (hovered === null) return;
    atlas.map.mark("hover", null);
    atlas.emit("point", null);
  }

  let frame = 0;
  function mark() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      if (!plot?.isConnected || !plot.layout || !told?.drawn) return;
      const fixed = (plot.layout.shapes ?? []).filter((shape) => shape.name !== MARK);
      const marks = marksOf(plot.layout.meta ?? {}, {
        hovered: hovered === null ? null : atlas.scene.ids[hovered], chosen: chosen(), period: atlas.scene.periods[atlas.period]?.id,
      });
      const former = (plot.layout.shapes ?? []).filter((shape) => shape.name === MARK);
      if (JSON.stringify(former.map(({ x0, y0, xanchor, yanchor, line }) => [x0, y0, xanchor, yanchor, line?.width]))
        === JSON.stringify(marks.map(({ x0, y0, xanchor, yanchor, line }) => [x0, y0, xanchor, yanchor, line?.width]))) return;
      window.Plotly.relayout(plot, { shapes: [...fixed, ...marks] });
    });
  }

  atlas.on("point", (shape) => {
    const next = shape === null || shape === undefined ? null : shape;
    if (next === hovered) return;
    hovered = next;
    mark();
    if (hovered !== null && told?.height) reveal();
  });

  /** In a tall chart, the row of the place that the map points at comes into view. */
  function reveal() {
    const box = $("#chart-plot");
    if (!plot || box.matches(":hover")) return;
    const id = atlas.scene.ids[hovered];
    const row = plot.layout?.meta?.rows?.[id] ?? plot.layout?.meta?.spots?.[id]?.[0]?.[1];
    const size = plot._fullLayout?._size;
    const rows = plot.layout?.yaxis?.range;
    if (row === undefined || !size || !rows) return;
    const y = size.t + ((row - rows[1]) / (rows[0] - rows[1])) * size.h;
    if (y < box.scrollTop + 40 || y > box.scrollTop + box.clientHeight - 20) box.scrollTop = y - box.clientHeight / 2;
  }

  // -- taking it away ---------------------------------------------------------------------------------------------

  const retrieved = () => say("chart.retrieved", { date: today(), address: location.href });

  function fillTake(box, shut) {
    const act = (make) => async () => {
      shut();
      try {
        if (!(await isGranted())) throw new Error("the audit log did not answer");
        await make();
      } catch (error) {
        console.warn(error.message);
        atlas.notice(say("chart.take_failed"));
      }
    };
    const items = [["take_png", () => takePng(save)], ["take_svg", takeSvg]];
    if (window.ClipboardItem && navigator.clipboard?.write) items.push(["take_copy", () => takePng(copy)]);
    if (told.public) items.push(["take_csv", () => save(new Blob([csvOf(told, retrieved())], { type: CSV }), "csv")]);
    box.append(el("div", { class: "chart-take" }, items.map(([key, make]) => button(say(`chart.${key}`), act(make), { data: { take: key.slice(5) } }))));
    if (!told.public) box.append(el("p", { class: "wb-note", text: `${say("chart.take_logged")} ${say("chart.take_no_csv")}` }));
  }

  /** Above the public tier it is written down who takes a chart away, before it is taken. */
  async function isGranted() {
    if (told.public) return true;
    const ticket = crypto.randomUUID?.() ?? String(Date.now());
    const head = $("#chart-head");
    return new Promise((resolve) => {
      const watch = new MutationObserver(() => { if (head.dataset.granted === ticket) finish(true); });
      const end = setTimeout(() => finish(false), PATIENCE);
      function finish(answer) { watch.disconnect(); clearTimeout(end); resolve(answer); }
      watch.observe(head, { attributes: true, attributeFilter: ["data-granted"] });
      atlas.setProps("export-ask", { data: { ...request(), ticket } });
    });
  }

  async function picture() {
    const size = {
      width: Math.max(LEAST.width, plot.clientWidth),
      height: told.height ?? Math.max(LEAST.height, plot.clientHeight),
    };
    const { data, layout } = plot;
    const margin = layout.meta?.key ? { ...layout.margin, t: 64 } : layout.margin;
    const figure = { data, layout: { ...layout, margin, showlegend: layout.meta?.key || layout.showlegend } };
    const drawing = await window.Plotly.toImage(figure, { format: "svg", imageDataOnly: true, ...size });
    const pen = document.createElement("canvas").getContext("2d");
    const measure = (text, pixels) => {
      pen.font = `${pixels}px ${getComputedStyle(document.body).fontFamily}`;
      return pen.measureText(text).width * 1.03;
    };
    return { width: size.width, text: pictureOf(drawing, told, { ...size, retrieved: retrieved(), measure }) };
  }

  async function takeSvg() {
    const { text } = await picture();
    save(new Blob([text], { type: "image/svg+xml" }), "svg");
  }

  async function takePng(give) {
    const { text } = await picture();
    const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    try {
      const image = new Image();
      image.src = address;
      await image.decode();
      const canvas = el("canvas", { width: image.width * 2, height: image.height * 2 });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      await give(await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); }), "png");
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  async function copy(blob) {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    atlas.toast(say("chart.copied"));
  }

  const save = (blob, ending) => saveFile(blob, fileName(told, today(), ending));

  // -- on paper ---------------------------------------------------------------------------------------------------

  window.addEventListener("beforeprint", () => {
    if (sheet) takeAway(sheet);
    sheet = null;
    if (!view.chart || !told?.drawn || !plot?.isConnected) return;
    fitToPaper(atlas.map);
    if (!told.public) atlas.setProps("export-ask", { data: { ...request(), ticket: `print-${Date.now()}` } });
    sheet = sheetOf(plot, told, {
      before: [["p", told.watermark, "watermark"], ["h2", told.title, ""], ["p", told.handling, "handling"], ["p", told.filter, "chart-filter"]],
      after: [["p", told.summary, ""], ["p", told.source, ""], ...told.notes.map((text) => ["p", text, ""]), ["p", told.disclaimer, ""], ["p", retrieved(), "chart-print-address"]],
      chosen: chosen(), period: atlas.scene.periods[atlas.period]?.id,
    });
  });
  window.addEventListener("afterprint", () => {
    if (sheet) takeAway(sheet);
    sheet = null;
    fitToScreen(atlas.map);
  });

  // -- open and close ---------------------------------------------------------------------------------------------

  async function open() {
    view.chart ??= kindsOf(atlas.scene)[0] ?? "series";
    opener.setAttribute("aria-pressed", "true");
    atlas.sheet("charts", true);
    if (view.table && !matchMedia(WIDE).matches) await atlas.toggleTable(false);
    atlas.address();
    await atlas.dashReady;
    await atlas.appears("#chart-more");
    if (!view.chart) return;
    if (!parts) build();
    ask();
  }

  function close() {
    view.chart = null;
    asked = "null";
    told = null;
    unhover();
    opener.setAttribute("aria-pressed", "false");
    atlas.sheet("charts", false);
    document.body.classList.remove("charts-large");
    if (parts) document.querySelector(".chart-larger").textContent = say("chart.larger");
    atlas.address();
  }

  window.dash_clientside.atlas.chartDrawn = chartDrawn;
  for (const event of ["layer", "dress", "select", "settled", "pick", "filter", "sort"]) atlas.on(event, () => ask());
  atlas.on("drawer", (isOpen) => { if (isOpen && view.chart && !matchMedia(WIDE).matches) close(); });
  atlas.on("address", () => {
    if (view.chart) open();
    else if (document.body.classList.contains("charts-open")) close();
  });
  if (view.chart) open();
}
