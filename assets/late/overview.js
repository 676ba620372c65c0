// The overview: a small outline of the country or region in a corner that shows which part of it the map shows.
import * as S from "../scene.js";
import { el, svgEl, button } from "./ui.js";
import { centredAt, coarsePath, needsOverview } from "./comparison.js";

const NET = 16;

/** Add the overview to the map. */
export function installOverview(atlas, { mapbox }) {
  const { map, words } = atlas;
  const say = (key, fields) => S.say(words, key, fields);
  const outline = svgEl("path", { class: "ov-outline" });
  const frame = svgEl("rect", { class: "ov-frame" });
  const svg = svgEl("svg", {
    class: "ov-map", tabindex: "0", role: "application", "aria-roledescription": say("compare.overview"),
    "aria-label": say("compare.overview_keys"),
  }, [outline, frame]);
  const hiding = say("compare.overview_hide");
  const close = button("×", () => hide(true), { class: "ov-close", "aria-label": hiding, title: hiding });
  const reopen = button(say("compare.overview"), () => hide(false), { class: "ov-open" });
  const node = el("div", { id: "overview", hidden: true }, svg, close, reopen);
  let isHidden = false;
  let drawnFor = null;
  mapbox.append(node);

  function hide(now) {
    isHidden = now;
    node.classList.toggle("closed", now);
    (now ? reopen : svg).focus();
    follow();
  }

  const countryOf = () => map.geometry.countries.find(({ iso3 }) => iso3 === atlas.scope);

  /** The box of what the overview shows: the country in focus, or all. */
  function whole() {
    const country = countryOf();
    if (!country) return map.whole;
    const [x0, y0, x1, y1] = country.box;
    return [x0, y0, x1 - x0, y1 - y0];
  }

  function draw() {
    const key = `${atlas.scope} ${map.geometry.countries.map((one) => one.iso3).join()}`;
    if (drawnFor === key) return;
    drawnFor = key;
    const iso3 = countryOf()?.iso3;
    outline.setAttribute("d", [...map.part("outlines").children].filter((one) => !iso3 || one.dataset.iso3 === iso3)
      .map((one) => coarsePath(one.getAttribute("d"), NET)).join(""));
    const [x, y, w, h] = whole();
    const margin = 0.04 * Math.max(w, h);
    svg.setAttribute("viewBox", [x - margin, y - margin, w + 2 * margin, h + 2 * margin].map(Math.round).join(" "));
    svg.style.aspectRatio = `${Math.max(w, 0.6 * h)} / ${Math.max(h, 0.5 * w)}`;
  }

  /** The view that is seen: the box and what the frame of the map shows beside it. */
  function seen() {
    const [x, y, w, h] = map.box;
    const { width, height } = map.svg.getBoundingClientRect();
    if (!width || !height) return map.box;
    const [W, H] = [width * map.units, height * map.units];
    return [map.toLeft ? x : x - (W - w) / 2, y - (H - h) / 2, W, H];
  }

  function follow() {
    const isNeeded = needsOverview(map.box, whole());
    node.hidden = !isNeeded || mapbox.dataset.compare === "multiples";
    if (node.hidden || isHidden) return;
    draw();
    const [x, y, w, h] = seen();
    for (const [name, value] of Object.entries({ x, y, width: w, height: h })) frame.setAttribute(name, Math.round(value));
  }

  const toMap = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [point.x, point.y];
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    svg.focus({ focusVisible: false });
    svg.setPointerCapture(event.pointerId);
    map.setBox(centredAt(map.box, toMap(event)));
  });
  svg.addEventListener("pointermove", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) map.setBox(centredAt(map.box, toMap(event)));
  });
  svg.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    map.pan(...by);
  });
  map.followers.add(follow);
  for (const event of ["dress", "layer", "panes"]) atlas.on(event, () => { drawnFor = null; follow(); });
  new ResizeObserver(follow).observe(map.svg);
  follow();
}
