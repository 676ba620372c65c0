// Lines inside a place, worked out from its corners: those of a hatch, and one along the inside of its boundary. Pure.
//
// Lengths are in map units. A form is {rings, sides, box, area, length, x, y}: rings are flat (x, y, x, y, ...) and not closed, `x` and
// `y` a point inside. A frame [x0, y0, x1, y1] is what is seen of the map: nothing is worked out beyond it.

/** Widths of inner outlines as shares: a place that one of them would fill has the next narrower one. */
export const WIDTHS = [1, 0.5, 0.25];
/** The most that an inner outline may take of the way from the boundary to the middle of a place. */
export const MOST_DEEP = 0.4;
const NEAR = 0.92;
const JOINED = 3;
/** A line around an arm of a place is left out if it is shorter than so many times its depth: it would be a blot. */
const SHORTEST = 8;

/** The form of a place by its rings of [x, y] and a point inside. */
export function formOf(corners, [x, y]) {
  const rings = corners.filter((ring) => ring.length > 2).map((ring) => Float64Array.from(ring.flat()));
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const sides = [];
  let [area, length] = [0, 0];
  for (const ring of rings) {
    const { size, around } = measured(ring, box);
    const side = sideOf(ring, size, rings);
    sides.push(side);
    area += side * size;
    length += around;
  }
  return { rings, sides, box, area, length, x, y };
}

/** Area of a ring, positive if it turns from x to y, and its length; the box grows by it. */
function measured(ring, box) {
  let [size, around] = [0, 0];
  for (let i = 0, n = ring.length; i < n; i += 2) {
    const [x, y, u, v] = [ring[i], ring[i + 1], ring[(i + 2) % n], ring[(i + 3) % n]];
    size += (x * v - u * y) / 2;
    around += Math.hypot(u - x, v - y);
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return { size, around };
}

/** Whether a point lies in the rings, those of holes taken out. */
export function isIn(rings, x, y) {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, n = ring.length, j = n - 2; i < n; j = i, i += 2) {
      if ((ring[i + 1] > y) !== (ring[j + 1] > y)
        && x < ring[i] + ((y - ring[i + 1]) * (ring[j] - ring[i])) / (ring[j + 1] - ring[i + 1])) inside = !inside;
    }
  }
  return inside;
}

/** 1 if the inside of the place is where that of a ring of positive area is, or else -1. */
function sideOf(ring, size, rings) {
  const others = rings.filter((one) => one !== ring);
  const isHole = others.length > 0 && isIn(others, (ring[0] + ring[2]) / 2, (ring[1] + ring[3]) / 2);
  return (size > 0) === isHole ? -1 : 1;
}

const overlap = (a, b) => a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
/** Whether all of a form is seen. */
export const isWhole = ({ box }, frame) => box[0] >= frame[0] && box[1] >= frame[1] && box[2] <= frame[2] && box[3] <= frame[3];

/** Where the lines `at(x, y) = k * step` meet the rings: for every k the places along them, sorted. */
function crossings(rings, step, at, along, from, to) {
  const found = new Map();
  for (const ring of rings) {
    for (let i = 0, n = ring.length, j = n - 2; i < n; j = i, i += 2) {
      const [a, b] = [at(ring[j], ring[j + 1]), at(ring[i], ring[i + 1])];
      const last = Math.min(Math.ceil(Math.max(a, b) / step) - 1, to);
      for (let k = Math.max(Math.ceil(Math.min(a, b) / step), from); k <= last; k += 1) {
        const [p, q] = [along(ring[j], ring[j + 1]), along(ring[i], ring[i + 1])];
        const met = p + ((k * step - a) / (b - a)) * (q - p);
        const row = found.get(k);
        if (row) row.push(met); else found.set(k, [met]);
      }
    }
  }
  for (const row of found.values()) row.sort((p, q) => p - q);
  return found;
}

const slant = (x, y) => x - y;
const across = (x) => x;

/** The slanting line x - y = c as far as it runs inside and is seen: [x from, x to, ...]. */
function seen(row, c, frame) {
  const [first, last] = [Math.max(frame[0], frame[1] + c), Math.min(frame[2], frame[3] + c)];
  const parts = [];
  for (let i = 0; i + 1 < row.length; i += 2) {
    const [from, to] = [Math.max(row[i], first), Math.min(row[i + 1], last)];
    if (to > from) parts.push(from, to);
  }
  return parts;
}

