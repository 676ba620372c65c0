// The table as a file: the rows that it shows, and all that must be said with them. Pure functions, tested with node.
import { figureText, otherPeriod } from "./bivariate.js";
import { ownPeriod, qualifierOf, say } from "../scene.js";
import { statusText } from "./table.js";

const isNumber = (value) => typeof value === "number";

/** Columns of the second layer, each with its own period and status: a heading and what it says of a row. */
function secondColumns({ pair, words, period }) {
  const { second } = pair;
  const other = otherPeriod(pair, period);
  const named = (key) => `${second.title}: ${say(words, key)}`;
  const state = ({ series: { shape } }) => (other === null ? "-" : second.states[other][shape]);
  return [
    [`${second.title} (${second.unit})`, (row) => (state(row) === "v" ? second.values[other][row.series.shape] : null)],
    [named("chart.col_period"), (row) => (
      state(row) === "-" ? null : second.periods[ownPeriod(second, other, row.series.shape)].label)],
    [named("chart.col_status"), (row) => (
      state(row) === "-" ? figureText(pair, words, period, row.series.shape) : statusText(second, words, other, row.series.shape))],
  ];
}

/** Columns of a file that stand for one of the table. */
function columnsOf(shown, { field, heading }, rows) {
  const { scene, units, words, period } = shown;
  if (field === "second") return shown.pair ? secondColumns(shown) : [];
  if (field === "place") {
    const pcode = ({ series: { shape } }) => units[shape].pcode ?? null;
    const more = rows.some(pcode) ? [[say(words, "table.file_pcode"), pcode]] : [];
    return [[heading, (row) => row.place], [say(words, "table.file_id"), (row) => row.id], ...more];
  }
  if (field !== "value") return [[heading, (row) => row[field]]];
  const isHeld = (row) => row.state === "v";
  const end = (ends) => (row) => (isHeld(row) ? ends?.[period][row.series.shape] ?? null : null);
  const ends = [["low", end(scene.low)], ["high", end(scene.high)]];
  const isWorded = (row) => isHeld(row) && (scene.mark === "range" || scene.categories || qualifierOf(scene, period, row.series.shape) !== "exact");
  return [
    [heading, (row) => (isHeld(row) ? row.value : null)],
    ...(ends.some(([, of]) => rows.some((row) => isNumber(of(row)))) ? ends.map(([name, of]) => [say(words, `chart.col_${name}`), of]) : []),
    ...(rows.some(isWorded) ? [[say(words, "table.file_shown"), (row) => row.shown]] : []),
  ];
}

/** The layers of a table, each with the period of it that is shown. */
function layersOf({ scene, pair, period }) {
  const other = pair ? otherPeriod(pair, period) : null;
  return [[scene, period], ...(other === null ? [] : [[pair.second, other]])];
}

/** Sources of the rows, and their caveats after those of the layers, each once. */
function sourcesOf(shown, rows) {
  const layers = layersOf(shown);
  const used = layers.flatMap(([one, period]) => (
    rows.map(({ series: { shape } }) => one.sources[one.source[period][shape]]).filter(Boolean)));
  return {
    sources: [...new Set(used.map(({ publisher, title }) => `${publisher}: ${title}`))],
    caveats: [...new Set([...layers.flatMap(([one]) => one.caveats), ...used.map(({ caveat }) => caveat)])].filter(Boolean),
  };
}

/**
 * What a file says (csvOf and fileName of chartfile.js). `shown` is {scene, pair, units, words, period, when, watermark,
 * caption, conditions, disclaimer}; `columns` are {field, heading} and `rows` those of the table, in its order.
 */
export function tableFile(shown, columns, rows) {
  const { words, scene } = shown;
  const { sources, caveats } = sourcesOf(shown, rows);
  const made = columns.filter(({ field }) => field !== "picked" && field !== "series")
    .flatMap((column) => columnsOf(shown, column, rows));
  return {
    layer: [scene.indicator, shown.pair?.second.indicator].filter(Boolean).join("-"),
    kind: "table",
    title: shown.caption,
    watermark: shown.watermark,
    source: sources.length ? say(words, "tip.source", { source: sources.join("; ") }) : "",
    notes: [
      say(words, "table.file_period", { period: shown.when }), say(words, "table.file_unit", { unit: scene.unit }),
      ...shown.conditions, ...caveats,
    ],
    disclaimer: shown.disclaimer,
    columns: made.map(([heading]) => heading),
    rows: rows.map((row) => made.map(([, of]) => of(row))),
  };
}
