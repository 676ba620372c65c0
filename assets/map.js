// The map renderer: takes over the SVG that came with the page, changes fills and labels, moves the view box.
import {
  unitLabel, shownText, symbolShare, isInside, entriesOf, scaleLength, say, number, REGION,
} from "./scene.js";

const NS = "http://www.w3.org/2000/svg";
const MOST = 64;
const MOVE = 0.2;
const LABEL_PAUSE = 150;

function element(name, attributes, text) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

export class MapView {
  /** @param {{svg: SVGSVGElement, geometry: object, names: object, words: object}} parts */
  constructor({ svg, geometry, names, words }) {
    Object.assign(this, { svg, geometry, names, words });
    this.group = svg.querySelector("#shapes");
    this.nodes = [...this.group.children];
    this.fills = this.nodes.map((node) => node.getAttribute("fill"));
    this.hidden = this.nodes.map((node) => node.getAttribute("display") === "none");
    this.box = svg.getAttribute("viewBox").split(" ").map(Number);
    this.whole = [0, 0, geometry.width, geometry.height];
    this.borders = element("g", { id: "borders", fill: "none", stroke: this.group.getAttribute("stroke") });
    svg.querySelector("#outlines").before(this.borders);
    this.onView = () => {};
    this.marked = new Map();
    this.measure();
    new ResizeObserver(() => this.measure()).observe(svg);
  }

  /** Replace the geometry (another admin level): shapes, outlines. */
  rebuild(mapJson, names) {
    this.names = names;
    this.geometry = mapJson;
    this.group.replaceChildren(...mapJson.shapes.map((shape, i) => element(shape.marker ? "circle" : "path", {
      ...(shape.marker ? { class: "marker", cx: shape.x, cy: shape.y } : { d: shape.d }),
      id: `u${i}`, role: "option", tabindex: "-1", "aria-selected": "false",
    })));
    this.svg.querySelector("#outlines").replaceChildren(...mapJson.countries.map((country) => element("path", {
      d: country.d, "data-iso3": country.iso3,
    })));
    this.nodes = [...this.group.children];
    this.fills = this.nodes.map(() => null);
    this.hidden = this.nodes.map(() => false);
    this.whole = [0, 0, mapJson.width, mapJson.height];
    this.marked.clear();
    this.borders.replaceChildren();
    this.svg.querySelector("#marks").replaceChildren();
  }

  isDrawn(shape) { return !this.hidden[shape]; }

  /** Paint a period in the colours wanted (`frameOf`). Only what changes is touched; labels follow when the steps pause. */
  paint(scene, units, period, scope, wanted) {
    const { nodes, fills, hidden } = this;
    let moved = !this.borders.firstChild;
    for (let i = 0; i < nodes.length; i += 1) {
      const fill = wanted[i];
      const hide = fill === null;
      if (hide !== hidden[i]) {
        if (hide) nodes[i].setAttribute("display", "none"); else nodes[i].removeAttribute("display");
        hidden[i] = hide;
        moved = true;
      }
      if (!hide && fill !== fills[i]) {
        nodes[i].setAttribute("fill", fill);
        fills[i] = fill;
      }
    }
    if (moved) this.drawBorders();
    if (scene.mark === "symbol") this.paintSymbols(scene, period, scope);
    if (scene.mark === "range") this.paintTexts(scene, period);
    clearTimeout(this.labelling);
    this.labelling = setTimeout(() => this.label(scene, units, period), LABEL_PAUSE);
  }

  /**
   * Draw all borders as one path above the fills: a step changes fills only, so the borders, which cost most to draw, stay.
   * They are drawn anew when another boundary set or scope is shown.
   */
  drawBorders() {
    const parts = { "": "", outside: "" };
    this.nodes.forEach((node, i) => {
      const d = node.getAttribute("d");
      if (d && !this.hidden[i]) parts[node.classList.contains("outside") ? "outside" : ""] += d;
    });
    this.borders.replaceChildren(...Object.entries(parts).filter(([, d]) => d)
      .map(([name, d]) => element("path", name ? { d, class: name } : { d })));
    this.group.setAttribute("stroke", "none");
  }

  label(scene, units, period) {
    this.nodes.forEach((node, i) => {
      if (!this.hidden[i]) node.setAttribute("aria-label", unitLabel(scene, this.words, units[i], period, i));
    });
  }

