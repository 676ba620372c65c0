// Circles in pixels: what is inside of any of them, and how much of every pixel their lines cover. Pure.
//
// A plane holds one value for every pixel: 256 for inside, and up to 255 for the line. Circles of a size look the same wherever they
// stand, so each size is worked out once, as a stamp; a place is kept to a quarter of a pixel, which is less than can be seen.

const FULL = 255;
const INSIDE = 256;
const PARTS = 4; // of a pixel
const DASH = [2.1, 1.4]; // of line and of gap, in widths of the line: of circles below zero

/**
 * Pixels of a circle whose middle is (x, y) of the pixel at (0, 0): rows [row, first column, count] of what is inside, and the
 * pixels [column, row] of its line with their shares, up to 255.
 */
export function stampOf(x, y, radius, line, isBelow = false) {
  const [inside, edge, shares] = [[], [], []];
  const reach = Math.ceil(radius + line / 2) + 1;
  for (let row = -reach; row <= reach; row += 1) {
    const columns = [];
    for (let column = -reach; column <= reach; column += 1) {
      const [dx, dy] = [column + 0.5 - x, row + 0.5 - y];
      const away = Math.hypot(dx, dy) - radius;
      if (away < 0) columns.push(column);
      const isGap = isBelow && ((Math.atan2(dy, dx) + Math.PI) * radius) % ((DASH[0] + DASH[1]) * line) > DASH[0] * line;
      const share = isGap ? 0 : Math.min(1, Math.max(0, line / 2 + 0.5 - Math.abs(away)));
      if (!share) continue;
      edge.push(column, row);
      shares.push(Math.round(share * FULL));
    }
    if (columns.length) inside.push(row, columns[0], columns.length);
  }
  return { inside: Int16Array.from(inside), edge: Int16Array.from(edge), shares: Uint8Array.from(shares), reach };
}

/** Draws circles into a plane of pixels. */
export class Discs {
  constructor(width, height, line) {
    Object.assign(this, { width, height, line, plane: new Uint16Array(width * height), stamps: new Map() });
  }

  /** The stamp of a circle, by parts of a pixel. */
  stamp(x, y, radius, isBelow) {
    const key = ((radius * PARTS + x) * PARTS + y) * 2 + (isBelow ? 1 : 0);
    let stamp = this.stamps.get(key);
    if (!stamp) {
      stamp = stampOf(x / PARTS, y / PARTS, radius / PARTS, this.line, isBelow);
      stamp.steps = Int32Array.from(stamp.shares, (_, k) => stamp.edge[2 * k + 1] * this.width + stamp.edge[2 * k]);
      this.stamps.set(key, stamp);
    }
    return stamp;
  }

  /** Where circles [x, y, radius, isBelow], in pixels, are stamped; those that lie outside are left out. */
  placed(circles) {
    const { width, height } = this;
    const found = [];
    for (const [x, y, radius, isBelow] of circles) {
      const [left, top] = [Math.round(x * PARTS), Math.round(y * PARTS)];
      const [column, row] = [Math.floor(left / PARTS), Math.floor(top / PARTS)];
      const stamp = this.stamp(left - column * PARTS, top - row * PARTS, Math.round(radius * PARTS), isBelow);
      const { reach } = stamp;
      if (column < -reach || row < -reach || column >= width + reach || row >= height + reach) continue;
      const isWhole = column >= reach && row >= reach && column < width - reach && row < height - reach;
      found.push({ stamp, column, row, isWhole });
    }
    return found;
  }

  /** Draw circles (`placed`) in place of those before: what is inside of them, then their lines. */
  draw(placed) {
    const { plane, width, height } = this;
    plane.fill(0);
    for (const { stamp: { inside }, column, row } of placed) {
      for (let k = 0; k < inside.length; k += 3) {
        const line = row + inside[k];
        if (line < 0 || line >= height) continue;
        const from = Math.max(0, column + inside[k + 1]);
        const to = Math.min(width, column + inside[k + 1] + inside[k + 2]);
        for (let at = line * width + from, end = line * width + to; at < end; at += 1) plane[at] = INSIDE;
      }
    }
    for (const { stamp: { steps, edge, shares }, column, row, isWhole } of placed) {
      const at = row * width + column;
      for (let k = 0; k < shares.length; k += 1) {
        if (!isWhole) {
          const [x, y] = [column + edge[2 * k], row + edge[2 * k + 1]];
          if (x < 0 || x >= width || y < 0 || y >= height) continue;
        }
        const before = plane[at + steps[k]];
        if ((before & FULL) < shares[k]) plane[at + steps[k]] = (before & INSIDE) | shares[k];
      }
    }
    return plane;
  }
}

/** What each value of a plane looks like, as pixels: the fill at its opacity, and the line over it. */
export function looksOf(fill, opacity, ink) {
  const [f, k] = [fill, ink].map((value) => [value & FULL, (value >> 8) & FULL, (value >> 16) & FULL]);
  return Uint32Array.from({ length: 2 * INSIDE }, (_, value) => {
    const [under, over] = [value >= INSIDE ? opacity : 0, (value & FULL) / FULL];
    const alpha = over + under * (1 - over);
    if (!alpha) return 0;
    const [red, green, blue] = [0, 1, 2].map((i) => Math.round((k[i] * over + f[i] * under * (1 - over)) / alpha));
    return ((Math.round(alpha * FULL) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}
