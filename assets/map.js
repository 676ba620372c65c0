// The map renderer: takes over the SVG that came with the page, changes fills and labels, moves the view box.
import {
  unitLabel, shownText, symbolShare, isInside, entriesOf, scaleLength, say, number, REGION,
} from "./scene.js";

const NS = "http://www.w3.org/2000/svg";
const MOST = 64;
const MOVE = 0.2;
const LABEL_PAUSE = 150;
const LABEL_SLICE = 4; // ms
const REST = 140; // ms without a move after which the picture is drawn where it is
const HELD = 600; // the same while a hand holds the map
const HATCHES = { estimated: ["M-2 26L26-2", 1.4], older: ["M6 2V10M18 14V22", 2], unclear: ["M3 14q4.5-6 9 0t9 0", 2] };

function element(name, attributes, text) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function write(style, name, value) {
  if (style.getPropertyValue(name) !== value) style.setProperty(name, value);
}

export class MapView {
  /**
   * @param {{svg: SVGSVGElement, geometry: object, names: object, words: object, prefix?: string, scale?: HTMLElement|null}} parts
   * A second map in a page has a prefix before the ids of its parts, and no scale bar of its own.
   */
  constructor({ svg, geometry, names, words, prefix = "", scale = document.getElementById("scale") }) {
    Object.assign(this, { svg, geometry, names, words, prefix, scale });
    this.group = this.part("shapes");
    this.nodes = [...this.group.children];
    this.fills = this.nodes.map((node) => node.getAttribute("fill"));
    this.hidden = this.nodes.map((node) => node.getAttribute("display") === "none");
    this.box = svg.getAttribute("viewBox").split(" ").map(Number);
    this.whole = [0, 0, geometry.width, geometry.height];
    this.borders = element("g", { id: `${prefix}borders`, class: "borders", fill: "none", stroke: this.group.getAttribute("stroke") });
    this.part("outlines").before(this.borders);
    this.onView = () => {};
    this.entries = entriesOf;
    this.also = (label) => label;
    this.followers = new Set();
    this.marked = new Map();
    this.slid = [0, 0];
    this.measure();
    new ResizeObserver(() => { this.frame = null; this.settle(); }).observe(svg);
  }

  /** A part of this map's own drawing: "shapes", "outlines", "symbols", "texts", "marks", "patterns". */
  part(name) { return this.svg.querySelector(`#${this.prefix}${name}`); }

  /** A paint as this map's own patterns are called. */
  paintOf(fill) { return this.prefix && fill.startsWith("url(#") ? fill.replace("url(#", `url(#${this.prefix}`) : fill; }

  /** Replace the geometry (another admin level): shapes, outlines. */
  rebuild(mapJson, names) {
    this.names = names;
    this.geometry = mapJson;
    this.group.replaceChildren(...mapJson.shapes.map((shape, i) => element(shape.marker ? "circle" : "path", {
      ...(shape.marker ? { class: "marker", cx: shape.x, cy: shape.y } : { d: shape.d }),
      id: `${this.prefix}u${i}`, role: "option", tabindex: "-1", "aria-selected": "false",
    })));
    this.part("outlines").replaceChildren(...mapJson.countries.map((country) => element("path", {
      d: country.d, "data-iso3": country.iso3,
    })));
    this.nodes = [...this.group.children];
    this.fills = this.nodes.map(() => null);
    this.hidden = this.nodes.map(() => false);
    this.whole = [0, 0, mapJson.width, mapJson.height];
    this.behind = null;
    this.pixels?.hide();
    this.marked.clear();
    this.borders.replaceChildren();
    this.part("marks").replaceChildren();
    this.part("second")?.replaceChildren();
  }

  isDrawn(shape) { return !this.hidden[shape]; }

  /** Paint a period in the colours wanted (`frameOf`). Only what changes is touched; labels follow when the steps pause. */
  paint(scene, units, period, scope, wanted, isStep = false) {
    if (scene.within && scene.within[period] !== this.within) this.setApart(scene, scope, period);
    if (isStep && this.pixels?.paint(wanted)) this.behind = wanted;
    else this.fill(wanted);
    if (scene.mark === "symbol") this.paintSymbols(scene, period, scope);
    if (scene.mark === "range") this.paintTexts(scene, period);
    clearTimeout(this.labelling);
    this.labelling = setTimeout(() => this.label(scene, units, period), LABEL_PAUSE);
  }

