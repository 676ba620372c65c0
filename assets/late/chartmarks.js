// What is emphasised in a chart, as shapes that Plotly draws over it; pure functions, tested with node.

export const MARK = "mark";
const INK = "#17202b";
const ACCENT = "#1d4f80";
const STYLES = {
  hover: { radius: 10, line: { color: INK, width: 2.4 } },
  chosen: { radius: 8, line: { color: ACCENT, width: 3 } },
};

function around([x, y], { radius, line }) {
  return {
    name: MARK, type: "circle", xref: "x", yref: "y", xsizemode: "pixel", ysizemode: "pixel", xanchor: x, yanchor: y,
    x0: -radius, x1: radius, y0: -radius, y1: radius, line, fillcolor: "rgba(0,0,0,0)",
  };
}

function alongRow(row, { line }) {
  return {
    name: MARK, type: "rect", xref: "paper", yref: "y", x0: 0, x1: 1, y0: row - 0.5, y1: row + 0.5, line,
    fillcolor: "rgba(0,0,0,0)",
  };
}

/** A line stands out by itself: only the place that is pointed at is marked on it. */
const isLine = (meta, id) => (meta.spots?.[id]?.length ?? 0) > 1;

function placeMarks(meta, id, style) {
  if (id in (meta.rows ?? {})) return [alongRow(meta.rows[id], style)];
  return (meta.spots?.[id] ?? []).map((spot) => around(spot, style));
}

function periodMark(meta, id) {
  if (!(id in (meta.periods ?? {}))) return [];
  const at = meta.periods[id];
  const isGrid = Object.keys(meta.rows ?? {}).length > 0;
  const line = { color: ACCENT, width: 2 };
  return [isGrid
    ? { name: MARK, type: "rect", xref: "x", yref: "paper", x0: at - 0.5, x1: at + 0.5, y0: 0, y1: 1, line, fillcolor: "rgba(0,0,0,0)" }
    : { name: MARK, type: "line", xref: "x", yref: "paper", x0: at, x1: at, y0: 0, y1: 1, line, layer: "below" }];
}

/** Shapes for the period of the map, the chosen places and the one that is pointed at; `meta` is that of the figure. */
export function marksOf(meta, { hovered = null, chosen = [], period = null }) {
  return [
    ...periodMark(meta, period),
    ...chosen.filter((id) => id !== hovered && !isLine(meta, id)).flatMap((id) => placeMarks(meta, id, STYLES.chosen)),
    ...(hovered === null ? [] : placeMarks(meta, hovered, STYLES.hover)),
  ];
}

/** The place that a point of a chart stands for, or null. */
export function placeAt(meta, point) {
  const rows = Object.entries(meta.rows ?? {});
  if (rows.length) return rows.find(([, row]) => row === point.y)?.[0] ?? null;
  return point.customdata?.[0] || null;
}