  /** Things that change with the layer or the scope, not with the period. */
  dress(scene, scope) {
    const found = scene.scopes[scope] ?? scene.scopes[REGION];
    (found?.colours ?? []).forEach((colour, i) => {
      let pattern = this.svg.querySelector(`#estimated-${i}`);
      if (!pattern) {
        pattern = this.svg.querySelector("#estimated-0")?.cloneNode(true) ?? this.newEstimated();
        pattern.id = `estimated-${i}`;
        this.svg.querySelector("#patterns").append(pattern);
      }
      pattern.querySelector("rect").setAttribute("fill", colour);
    });
    this.group.setAttribute("aria-label", say(this.words, "map.label", { headline: scene.headline }));
    document.body.classList.toggle("focus-country", scope !== REGION);
    this.nodes.forEach((node, i) => node.classList.toggle("outside", !isInside(scene, i, scope)));
    this.borders.replaceChildren();
    if (scene.mark !== "symbol") this.svg.querySelector("#symbols").replaceChildren();
    this.paintTexts(scene, null);
  }

  newEstimated() {
    const pattern = this.svg.querySelector("#state-n").cloneNode(false);
    pattern.append(element("rect", { width: 24, height: 24 }),
      element("path", { d: "M-2 26L26-2", stroke: "#101a26", "stroke-width": 1.4 }));
    return pattern;
  }

  paintSymbols(scene, period, scope) {
    const values = scene.values[period];
    const { max, colour } = scene.symbol;
    const marks = this.geometry.shapes.map((shape, i) => [values[i], i, shape])
      .filter(([value, i]) => value !== null && scene.states[period][i] === "v" && isInside(scene, i, scope))
      .sort((a, b) => Math.abs(b[0]) - Math.abs(a[0]))
      .map(([value, i, shape]) => element("circle", {
        cx: shape.x, cy: shape.y, style: `--k:${symbolShare(value, max).toFixed(4)}`,
        fill: value < 0 ? "#fff" : colour, "data-unit": i,
      }));
    this.svg.querySelector("#symbols").replaceChildren(...marks);
  }

  paintTexts(scene, period) {
    const written = [];
    if (scene.mark === "range" && period !== null) {
      this.geometry.shapes.forEach((shape, i) => {
        if (scene.states[period][i] !== "v") return;
        const text = shownText(scene, this.words, period, i);
        written.push(element("text", { x: shape.x, y: shape.y, class: "figure", dy: "1.15em" }, text));
      });
    }
    for (const country of this.geometry.countries) {
      written.push(element("text", { x: country.x, y: country.y, class: "country" }, this.names[country.iso3] ?? ""));
    }
    this.svg.querySelector("#texts").replaceChildren(...written);
  }

  /** Draw the contour of a shape above all others: "hover" or "selected"; null takes it away. */
  mark(kind, shape) {
    this.marked.get(kind)?.remove();
    this.marked.delete(kind);
    if (shape === null || shape === undefined || this.hidden[shape]) return;
    const copy = this.nodes[shape].cloneNode(false);
    for (const name of ["id", "role", "tabindex", "aria-label", "aria-selected", "fill"]) copy.removeAttribute(name);
    copy.setAttribute("class", `${kind} ${this.nodes[shape].classList.contains("marker") ? "marker" : ""}`.trim());
    const layer = this.svg.querySelector("#marks");
    if (kind === "selected") layer.prepend(copy); else layer.append(copy);
    this.marked.set(kind, copy);
  }

  /** Dim all shapes that do not belong to a legend entry; null shows all. */
  single(scene, period, scope, entry) {
    if (entry === null && !this.dimmed) return;
    this.dimmed = entry !== null;
    this.nodes.forEach((node, i) => {
      const dim = entry !== null && !entriesOf(scene, period, i, scope).includes(entry);
      if (node.classList.contains("dim") !== dim) node.classList.toggle("dim", dim);
    });
  }

  // -- view box --

  /** The view box as "x,y,width,height". */
  get position() { return this.box.map((v) => Math.round(v)).join(","); }

  setBox(box, tell = true) {
    const [, , fullWidth, fullHeight] = this.whole;
    let [x, y, w, h] = box;
    const scale = Math.min(Math.max(fullWidth / w, 1), MOST);
    const width = Math.max(fullWidth / scale, Math.min(w, fullWidth * 1.3));
    const height = h * (width / w);
    x += (w - width) / 2;
    y += (h - height) / 2;
    x = Math.min(Math.max(x, -width / 2), fullWidth - width / 2);
    y = Math.min(Math.max(y, -height / 2), fullHeight - height / 2);
    this.box = [x, y, width, height];
    this.svg.setAttribute("viewBox", this.box.map((v) => Math.round(v)).join(" "));
    this.measure();
    if (tell) this.onView();
  }