  /** Paint what steps have shown in pixels only; all of it `atOnce`, or the fills now and the rest when there is time. */
  rest(atOnce = false) {
    if (this.behind) this.fill(this.behind);
    if (atOnce) this.pixels?.flush();
  }

  fill(wanted) {
    const { nodes, fills, hidden } = this;
    this.behind = null;
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
        nodes[i].setAttribute("fill", this.paintOf(fill));
        fills[i] = fill;
      }
    }
    if (moved) this.drawBorders();
    this.pixels?.hide();
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

  /** Name all places, a few at a time, so that the next step need not wait for the names. */
  label(scene, units, period, from = 0) {
    const end = performance.now() + LABEL_SLICE;
    const { nodes, hidden } = this;
    let i = from;
    for (; i < nodes.length && (i === from || performance.now() < end); i += 1) {
      if (!hidden[i]) nodes[i].setAttribute("aria-label", this.also(unitLabel(scene, this.words, units[i], period, i), i, period));
    }
    if (i < nodes.length) this.labelling = setTimeout(() => this.label(scene, units, period, i), 0);
  }

  /** Things that change with the layer or the scope, not with the period. */
  dress(scene, scope) {
    const found = scene.scopes[scope] ?? scene.scopes[REGION];
    const tones = Object.entries(found?.tones ?? found?.colours ?? []);
    for (const names of scene.hatches) {
      const ground = names.includes("estimated") ? [] : [["ground", scene.ground]];
      for (const [place, colour] of [...tones, ...ground]) this.hatch(names, place).setAttribute("fill", colour);
    }
    this.group.setAttribute("aria-label", say(this.words, "map.label", { headline: scene.headline }));
    (this.prefix ? this.svg : document.body).classList.toggle("focus-country", scope !== REGION);
    this.setApart(scene, scope);
    if (scene.mark !== "symbol") this.part("symbols").replaceChildren();
    this.paintTexts(scene, null);
  }

  /** Fade what does not belong to the scope; the place that is looked into may hold others in another period. */
  setApart(scene, scope, period = null) {
    this.rest();
    this.within = scene.within?.[period];
    this.nodes.forEach((node, i) => node.classList.toggle("outside", !isInside(scene, i, scope, period)));
    this.borders.replaceChildren();
  }

  /** The ground under the hatches of a class (`hatchesOf`), drawn when it is first wanted. */
  hatch(names, place) {
    let pattern = this.part(`${names}-${place}`);
    if (!pattern) {
      pattern = this.part("state-n").cloneNode(false);
      pattern.id = `${this.prefix}${names}-${place}`;
      pattern.append(element("rect", { width: 24, height: 24 }), ...names.split("-").map((name) => element("path", {
        d: HATCHES[name][0], fill: "none", stroke: "#101a26", "stroke-width": HATCHES[name][1],
      })));
      this.part("patterns").append(pattern);
    }
    return pattern.firstChild;
  }

  paintSymbols(scene, period, scope) {
    const values = scene.values[period];
    const { max, colour } = scene.symbol;
    const marks = this.geometry.shapes.map((shape, i) => [values[i], i, shape])
      .filter(([value, i]) => value !== null && scene.states[period][i] === "v" && isInside(scene, i, scope, period))
      .sort((a, b) => Math.abs(b[0]) - Math.abs(a[0]))
      .map(([value, i, shape]) => element("circle", {
        cx: shape.x, cy: shape.y, style: `--k:${symbolShare(value, max).toFixed(4)}`,
        fill: value < 0 ? "#fff" : colour, "data-unit": i,
      }));
    this.part("symbols").replaceChildren(...marks);
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
    this.part("texts").replaceChildren(...written);
  }

  /** Draw the contour of a shape above all others: "hover" or "selected"; null takes it away. */
  mark(kind, shape) {
    this.marked.get(kind)?.remove();
    this.marked.delete(kind);
    if (shape === null || shape === undefined || this.hidden[shape]) return;
    const copy = this.nodes[shape].cloneNode(false);
    for (const name of ["id", "role", "tabindex", "aria-label", "aria-selected", "fill"]) copy.removeAttribute(name);
    copy.setAttribute("class", `${kind} ${this.nodes[shape].classList.contains("marker") ? "marker" : ""}`.trim());
    const layer = this.part("marks");
    if (kind === "selected") layer.prepend(copy); else layer.append(copy);
    this.marked.set(kind, copy);
  }

  /** Dim all shapes that do not belong to a legend entry; null shows all. */
  single(scene, period, scope, entry) {
    if (entry === null && !this.dimmed) return;
    this.dimmed = entry !== null;
    this.rest();
    this.nodes.forEach((node, i) => {
      const dim = entry !== null && !this.entries(scene, period, i, scope).includes(entry);
      if (node.classList.contains("dim") !== dim) node.classList.toggle("dim", dim);
    });
  }

  // -- view box --

  /** The view box as "x,y,width,height". */
  get position() { return this.box.map((v) => Math.round(v)).join(","); }

  /** Show a part of the map; in a gesture (`gliding`) the picture is drawn anew when the hand rests. */
  setBox(box, tell = true, gliding = false) {
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
    if (gliding && this.frame) this.glide(); else this.settle();
    this.followers.forEach((follow) => follow(this, gliding));
    if (tell) this.onView();
  }

  /** Map units per pixel of a box, and how far from the edges of the frame its drawing begins. */
  fitted([, , w, h]) {
    const { width, height } = this.frame;
    const units = Math.max(w / width, h / height);
    return { units, left: this.toLeft ? 0 : (width - w / units) / 2, top: (height - h / units) / 2 };
  }

  /** Slide and scale the picture as it is, which costs no drawing. */
  glide() {
    const { svg, box, drawn } = this;
    const [before, now] = [this.fitted(drawn), this.fitted(box)];
    const scale = before.units / now.units;
    this.slid = [
      (drawn[0] - box[0]) / now.units + now.left - before.left * scale,
      (drawn[1] - box[1]) / now.units + now.top - before.top * scale,
    ];
    svg.style.willChange = "transform";
    svg.style.transformOrigin = "0 0";
    svg.style.transform = `translate(${this.slid[0].toFixed(2)}px, ${this.slid[1].toFixed(2)}px) scale(${scale.toFixed(5)})`;
    this.units = now.units;
    this.restSoon();
  }

  /** Whether the picture is slid or scaled as it is. */
  get isGliding() { return this.svg.style.transform !== ""; }

  /**
   * Settle when the hand has rested. Frames that take long are no rest: the time runs from the end of the next one, and is longer
   * where they are slow, or else a slow map would be drawn anew between two moves, which makes the next frame slow.
   */
  restSoon() {
    clearTimeout(this.resting);
    const last = this.slides = (this.slides ?? 0) + 1;
    const moved = performance.now();
    requestAnimationFrame(() => requestAnimationFrame((now) => {
      const pause = Math.max(this.isHeld ? HELD : REST, 2 * (now - moved));
      if (this.slides === last && this.isGliding) this.resting = setTimeout(() => this.settle(), pause);
    }));
  }

  /** Draw the map where it is. */
  settle() {
    clearTimeout(this.resting);
    const { style } = this.svg;
    this.rest();
    if (this.isGliding) {
      style.transform = "";
      style.willChange = this.pixels?.areMany ? "transform" : "";
      this.slid = [0, 0];
    }
    this.drawn = [...this.box];
    const shown = this.box.map((v) => Math.round(v)).join(" ");
    if (this.svg.getAttribute("viewBox") !== shown) this.svg.setAttribute("viewBox", shown);
    this.measure();
  }

  /** Show a country, or a box, with a margin; else the whole map. */
  fit(iso3, box = this.geometry.countries.find((country) => country.iso3 === iso3)?.box) {
    this.align();
    if (!box) { this.setBox([...this.whole], false); return; }
    const [x0, y0, x1, y1] = box;
    const side = Math.max(x1 - x0, y1 - y0);
    const margin = Math.max(0.06 * side, (0.03 * this.whole[2] - side) / 2); // what lies around a town stays in sight
    this.setBox([x0 - margin, y0 - margin, x1 - x0 + 2 * margin, y1 - y0 + 2 * margin], false);
  }

  /** Slide the drawing away from under an open panel; its size stays. */
  align(toLeft = this.toLeft) {
    this.toLeft = toLeft;
    const wanted = toLeft ? "xMinYMid meet" : "xMidYMid meet";
    if (this.svg.getAttribute("preserveAspectRatio") !== wanted) this.svg.setAttribute("preserveAspectRatio", wanted);
  }

  zoom(factor, at, gliding = false) {
    const [x, y, w, h] = this.box;
    const [cx, cy] = at ?? [x + w / 2, y + h / 2];
    const next = Math.min(Math.max(w / factor, this.whole[2] / MOST), this.whole[2]);
    const share = next / w;
    this.setBox([cx - (cx - x) * share, cy - (cy - y) * share, w * share, h * share], true, gliding);
  }

  pan(dx, dy) {
    const [x, y, w, h] = this.box;
    this.setBox([x + dx * w * MOVE, y + dy * h * MOVE, w, h]);
  }

  /** Map coordinates of a point on the screen. */
  toMap(clientX, clientY) {
    const { left, top } = this.svg.getBoundingClientRect();
    const { units, left: x, top: y } = this.fitted(this.box);
    return [
      this.box[0] + (clientX - (left - this.slid[0]) - x) * units, this.box[1] + (clientY - (top - this.slid[1]) - y) * units,
    ];
  }

  /** Keep line widths, hatches, symbols and letters the same size on the screen at any zoom. */
  measure() {
    const { width, height } = this.frame ?? this.svg.getBoundingClientRect();
    if (!width || !height) return;
    this.frame = { width, height };
    this.drawn ??= [...this.box];
    const { units } = this.fitted(this.box);
    this.units = units;
    const side = Math.min(width, height);
    this.largest = Math.round(Math.min(Math.max(side * 0.055, 12), 40));
    const scale = `scale(${(units * 0.5).toFixed(3)})`;
    write(this.svg.style, "--u", units.toFixed(3)); // each of these draws the map anew, so only where it differs
    write(document.documentElement.style, "--rmax", `${this.largest}px`);
    for (const pattern of this.part("patterns").children) {
      if (pattern.getAttribute("patternTransform") !== scale) pattern.setAttribute("patternTransform", scale);
    }
    this.drawScale(units);
  }

  /** Radius of a symbol in map units, by its share of the largest. */
  radius(share) { return (Math.max(1.5, this.largest * share) * this.units).toFixed(1); }

  drawScale(units) {
    if (!this.scale) return;
    const { km, pixels } = scaleLength(units * this.geometry.km_per_unit, 120);
    this.scale.querySelector("i").style.width = `${pixels.toFixed(1)}px`;
    this.scale.querySelector("span").textContent = say(this.words, "map.scale", {
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
      map.toMap(event.clientX, event.clientY), true);
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
        map.isHeld = true;
        const [x, y, w, h] = map.box;
        map.setBox([x - (now[0] - last[0]) * map.units, y - (now[1] - last[1]) * map.units, w, h], true, true);
      }
    } else if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      const before = Math.hypot(last[0] - other[0], last[1] - other[1]);
      const after = Math.hypot(now[0] - other[0], now[1] - other[1]);
      moved = 10;
      if (before > 0) map.zoom(after / before, map.toMap((now[0] + other[0]) / 2, (now[1] + other[1]) / 2), true);
    }
    pointers.set(event.pointerId, now);
  });
  const end = (event) => {
    if (!pointers.delete(event.pointerId) || pointers.size) return;
    map.isHeld = false;
    if (moved > 4) map.settle();
  };
  svg.addEventListener("pointerup", end);
  svg.addEventListener("pointercancel", end);
  svg.addEventListener("click", (event) => { if (moved > 4) event.stopPropagation(); }, { capture: true });
}
