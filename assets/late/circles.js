// The circles of a symbol layer on one map: made once, the largest of all periods first, so that a step only changes sizes.
import { partsOf } from "./marks.js";
import { svgEl } from "./ui.js";

/** From so many places on, circles are drawn as few paths: a node for each costs a step more than the rest of the map. */
export const MANY = 200;
const LINE = 1.4; // width of a circle's line [pixels]

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
    this.nodes = [...this.of.values()];
  }

  draw(circles, map) {
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
    this.nodes = ["fills", "lines", "below"].flatMap((kind) => this.parts.map((part) => part[kind]));
  }

  draw(circles, map) {
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
