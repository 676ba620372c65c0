// Draws the second layer over the fills of the first as hatches or inner outlines. A step moves lines that are worked out already from
// one path to another: each part of the map has one path for every mark, so that little is touched and little drawn.
import * as F from "./strokes.js";
import { ringsOf } from "./overlay_rules.js";
import { svgEl } from "./ui.js";

const STROKE = "#101a26";
/** In pixels: between the lines of a close hatch along x, the radius of a dot, the radius of a marker. */
const STEP = 6;
const DOT = 1.7;
const MARKER = 5.5;
/** Widths of the lines of hatches and of inner outlines by mark, in pixels (dashboard/export/marks.py draws the same). */
const HATCHES = { m: 0.7, t: 1.3, w: 0.8 };
const BANDS = { m: 1.8, t: 4, w: 2 };
const GAP = 1.4; // of the first layer's fill, between the boundary and the outline
const DASHES = "calc(var(--u) * 2px) calc(var(--u) * 4px)";
const LINE = { fill: "none", stroke: STROKE, "stroke-linejoin": "bevel" };
const LOOKS = { hatch: { m: LINE, t: LINE, w: { ...LINE, fill: "#fff" } }, outline: { m: LINE, t: LINE, w: LINE } };
const PLACES = 40; // of one part of the map, about
const SLICE = 8; // ms of working out lines in one frame

const point = (x, y) => `${x} ${y}`;

/** Points and lines as path data, rounded to what can be seen. */
function writer(units) {
  const decimals = units >= 4 ? 0 : units >= 0.4 ? 1 : 2;
  const round = (value) => Number(value.toFixed(decimals));
  return {
    slants: (lines) => lines.map(([x, y, by]) => `M${point(round(x), round(y))}l${point(round(by), round(by))}`).join(""),
    dots: (dots) => {
      const r = round(DOT * units);
      return dots.map(([x, y]) => `M${point(round(x) - r, round(y))}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`).join("");
    },
    lines: (lines) => lines.map((line) => `M${line.map(([x, y]) => point(round(x), round(y))).join("L")}`).join(""),
  };
}

/** Numbers of places that lie together, by the places' middles. */
export function partsOf(shapes, width, height) {
  const side = Math.max(1, Math.round(Math.sqrt(shapes.length / PLACES)));
  const parts = new Map();
  shapes.forEach(({ x, y }, i) => {
    const at = Math.floor((x / width) * side) * 1000 + Math.floor((y / height) * side);
    if (!parts.has(at)) parts.set(at, []);
    parts.get(at).push(i);
  });
  return [...parts.values()];
}

export class Marks {
  constructor(map) {
    this.map = map;
    this.root = svgEl("g");
    this.nodes = null;
    const settle = map.settle.bind(map);
    map.settle = () => {
      settle();
      if (this.marks) this.rescale();
    };
  }

  /** Draw the marks of all places (`markOf` of each) as a hatch or outline; null draws nothing. */
  draw(fill, marks) {
    const { map } = this;
    const group = map.part("second");
    this.marks = marks;
    if (!marks) {
      group.replaceChildren();
      return;
    }
    if (this.nodes !== map.nodes || this.fill !== fill) this.begin(fill);
    if (this.root.parentNode !== group || group.childNodes.length > 1) group.replaceChildren(this.root);
    if (!map.frame) return; // a map that is not seen is drawn when it is
    const isOther = this.measure();
    for (const part of this.parts) this.paint(part);
    if (isOther) this.prepare();
  }

  /** Draw the same, where places have been dimmed or are no longer. */
  again() { if (this.marks) this.draw(this.fill, this.marks); }

  /** Work out the lines of other periods while nothing happens, so that a step only moves them. */
  prepare() {
    const { scale, nodes, fill } = this;
    let next = 0;
    const go = (deadline) => {
      while (next < nodes.length && deadline.timeRemaining() > 2) {
        if (this.scale !== scale || this.nodes !== nodes || this.fill !== fill || !this.marks) return;
        for (const mark of ["m", "t"]) this.dataOf(next, mark);
        next += 1;
      }
      if (next < nodes.length) requestIdleCallback(go);
    };
    window.requestIdleCallback?.(go);
  }

  begin(fill) {
    const { map } = this;
    Object.assign(this, { nodes: map.nodes, fill, scale: null, frame: null });
    this.forms = map.nodes.map(() => null);
    this.lines = map.nodes.map(() => ({}));
    const { shapes, width, height } = map.geometry;
    this.parts = partsOf(shapes, width, height).map((places) => ({ places, key: "", paths: new Map() }));
    this.root.replaceChildren(...this.parts.map((part) => { part.group = svgEl("g"); return part.group; }));
  }