/**
 * Hatch lines of a form: those of a wide hatch, and those between them that make it a close one. All lie on x - y = k * step of the
 * whole map, so they run on from place to place. A place that lies between two lines has one through its middle.
 */
export function hatchOf(form, step, frame) {
  const lines = { wide: [], between: [] };
  if (!overlap(form.box, frame)) return lines;
  const [from, to] = [Math.ceil((frame[0] - frame[3]) / step), Math.floor((frame[2] - frame[1]) / step)];
  for (const [k, row] of crossings(form.rings, step, slant, across, from, to)) {
    const parts = seen(row, k * step, frame);
    const into = k % 2 ? lines.between : lines.wide;
    for (let i = 0; i < parts.length; i += 2) into.push([parts[i], parts[i] - k * step, parts[i + 1] - parts[i]]);
  }
  if (!lines.wide.length) {
    const c = form.x - form.y;
    const row = crossings(form.rings, 1, (x, y) => x - y - c, across, 0, 0).get(0) ?? [];
    const parts = seen(row, c, frame);
    for (let i = 0; i < parts.length; i += 2) lines.wide.push([parts[i], parts[i] - c, parts[i + 1] - parts[i]]);
  }
  return lines;
}

/** Points of a net that lie in a form, for the mark of a place without a figure; its middle if the net has none there. */
export function dotsOf(form, step, frame) {
  if (!overlap(form.box, frame)) return [];
  const dots = [];
  const shift = (x, y) => y - step / 2;
  const [from, to] = [Math.ceil(frame[1] / step - 0.5), Math.floor(frame[3] / step - 0.5)];
  for (const [k, row] of crossings(form.rings, step, shift, across, from, to)) {
    for (let i = 0; i + 1 < row.length; i += 2) {
      const [first, last] = [Math.max(row[i], frame[0]), Math.min(row[i + 1], frame[2])];
      for (let n = Math.ceil(first / step - 0.5); (n + 0.5) * step <= last; n += 1) dots.push([(n + 0.5) * step, (k + 0.5) * step]);
    }
  }
  return dots.length ? dots : [[form.x, form.y]];
}

/** The share of its full width (`WIDTHS`) that an inner outline has in a form, so that the fill of the first layer stays seen. */
export function widthOf({ area, length }, width) {
  const room = MOST_DEEP * 2 * (area / length);
  return WIDTHS.find((share) => share * width <= room) ?? WIDTHS.at(-1);
}

/** A ring without corners that are nearer to the one before than `least`; the ring itself if too few are left. */
function thinned(ring, least) {
  const kept = [ring[0], ring[1]];
  for (let i = 2; i < ring.length; i += 2) {
    if (Math.hypot(ring[i] - kept.at(-2), ring[i + 1] - kept.at(-1)) >= least) kept.push(ring[i], ring[i + 1]);
  }
  return kept.length < 8 ? ring : kept;
}

/** Whether no boundary is nearer to a point than `least`. */
function isClear(edges, x, y, least) {
  const most = least * least;
  for (let i = 0; i < edges.length; i += 5) {
    const [px, py] = [x - edges[i], y - edges[i + 1]];
    const [dx, dy] = [edges[i + 2], edges[i + 3]];
    let t = (px * dx + py * dy) * edges[i + 4];
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    const [u, v] = [px - t * dx, py - t * dy];
    if (u * u + v * v < most) return false;
  }
  return true;
}

/** Edges near the frame as x, y, dx, dy, 1 / length². */
function edgesOf(rings, frame, depth) {
  const near = [frame[0] - depth, frame[1] - depth, frame[2] + depth, frame[3] + depth];
  const edges = [];
  for (const ring of rings) {
    for (let i = 0, n = ring.length; i < n; i += 2) {
      const [x, y, u, v] = [ring[i], ring[i + 1], ring[(i + 2) % n], ring[(i + 3) % n]];
      const box = [Math.min(x, u), Math.min(y, v), Math.max(x, u), Math.max(y, v)];
      const square = (u - x) ** 2 + (v - y) ** 2;
      if (square && overlap(box, near)) edges.push(x, y, u - x, v - y, 1 / square);
    }
  }
  return edges;
}

