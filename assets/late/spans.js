// Which pixels of a view a place has: rows of pixels whose middle lies inside. Pure.

/**
 * Pixels of a place as [first, count, first, count, ...], first = row * width + column, from top to bottom.
 *
 * @param rings flat corners (x, y, x, y, ...) in map units, not closed
 * @param view {x, y, units, width, height}: upper left corner and size of a pixel in map units, size in pixels
 */
export function spansOf(rings, { x, y, units, width, height }) {
  const rows = new Map();
  let [first, last] = [height, -1];
  for (const ring of rings) {
    for (let i = 0, n = ring.length, j = n - 2; i < n; j = i, i += 2) {
      let [a, b, c, d] = [ring[j], ring[j + 1], ring[i], ring[i + 1]];
      if (b === d) continue;
      if (b > d) [a, b, c, d] = [c, d, a, b]; // from top to bottom, so that two places meet in one and the same line
      const from = Math.max(0, Math.ceil((b - y) / units - 0.5));
      const to = Math.min(height, Math.ceil((d - y) / units - 0.5));
      const slope = (c - a) / (d - b);
      for (let row = from; row < to; row += 1) {
        const at = (a + (y + (row + 0.5) * units - b) * slope - x) / units;
        const found = rows.get(row);
        if (found) found.push(at); else rows.set(row, [at]);
      }
      if (from < to) { first = Math.min(first, from); last = Math.max(last, to - 1); }
    }
  }
  const spans = [];
  for (let row = first; row <= last; row += 1) {
    const met = rows.get(row);
    if (!met) continue;
    met.sort((p, q) => p - q);
    for (let k = 0; k + 1 < met.length; k += 2) {
      const from = Math.max(0, Math.ceil(met[k] - 0.5));
      const to = Math.min(width, Math.ceil(met[k + 1] - 0.5));
      if (from < to) spans.push(row * width + from, to - from);
    }
  }
  return Int32Array.from(spans);
}