  /** What is seen of the map, and how large a pixel is; lines that are of another scale, or were cut off, are worked out anew. */
  measure() {
    const { units, left, top } = this.map.fitted(this.map.drawn);
    const { width, height } = this.map.frame;
    const [x, y] = this.map.drawn;
    const [x0, y0] = [x - left * units, y - top * units];
    const frame = [x0, y0, x0 + width * units, y0 + height * units];
    if (this.scale === units && frame.every((value, i) => value === this.frame[i])) return false;
    const isScaled = this.scale !== units;
    Object.assign(this, { scale: units, frame, write: writer(units) });
    this.lines.forEach((found, i) => { if (isScaled || !found.isWhole) this.lines[i] = {}; });
    if (isScaled) this.forms.forEach((form, i) => { if (form?.isMarker) this.forms[i] = null; });
    for (const part of this.parts) part.key = "";
    return true;
  }

  /** After the view has moved: first what there is time for, the rest in the next frames. */
  rescale() {
    if (this.root.parentNode !== this.map.part("second") || !this.map.frame || !this.measure()) return;
    cancelAnimationFrame(this.turn);
    const left = [...this.parts];
    const go = () => {
      const end = performance.now() + SLICE;
      while (left.length && performance.now() < end) this.paint(left.pop());
      if (left.length) this.turn = requestAnimationFrame(go);
      else this.prepare();
    };
    go();
  }

  form(i) {
    if (!this.forms[i]) {
      const shape = this.map.geometry.shapes[i];
      const d = this.nodes[i].getAttribute("d");
      this.forms[i] = F.formOf(d ? ringsOf(d) : [this.ring(shape)], [shape.x, shape.y]);
      this.forms[i].isMarker = !d;
    }
    return this.forms[i];
  }

  /** A marker, which has the same size at any scale. */
  ring({ x, y }) {
    return Array.from({ length: 16 }, (_, k) => {
      const angle = (k * Math.PI) / 8;
      return [x + Math.cos(angle) * MARKER * this.scale, y + Math.sin(angle) * MARKER * this.scale];
    });
  }

  /** Path data of a place's mark, by the name of the path that it belongs to. */
  dataOf(i, mark) {
    const found = this.lines[i];
    if (!found[mark]) {
      const form = this.form(i);
      found.isWhole = F.isWhole(form, this.frame);
      Object.assign(found, this.fill === "hatch" ? this.hatch(form, mark) : { [mark]: this.outline(form, mark) });
    }
    return found[mark];
  }

  hatch(form, mark) {
    const { scale, frame, write } = this;
    if (mark === "w") return { w: ["w", write.dots(F.dotsOf(form, 2 * STEP * scale, frame))] };
    const { wide, between } = F.hatchOf(form, STEP * scale, frame);
    const m = write.slants(wide);
    return { m: ["m", m], t: ["t", m + write.slants(between)] };
  }

  outline(form, mark) {
    const { scale, frame, write } = this;
    const share = F.widthOf(form, (GAP + BANDS.t) * scale); // the same for all marks of a place, so that each stays what it is
    return [`${mark} ${share}`, write.lines(F.insetOf(form, share * (GAP + BANDS[mark] / 2) * scale, scale, frame))];
  }

  /** Put the lines of a part of the map into its paths, if they are not those that it shows. */
  paint(part) {
    const { map, marks } = this;
    const isDim = (i) => map.dimmed && this.nodes[i].classList.contains("dim");
    const key = part.places.map((i) => `${marks[i] ?? "-"}${isDim(i) ? "d" : ""}`).join("");
    if (key === part.key) return;
    part.key = key;
    const found = new Map();
    for (const i of part.places) {
      const mark = marks[i];
      if (mark === null || mark === "l") continue;
      const [name, d] = this.dataOf(i, mark);
      if (!d) continue;
      const full = isDim(i) ? `${name} dim` : name;
      if (!found.has(full)) found.set(full, { d: [], places: [] });
      found.get(full).d.push(d);
      found.get(full).places.push(i);
    }
    for (const [name, path] of part.paths) if (!found.has(name)) { path.remove(); part.paths.delete(name); }
    for (const [name, { d, places }] of found) {
      const path = part.paths.get(name) ?? this.path(name, part);
      path.setAttribute("d", d.join(""));
      path.dataset.units = places.join(" ");
    }
  }

  path(name, part) {
    const [mark, share] = name.split(" ");
    const path = svgEl("path", { ...LOOKS[this.fill][mark], class: name.endsWith("dim") ? "dim" : null, "data-mark": mark });
    const width = this.fill === "hatch" ? HATCHES[mark] : BANDS[mark] * share;
    path.style.strokeWidth = `calc(var(--u) * ${width}px)`;
    if (this.fill === "outline" && mark === "w") path.style.strokeDasharray = DASHES;
    part.group.append(path);
    part.paths.set(name, path);
    return path;
  }
}
