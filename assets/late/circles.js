// The circles and signs of a symbol layer on one map: made once, the largest of all periods first, so that a step only changes sizes.
import { Discs, looksOf } from "./discs.js";
import { partsOf } from "./marks.js";
import { Sheet, pixelOf } from "./pixels.js";
import { Signs } from "./signs.js";
import { svgEl } from "./ui.js";

/** From so many places on, circles are drawn as few paths: a node for each costs a step more than the rest of the map. */
export const MANY = 200;
const LINE = 1.4; // width of a circle's line [pixels]
const INK = "#101a26";
const OPACITY = 0.62; // of what is inside, as in overlays.css

const round = (value) => Math.round(value * 10) / 10;

/** Path data of circles, [x, y, r] each; the other way round they are holes. */
export function discs(circles, sweep = 0) {
  return circles.map(([x, y, r]) => `M${round(x - r)} ${y}a${r} ${r} 0 1 ${sweep} ${round(2 * r)} 0a${r} ${r} 0 1 ${sweep} ${round(-2 * r)} 0`).join("");
}

/** Path data of the lines of circles, to be filled: to stroke many circles costs ten times as much. */
export function rings(circles, width) {
  const by = (share) => circles.map(([x, y, r]) => [x, y, round(Math.max(0, r + share * width))]);
  return discs(by(0.5)) + discs(by(-0.5), 1);
}

/** One node for each place. Radii are set by hand, which costs a step less than a rule that works them out. */
class Apart {
  constructor(shapes, order, colour) {
    this.of = new Map(order.map((i) => [i, svgEl("circle", { cx: shapes[i].x, cy: shapes[i].y, fill: colour, display: "none" })]));
    this.signs = new Signs(false);
    this.nodes = [...this.of.values(), this.signs.group];
  }

  draw(circles, signs, map) {
    this.signs.draw(signs, map);
    for (const [shape, node] of this.of) {
      const circle = circles.get(shape);
      node.classList.toggle("below", Boolean(circle?.negative));
      if (node.hasAttribute("display") === Boolean(circle)) {
        if (circle) node.removeAttribute("display"); else node.setAttribute("display", "none");
      }
      if (circle) node.setAttribute("r", map.radius(circle.k));
    }
  }
}

/**
 * Few paths, each of circles that lie together, so that a part of the picture is drawn from few of them: first all fills, then all
 * lines, which so stay whole where circles overlap, then the circles below zero, whose lines are dashed.
 */
class Joined {
  constructor(shapes, order, colour) {
    const [width, height] = ["x", "y"].map((axis) => 1 + Math.max(...order.map((i) => shapes[i][axis])));
    this.parts = partsOf(order.map((i) => shapes[i]), width, height).map((places) => {
      const [fills, lines, below] = ["fills", "lines", "below"].map((kind) => svgEl("path", { class: kind, fill: kind === "lines" ? null : colour }));
      return { places: places.map((at) => order[at]), fills, lines, below };
    });
    this.group = svgEl("g", { class: "discs" });
    this.group.append(...["fills", "lines", "below"].flatMap((kind) => this.parts.map((part) => part[kind])));
    this.signs = new Signs(true);
    this.nodes = [this.group, this.signs.group];
    this.looks = looksOf(pixelOf(colour), OPACITY, pixelOf(INK));
  }

  draw(circles, signs, map) {
    Object.assign(this, { circles, lacking: signs, map });
    map.pixels?.add(this);
    if (map.pixels?.isShown) this.drawPixels();
    else if (this.areAway) this.rest();
    else this.drawPaths();
  }

  /** Make ready to draw pixels. */
  warm() {
    const { view } = this.map.pixels.grid;
    this.sheet ??= new Sheet(this.group.parentNode, this.group);
    this.sheet.fit(view);
    this.discs = new Discs(view.width, view.height, LINE * view.density);
    this.placed = new WeakMap();
    this.write();
  }

  write() {
    const { circles, looks, map, sheet: { view, pixels } } = this;
    if (!this.placed.has(circles)) {
      this.placed.set(circles, this.discs.placed([...circles.values()].map(({ x, y, k, negative }) => (
        [(x - view.x) / view.units, (y - view.y) / view.units, Number(map.radius(k)) / view.units, negative]))));
    }
    const plane = this.discs.draw(this.placed.get(circles));
    for (let at = 0; at < plane.length; at += 1) pixels[at] = looks[plane[at]];
  }

  /** While steps follow one another: pixels, and the paths when they rest. */
  drawPixels() {
    if (this.sheet?.view !== this.map.pixels.grid.view) this.warm(); else this.write();
    this.sheet.show();
    this.signs.drawOn(this.sheet.context, this.lacking, this.sheet.view);
    if (!this.areAway) this.hide(true);
  }

  rest() {
    if (!this.areAway) return;
    this.drawPaths();
    this.sheet.remove();
    this.hide(false);
  }

  /**
   * Hide the paths, or show them again. A group that is faint as a whole is drawn apart first, which takes as long as all the rest:
   * so the sheet is made faint, and the group is not.
   */
  hide(areAway) {
    this.areAway = areAway;
    for (const node of this.nodes) node.style.display = areAway ? "none" : "";
    const whole = this.group.parentNode;
    if (!whole) return;
    this.sheet.canvas.style.opacity = whole.getAttribute("opacity");
    whole.style.opacity = areAway ? "1" : "";
  }

  drawPaths() {
    const { circles, map } = this;
    this.signs.draw(this.lacking, map);
    for (const { places, fills, lines, below } of this.parts) {
      const found = places.map((shape) => circles.get(shape)).filter(Boolean);
      const of = (isBelow) => found.filter(({ negative }) => negative === isBelow).map(({ x, y, k }) => [x, y, Number(map.radius(k))]);
      const above = of(false);
      fills.setAttribute("d", discs(above));
      lines.setAttribute("d", rings(above, LINE * map.units));
      below.setAttribute("d", discs(of(true)));
    }
  }
}

/** Circles for places (`shapes`), a colour, and the figures of all periods (`rows`), whatever their sign. */
export function circlesFor(shapes, rows, colour) {
  const most = shapes.map((_, i) => rows.reduce((top, row) => Math.max(top, Math.abs(row[i] ?? 0)), 0));
  const order = shapes.map((_, i) => i).filter((i) => most[i] > 0).sort((a, b) => most[b] - most[a]);
  return new (order.length < MANY ? Apart : Joined)(shapes, order, colour);
}
