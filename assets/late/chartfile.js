// A chart as a file: data as CSV, picture as SVG with everything that must travel with it. Pure functions, tested with node.

const QUOTED = /[",\n\r]/;
const FORMULA = /^([=@\t\r]|[+-](?!\d))/;

/** A cell of a CSV file; a text that a spreadsheet would take for a formula is kept a text. */
export function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** All that must be said with a chart, line by line, the most important first. */
export function tellingLines(told, retrieved) {
  return [told.watermark, told.handling, told.filter, told.source, ...told.notes, told.disclaimer, retrieved].filter(Boolean);
}

/** Exactly what a chart shows, as CSV; what must be said with it stands above as comments. */
export function csvOf(told, retrieved) {
  const comments = [told.title, ...tellingLines(told, retrieved)].map((line) => `# ${line.replace(/\s+/g, " ")}`);
  const rows = [told.columns, ...told.rows].map((row) => row.map(csvCell).join(","));
  return `\ufeff${[...comments, ...rows].join("\r\n")}\r\n`;
}

/** Kind of content of such a file. */
export const CSV = "text/csv;charset=utf-8";

/** Text in lines that are no wider than `room`; `width` measures a text. */
export function wrapText(text, room, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line ? `${line} ${word}` : word;
    if (line && width(longer) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line ? [...lines, line] : lines;
}

const escapeXml = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif";
const PAD = 16;
const [TITLE, SMALL] = [16, 11];

function written(lines, y, size, more = "") {
  return lines.map((line, i) => `<text x="${PAD}" y="${y + (i + 1) * size * 1.4}" font-size="${size}" ${more}>${escapeXml(line)}</text>`).join("");
}

/**
 * The picture of a chart: title above, source, notes and disclaimer below, and over it that its figures are invented.
 * `drawing` is an SVG of `width` and `height`; `measure(text, size)` is the width of a text.
 */
export function pictureOf(drawing, told, { width, height, retrieved, measure }) {
  const room = width - 2 * PAD;
  const fit = (text, size) => wrapText(text, room, (one) => measure(one, size));
  const title = fit(told.title, TITLE);
  const marks = told.watermark ? fit(told.watermark, 13) : [];
  const lines = tellingLines({ ...told, watermark: "" }, retrieved).flatMap((line) => fit(line, SMALL));
  const top = PAD / 2 + title.length * TITLE * 1.4 + marks.length * 13 * 1.4 + 8;
  const bottom = lines.length * SMALL * 1.4 + PAD + 8;
  const total = Math.ceil(top + height + bottom);
  const inner = drawing.replace(/^[\s\S]*?<svg/, `<svg x="0" y="${top}"`);
  const across = told.watermark
    ? `<text x="${width / 2}" y="${top + height / 2}" font-size="${Math.min(34, width / 26)}" font-weight="700" fill="#6b5310" fill-opacity=".16" text-anchor="middle" transform="rotate(-16 ${width / 2} ${top + height / 2})">${escapeXml(told.watermark)}</text>` : "";
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family="${FONT}" fill="#17202b">`
    + `<title>${escapeXml(told.title)}</title><desc>${escapeXml(told.summary)}</desc><rect width="${width}" height="${total}" fill="#fff"/>`
    + written(title, PAD / 2, TITLE, 'font-weight="650"')
    + written(marks, PAD / 2 + title.length * TITLE * 1.4, 13, 'font-weight="700" fill="#6b5310"')
    + inner + across
    + written(lines, top + height + 4, SMALL, 'fill="#3d4957"')
    + "</svg>";
}

/** The day of today, as a file names it. */
export const today = () => new Date().toISOString().slice(0, 10);

/** Name of a file: layer, kind of chart and date. */
export function fileName(told, day, ending) {
  return `${told.layer}-${told.kind}-${day}.${ending}`;
}