  /** Show a country with a margin, or the whole map. */
  fit(iso3) {
    this.align();
    const found = this.geometry.countries.find((country) => country.iso3 === iso3);
    if (!found) { this.setBox([...this.whole], false); return; }
    const [x0, y0, x1, y1] = found.box;
    const margin = 0.06 * Math.max(x1 - x0, y1 - y0);
    this.setBox([x0 - margin, y0 - margin, x1 - x0 + 2 * margin, y1 - y0 + 2 * margin], false);
  }

  /** Slide the drawing away from under an open panel; its size stays. */
  align(toLeft = this.toLeft) {
    this.toLeft = toLeft;
    this.svg.setAttribute("preserveAspectRatio", toLeft ? "xMinYMid meet" : "xMidYMid meet");
  }

  zoom(factor, at) {
    const [x, y, w, h] = this.box;
    const [cx, cy] = at ?? [x + w / 2, y + h / 2];
    const next = Math.min(Math.max(w / factor, this.whole[2] / MOST), this.whole[2]);
    const share = next / w;
    this.setBox([cx - (cx - x) * share, cy - (cy - y) * share, w * share, h * share]);
  }

  pan(dx, dy) {
    const [x, y, w, h] = this.box;
    this.setBox([x + dx * w * MOVE, y + dy * h * MOVE, w, h]);
  }

  /** Map coordinates of a point on the screen. */
  toMap(clientX, clientY) {
    const point = new DOMPoint(clientX, clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }

  /** Keep line widths, hatches, symbols and letters the same size on the screen at any zoom. */
  measure() {
    const frame = this.svg.getBoundingClientRect();
    if (!frame.width || !frame.height) return;
    const units = Math.max(this.box[2] / frame.width, this.box[3] / frame.height);
    this.units = units;
    this.svg.style.setProperty("--u", units.toFixed(3));
    const side = Math.min(frame.width, frame.height);
    document.documentElement.style.setProperty("--rmax", `${Math.round(Math.min(Math.max(side * 0.055, 12), 40))}px`);
    for (const pattern of this.svg.querySelectorAll("#patterns pattern")) {
      pattern.setAttribute("patternTransform", `scale(${(units * 0.5).toFixed(3)})`);
    }
    this.drawScale(units);
  }

  drawScale(units) {
    const bar = document.getElementById("scale");
    const { km, pixels } = scaleLength(units * this.geometry.km_per_unit, 120);
    bar.querySelector("i").style.width = `${pixels.toFixed(1)}px`;
    bar.querySelector("span").textContent = say(this.words, "map.scale", {
      km: number(document.documentElement.lang, km, km < 1 ? 1 : 0),
    });
  }
}

/** Wheel, drag and pinch on the map; every one of them has a button beside it. */
export function bindGestures(map) {
  const { svg } = map;
  const pointers = new Map();
  let moved = 0;
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    map.zoom(Math.exp(-Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 100) * 0.004),
      map.toMap(event.clientX, event.clientY));
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    moved = 0;
  });
  svg.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const now = [event.clientX, event.clientY];
    if (pointers.size === 1) {
      moved += Math.hypot(now[0] - last[0], now[1] - last[1]);
      if (moved > 4) {
        svg.setPointerCapture(event.pointerId);
        const [x, y, w, h] = map.box;
        map.setBox([x - (now[0] - last[0]) * map.units, y - (now[1] - last[1]) * map.units, w, h]);
      }
    } else if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      const before = Math.hypot(last[0] - other[0], last[1] - other[1]);
      const after = Math.hypot(now[0] - other[0], now[1] - other[1]);
      moved = 10;
      if (before > 0) map.zoom(after / before, map.toMap((now[0] + other[0]) / 2, (now[1] + other[1]) / 2));
    }
    pointers.set(event.pointerId, now);
  });
  const end = (event) => pointers.delete(event.pointerId);
  svg.addEventListener("pointerup", end);
  svg.addEventListener("pointercancel", end);
  svg.addEventListener("click", (event) => { if (moved > 4) event.stopPropagation(); }, { capture: true });
}
