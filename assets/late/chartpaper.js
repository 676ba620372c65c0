// An open chart on paper: a sheet of its own after the map, drawn anew at the width of a sheet when the page is printed.
import { MARK, marksOf } from "./chartmarks.js";
import { el } from "./ui.js";

const WIDTH = 690; // within the margins of A4 and Letter
const HEIGHT = 420;
const ROW = 20; // as the server draws them (dashboard/charts)
const FRAME = 56;
const KEY = 48;
const MOST = 20; // rows that stand together, whichever way the sheet is turned

/** Rows in pieces of about the same size that each fit on a sheet: first and last row, from 0. */
export function piecesOf(rows, most = MOST) {
  const count = Math.max(1, Math.ceil(rows / most));
  const ends = Array.from({ length: count + 1 }, (_, i) => Math.round((i * rows) / count));
  return ends.slice(1).map((end, i) => [ends[i], end - 1]);
}

/**
 * Layouts of the drawings that a chart is printed as: one, or of a chart that is as high as it has rows, one for each piece
 * of them, all with the heads of the columns.
 */
export function layoutsOf(layout, isTall, marks) {
  const own = { ...layout, shapes: [...(layout.shapes ?? []).filter(({ name }) => name !== MARK), ...marks], width: WIDTH, autosize: false };
  const keyed = { showlegend: true, margin: { ...layout.margin, t: 16 + KEY } };
  if (!isTall) return [{ ...own, height: HEIGHT, ...(layout.meta?.key ? keyed : {}) }];
  const [bottom, top] = layout.yaxis.range;
  return piecesOf(Math.round(bottom - top)).map(([first, last], i) => {
    const hasKey = Boolean(layout.meta?.key) && i === 0;
    return {
      ...own, ...(hasKey ? keyed : {}), height: (last - first + 1) * ROW + FRAME + (hasKey ? KEY : 0),
      yaxis: { ...layout.yaxis, range: [last + 0.5, first - 0.5] },
    };
  });
}

/** The watermark over a drawing, in one line that fits into it. */
function markOf(text, height) {
  const style = `font-size:${Math.min(34, 780 / text.length).toFixed(1)}px;transform:rotate(-${height < 240 ? 4 : 16}deg)`;
  return el("b", { class: "chart-print-mark", "aria-hidden": "true", text, style });
}

/** The sheet of a chart: what is said with it, and its drawings. `texts` are {before, after}, lines with a class each. */
export function sheetOf(plot, told, { before, after, chosen, period }) {
  const line = ([tag, text, name]) => (text ? el(tag, { text, class: name }) : null);
  const marks = marksOf(plot.layout.meta ?? {}, { chosen, period });
  const drawings = layoutsOf(plot.layout, Boolean(told.height), marks).map((layout) => [el("div", {}), layout]);
  const sheet = el("section", { id: "chart-print", lang: document.documentElement.lang },
    before.map(line),
    drawings.map(([box, layout]) => el("div", { class: "chart-print-piece" }, box,
      told.watermark ? markOf(told.watermark, layout.height) : null)),
    after.map(line));
  document.body.append(sheet);
  for (const [box, layout] of drawings) window.Plotly.newPlot(box, plot.data, layout, { staticPlot: true }); // drawn at once, before the page is printed
  return sheet;
}

let isOnPaper = false;
const PAPER = { width: 453, height: 393 }; // of the map on an upright sheet (assets/print.css)

/** Draw letters, lines and scale of the map at the size of the sheet, where the chart leaves it less room on the screen. */
export function fitToPaper(map) {
  if (!map.frame || map.frame.height >= PAPER.height) return;
  map.frame = PAPER;
  map.measure();
  isOnPaper = true;
}

/** The same for the screen again. */
export function fitToScreen(map) {
  if (!isOnPaper) return;
  isOnPaper = false;
  map.frame = null;
  map.measure();
}

export function takeAway(sheet) {
  for (const box of sheet.querySelectorAll(".js-plotly-plot")) window.Plotly.purge(box);
  sheet.remove();
}
