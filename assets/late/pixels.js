// The fills of many places in pixels, while one period follows another: which pixels belong to a place is worked out once for a view,
// so that a step writes colours and nothing else. When the steps rest, the drawing itself is painted and takes its place again.
import { ringsOf } from "./overlay_rules.js";
import { spansOf } from "./spans.js";
import { svgEl } from "./ui.js";

/** From so many places on, painting pixels is cheaper than painting paths. */
export const MANY = 300;
const TILE = 24; // side of a pattern, in its own units
const SLICE = 6; // ms of working out in one go
const FINEST = 2; // pixels of a sheet for one of the page, at most: on finer screens nobody sees more while things move
const MOST = 1_500_000; // pixels of a sheet
const MARKER = { radius: 5.5, width: 1.2, stroke: "#101a26" }; // in pixels, as .marker of atlas.css

/** A colour such as #1f6f8b with an opacity, as one pixel. */
export function pixelOf(colour, opacity = 1) {
  const value = parseInt(colour.length === 4 ? colour.replace(/#(.)(.)(.)/, "#$1$1$2$2$3$3").slice(1) : colour.slice(1), 16);
  const [red, green, blue] = [value >> 16, (value >> 8) & 255, value & 255];
  return ((Math.round(opacity * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** A sheet of pixels that lies in the drawing over a view: {x, y, units, width, height, density}. */
export class Sheet {
  constructor(parent, before = null) {
    this.canvas = document.createElement("canvas");
    this.node = svgEl("foreignObject", { class: "pixels", "pointer-events": "none", "aria-hidden": "true" });
    this.node.append(this.canvas);
    this.place = [parent, before];
  }

  /** Make it as large as the view; its pixels are empty then. */
  fit(view) {
    const { canvas, node } = this;
    const { x, y, units, width, height } = view;
    this.view = view;
    Object.assign(canvas, { width, height });
    this.context = canvas.getContext("2d");
    this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    for (const [name, value] of Object.entries({ x, y, width: width * units, height: height * units })) node.setAttribute(name, value);
  }

  /** Bring some of its rows to the screen. */
  show(top = 0, bottom = this.canvas.height) {
    this.context.putImageData(this.image, 0, 0, 0, top, this.canvas.width, bottom - top);
    const [parent, before] = this.place;
    if (this.node.parentNode !== parent) parent.insertBefore(this.node, before);
  }

  remove() { this.node.remove(); }
}

export class Pixels {
  constructor(map) {
    this.map = map;
    this.isShown = false;
    this.parts = new Set(); // what else is drawn in pixels meanwhile: {group, warm(), rest()}
    this.sheet = new Sheet(map.svg, map.group.nextSibling);
    map.pixels = this;
    const settle = map.settle.bind(map);
    map.settle = () => {
      settle();
      this.prepare();
    };
    this.prepare();
  }

  /**
   * The part of what is seen in which there is something of the map, as the drawing has it: its view box is in whole units, and it
   * reaches beyond its own frame, under the legend.
   */
  view() {
    const { map } = this;
    const drawn = map.drawn.map((value) => Math.round(value));
    const { units, left, top } = map.fitted(drawn);
    const margin = map.largest + 2; // circles reach beyond the places
    const frame = map.svg.getBoundingClientRect();
    const seen = getComputedStyle(map.svg).overflow === "visible" ? map.svg.parentNode.getBoundingClientRect() : frame;
    const density = Math.max(1, Math.min(window.devicePixelRatio, FINEST, Math.sqrt(MOST / (seen.width * seen.height))));
    const sides = [[0, left, "width", seen.left - frame.left], [1, top, "height", seen.top - frame.top]];
    const [across, down] = sides.map(([axis, edge, side, before]) => {
      const from = drawn[axis] - edge * units;
      const first = Math.max(Math.floor(before), Math.floor(-from / units - margin));
      const end = Math.min(Math.ceil(before + seen[side]), Math.ceil((map.geometry[side] - from) / units + margin));
      return { at: from + first * units, pixels: Math.max(1, Math.round((end - first) * density)) };
    });
    return { x: across.at, y: down.at, units: units / density, width: across.pixels, height: down.pixels, density };
  }

  get areMany() { return this.map.nodes.length >= MANY; }

  /** Work out, while nothing happens, which pixels every place has in the view. */
  prepare() {
    const { map } = this;
    if (!this.areMany || !map.frame || map.isGliding) return;
    map.svg.style.willChange = "transform"; // a drawing that is a layer already need not be drawn anew when it begins to move
    const view = this.view();
    const key = Object.values(view).join(" ");
    if (this.grid?.key === key && this.grid.nodes === map.nodes) return;
    if (this.isShown) map.rest();
    const grid = this.grid = { key, view, nodes: map.nodes, spans: [], isReady: false };
    if (this.nodes !== map.nodes) {
      this.nodes = map.nodes;
      this.rings = [];
    }
    const go = (deadline) => {
      if (this.grid !== grid) return;
      const end = performance.now() + SLICE;
      while (grid.spans.length < grid.nodes.length && (performance.now() < end || deadline.timeRemaining() > 2)) {
        const i = grid.spans.length;
        const d = grid.nodes[i].getAttribute("d");
        this.rings[i] ??= d ? ringsOf(d).map((ring) => Float64Array.from(ring.flat())) : [];
        grid.spans.push(spansOf(this.rings[i], view));
      }
      if (grid.spans.length < grid.nodes.length) requestIdleCallback(go);
      else requestIdleCallback(() => { if (this.grid === grid) this.warm(); });
    };
    window.requestIdleCallback?.(go);
  }

  /** Make ready what the first step would else have to wait for. */
  warm() {
    this.sheet.fit(this.grid.view);
    this.grid.isReady = true;
    this.begin();
    this.write(this.map.fills.map((fill, i) => (this.map.hidden[i] ? null : fill)));
    for (const part of this.parts) if (part.group.isConnected) part.warm(); else this.parts.delete(part);
  }

  /** Draw a part with the fills: as pixels if they are pixels now. */
  add(part) {
    if (this.parts.has(part)) return;
    this.parts.add(part);
    if (this.grid?.isReady && !this.isShown) requestIdleCallback(() => { if (this.grid?.isReady && part.group.isConnected) part.warm(); });
  }

  /** Show the fills wanted; false if that cannot be done, and the drawing itself must be painted. */
  paint(wanted) {
    const { map, grid } = this;
    if (grid?.nodes !== map.nodes) this.prepare();
    if (this.grid !== grid || !grid?.isReady || map.dimmed || !map.borders.firstChild) return false;
    if (wanted.some((fill, i) => (fill === null) !== map.hidden[i])) return false;
    if (!this.isShown) {
      this.begin();
      map.svg.classList.add("in-pixels");
      this.isShown = true;
    }
    const [top, bottom] = this.write(wanted);
    if (top < bottom) this.sheet.show(top, bottom);
    this.markers(wanted);
    return true;
  }

  /** Write what has changed; return the rows [first, last + 1] that it lies in. */
  write(wanted) {
    const { grid, fills, sheet: { pixels } } = this;
    const { width, height } = grid.view;
    let [top, bottom] = [height, 0];
    for (let i = 0; i < wanted.length; i += 1) {
      if (wanted[i] === fills[i] || wanted[i] === null) continue;
      fills[i] = wanted[i];
      const spans = grid.spans[i];
      if (!spans.length) continue;
      this.color(pixels, spans, this.paintOf(wanted[i], this.opacities[i]), width);
      top = Math.min(top, Math.floor(spans[0] / width));
      bottom = Math.max(bottom, Math.floor(spans.at(-2) / width) + 1);
    }
    return [top, bottom];
  }

  begin() {
    const { map } = this;
    const base = Number(getComputedStyle(map.group).fillOpacity);
    this.sheet.pixels.fill(0);
    this.fills = map.nodes.map(() => null);
    this.marked = map.geometry.shapes.flatMap(({ marker }, i) => (marker ? [i] : []));
    this.paints = new Map();
    this.opacities = map.nodes.map((node) => base * (node.classList.contains("outside") ? 0.55 : 1));
  }

  color(pixels, spans, paint, width) {
    if (typeof paint === "number") {
      for (let k = 0; k < spans.length; k += 2) {
        for (let at = spans[k], end = at + spans[k + 1]; at < end; at += 1) pixels[at] = paint;
      }
      return;
    }
    const { tile, side } = paint;
    for (let k = 0; k < spans.length; k += 2) {
      const row = Math.floor(spans[k] / width);
      const from = (row % side) * side;
      for (let at = spans[k], end = at + spans[k + 1], x = at - row * width; at < end; at += 1, x += 1) pixels[at] = tile[from + (x % side)];
    }
  }

  /** A colour as a pixel, a pattern as a tile of pixels. */
  paintOf(fill, opacity) {
    const key = `${fill} ${opacity}`;
    if (!this.paints.has(key)) {
      this.paints.set(key, fill.startsWith("#") ? pixelOf(fill, opacity) : this.tileOf(fill, opacity));
    }
    return this.paints.get(key);
  }

  tileOf(fill, opacity) {
    const pattern = this.map.part(fill.slice(5, -1));
    const { x, y, units } = this.grid.view;
    const scale = Number(pattern.getAttribute("patternTransform").match(/[\d.]+/)[0]) / units;
    const side = Math.max(1, Math.round(TILE * scale));
    const [plain, moved] = [1, 2].map(() => (
      Object.assign(document.createElement("canvas"), { width: side, height: side }).getContext("2d", { willReadFrequently: true })));
    plain.scale(side / TILE, side / TILE);
    this.draw(plain, pattern);
    const [across, down] = [x, y].map((from) => (((-from / units) % side) + side) % side);
    for (const left of [across - side, across]) { // as a drawing does: what is drawn once is moved, not drawn anew
      for (const top of [down - side, down]) moved.drawImage(plain.canvas, left, top);
    }
    const tile = new Uint32Array(moved.getImageData(0, 0, side, side).data.buffer);
    return { tile: tile.map((pixel) => ((pixel & 0xffffff) | (Math.round(opacity * (pixel >>> 24)) << 24)) >>> 0), side };
  }

  /** Draw what a pattern holds: squares, lines, dots. */
  draw(context, pattern) {
    context.save();
    context.beginPath();
    context.rect(0, 0, TILE, TILE);
    context.clip();
    for (const node of pattern.children) {
      const read = (name) => node.getAttribute(name);
      const path = new Path2D();
      if (node.tagName === "rect") path.rect(0, 0, Number(read("width")), Number(read("height")));
      else if (node.tagName === "circle") path.arc(Number(read("cx")), Number(read("cy")), Number(read("r")), 0, 2 * Math.PI);
      else path.addPath(new Path2D(read("d")));
      if (read("fill") !== "none" && (read("fill") || !read("stroke"))) { context.fillStyle = read("fill") ?? "#000"; context.fill(path); }
      if (read("stroke")) { context.strokeStyle = read("stroke"); context.lineWidth = Number(read("stroke-width") ?? 1); context.stroke(path); }
    }
    context.restore();
  }

  markers(wanted) {
    const { map, sheet: { context } } = this;
    const { x, y, units, density } = this.grid.view;
    for (const i of this.marked) {
      if (!wanted[i]?.startsWith("#")) continue;
      const shape = map.geometry.shapes[i];
      context.beginPath();
      context.arc((shape.x - x) / units, (shape.y - y) / units, MARKER.radius * density, 0, 2 * Math.PI);
      Object.assign(context, { fillStyle: wanted[i], strokeStyle: MARKER.stroke, lineWidth: MARKER.width * density });
      context.fill();
      context.stroke();
    }
  }

  /** Take the pixels away; the other parts draw themselves one after the other, so that no frame takes long. */
  hide() {
    if (!this.isShown) return;
    this.isShown = false;
    this.map.svg.classList.remove("in-pixels");
    this.sheet.remove();
    const [...parts] = this.parts;
    const next = () => {
      if (this.isShown) return;
      parts.shift()?.rest();
      if (parts.length) requestIdleCallback(next);
    };
    requestIdleCallback(next);
  }

  /** Draw now what waits for its turn. */
  flush() { for (const part of this.parts) part.rest(); }
}
