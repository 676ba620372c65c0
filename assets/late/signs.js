// The signs of places without a figure, over the fills: a node for each where there are few, two paths for all where there are many.
import { SIGNS } from "./overlay_rules.js";
import { svgEl } from "./ui.js";

const KINDS = [["ov-sign", "#fff", 3.4], ["ov-sign ink", "#101a26", 1.3]]; // the light edge, and what lies on it (overlays.css)
const signOf = (state) => SIGNS[state] ?? SIGNS.n;

/** Path data of a sign around a place, so many map units a pixel. */
export function signAt(state, x, y, units) {
  const round = (value) => Math.round(value * 100) / 100;
  return signOf(state).replace(/([ML])(\S+) ([^A-Z]+)|([HV])([^A-Z]+)/g, (_, kind, across, down, straight, to) => {
    if (kind) return `${kind}${round(x + across * units)} ${round(y + down * units)}`;
    return straight === "H" ? `H${round(x + to * units)}` : `V${round(y + to * units)}`;
  });
}

/** Signs of places, drawn anew only where they differ. */
export class Signs {
  constructor(areMany) {
    this.group = svgEl("g", { class: "ov-signs" });
    this.paths = areMany ? KINDS.map(([kind]) => svgEl("path", { class: kind })) : null;
    if (areMany) this.group.append(...this.paths);
  }

  draw(signs, map) {
    const key = `${this.paths ? map.units : ""} ${signs.map(({ shape, state }) => `${shape}${state}`).join()}`;
    if (key === this.key) return;
    this.key = key;
    if (this.paths) {
      const d = signs.map(({ x, y, state }) => signAt(state, x, y, map.units)).join("");
      for (const path of this.paths) path.setAttribute("d", d);
    } else {
      this.group.replaceChildren(...signs.map(({ x, y, state }) => (
        svgEl("g", { transform: `translate(${x} ${y})` }, KINDS.map(([kind]) => svgEl("path", { class: kind, d: signOf(state) }))))));
    }
  }

  /** Draw signs as pixels of a view (pixels.js). */
  drawOn(context, signs, view) {
    if (this.view !== view) Object.assign(this, { view, made: new Map() });
    if (!this.made.has(signs)) {
      const at = ({ x, y, state }) => signAt(state, (x - view.x) / view.units, (y - view.y) / view.units, view.density);
      this.made.set(signs, new Path2D(signs.map(at).join("")));
    }
    const path = this.made.get(signs);
    context.lineJoin = "round";
    for (const [, strokeStyle, lineWidth] of KINDS) {
      Object.assign(context, { strokeStyle, lineWidth: lineWidth * view.density });
      context.stroke(path);
    }
  }
}