/** Points at `depth` inside a ring, in its order; null where there is no room for one. */
function pointsInside(ring, side, depth, gap, isRoom) {
  const points = [];
  const n = ring.length;
  let before = null;
  for (let i = 0; i <= n; i += 2) { // the first edge comes again, for the corner before it
    const [x, y, u, v] = [ring[i % n], ring[(i + 1) % n], ring[(i + 2) % n], ring[(i + 3) % n]];
    const length = Math.hypot(u - x, v - y);
    if (!length) continue;
    const normal = [(-side * (v - y)) / length, (side * (u - x)) / length];
    if (before && before[0] * normal[0] + before[1] * normal[1] < 0.5) { // round an inner corner
      const [p, q] = [before[0] + normal[0], before[1] + normal[1]];
      const sum = Math.hypot(p, q);
      if (sum > 0.1) points.push(isRoom(x + (p / sum) * depth, y + (q / sum) * depth));
    }
    before = normal;
    const steps = Math.max(1, Math.ceil(length / gap));
    for (let k = 0; k <= steps; k += 1) {
      points.push(isRoom(x + ((u - x) * k) / steps + normal[0] * depth, y + ((v - y) * k) / steps + normal[1] * depth));
    }
  }
  return points;
}

/** Lines through the points that follow one another; a short way without room is passed over. */
function joined(points, most) {
  const lines = [];
  let line = null;
  for (const point of points) {
    if (!point) continue;
    const last = line?.at(-1);
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) <= most) line.push(point);
    else lines.push(line = [point]);
  }
  return lines.filter((one) => one.length > 1);
}

/** A line without the points that lie less than `least` aside of it (Douglas and Peucker's way). */
function straightened(line, least) {
  const kept = new Uint8Array(line.length);
  kept[0] = 1;
  kept[line.length - 1] = 1;
  const parts = [[0, line.length - 1]];
  while (parts.length) {
    const [from, to] = parts.pop();
    const [[x, y], [u, v]] = [line[from], line[to]];
    const length = Math.hypot(u - x, v - y);
    let [worst, at] = [least, 0];
    for (let i = from + 1; i < to; i += 1) {
      const [p, q] = [line[i][0] - x, line[i][1] - y];
      const off = length ? Math.abs(p * (v - y) - q * (u - x)) / length : Math.hypot(p, q);
      if (off > worst) [worst, at] = [off, i];
    }
    if (at) {
      kept[at] = 1;
      parts.push([from, at], [at, to]);
    }
  }
  return line.filter((_, i) => kept[i]);
}

/**
 * Lines along the inside of a boundary, `depth` from it, as lists of [x, y]. A place without room for one has a short one in its middle.
 *
 * `unit` is how fine a line is drawn: what is smaller cannot be seen.
 */
export function insetOf(form, depth, unit, frame) {
  if (!overlap(form.box, frame)) return [];
  const rings = form.rings.map((ring) => thinned(ring, 0.6 * unit));
  const edges = edgesOf(rings, frame, depth);
  const gap = Math.min(2.5 * unit, form.length / 24);
  const isRoom = (x, y) => {
    const isSeen = x >= frame[0] - gap && x <= frame[2] + gap && y >= frame[1] - gap && y <= frame[3] + gap;
    return isSeen && isClear(edges, x, y, NEAR * depth) && isIn(rings, x, y) ? [x, y] : null;
  };
  const lines = rings.flatMap((ring, i) => joined(pointsInside(ring, form.sides[i], depth, gap, isRoom), JOINED * gap))
    .map((line) => straightened(line, 0.4 * Math.min(unit, depth)));
  const long = lines.filter((line) => line.reduce((sum, [x, y], i) => sum + (i ? Math.hypot(x - line[i - 1][0], y - line[i - 1][1]) : 0), 0)
    >= SHORTEST * depth);
  if (long.length) return long;
  if (lines.length || !isWhole(form, frame)) return lines;
  return [[[form.x - depth, form.y], [form.x + depth, form.y]]];
}
