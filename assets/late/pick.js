// Select many: places chosen one by one, by a box, by a line drawn around them, by a rule; and what they have together.
import * as S from "../scene.js";
import { button, drop, el, later, segmented, svgEl } from "./ui.js";

/** An address holds at most so many places. */
export const MOST = 500;

/** Ids of the places that an address names. */
export const readPicked = (text) => [...new Set((text ?? "").split(",").filter(Boolean))].slice(0, MOST);

/** The places as an address names them; null if there are none. */
export const spellPicked = (ids) => (ids.length ? ids.slice(0, MOST).join(",") : null);

/** The places with some added (those that are new, at the end) or one of them taken away. */
export const withPlaces = (ids, more) => [...new Set([...ids, ...more])].slice(0, MOST);
export const toggled = (ids, id) => (ids.includes(id) ? ids.filter((one) => one !== id) : withPlaces(ids, [id]));

/** Whether a point lies in a polygon [[x, y], ...], by the crossings of its edges. */
export function inPolygon([x, y], polygon) {
  let inside = false;
  polygon.forEach(([x1, y1], i) => {
    const [x2, y2] = polygon[(i + 1) % polygon.length];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  });
  return inside;
}

export const rectangle = ([x1, y1], [x2, y2]) => [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];

/** Shapes whose representative point lies in a polygon. */
export const shapesIn = (shapes, polygon) => shapes.flatMap(({ x, y }, shape) => (inPolygon([x, y], polygon) ? [shape] : []));

/** The box around shapes with a margin, as x, y, width, height; null without shapes. */
export function boxAround(shapes) {
  const boxes = shapes.map(({ box, x, y }) => box ?? [x, y, x, y]);
  if (!boxes.length) return null;
  const [x0, y0] = [0, 1].map((i) => Math.min(...boxes.map((box) => box[i])));
  const [x1, y1] = [2, 3].map((i) => Math.max(...boxes.map((box) => box[i])));
  const margin = 0.08 * Math.max(x1 - x0, y1 - y0) + 4;
  return [x0 - margin, y0 - margin, x1 - x0 + 2 * margin, y1 - y0 + 2 * margin];
}

export function install(atlas) {
  const { view, words, lang, say, map } = atlas;
  const $ = (selector) => document.querySelector(selector);
  let picked = readPicked(view.picked);
  let known = view.picked;
  let closed = false; // the reader has closed the card
  let mode = null; // null: a click opens a place; "click", "box", "lasso"
  let summary = null; // texts of all periods of the layer
  let summaryOf = "";
  const asks = new Map();

  const shapesOf = (ids) => ids.map((id) => atlas.indexOf(id)).filter((shape) => shape >= 0);
  const isHere = (shape) => map.isDrawn(shape) && S.isInside(atlas.scene, shape, atlas.scope, atlas.period);
  const nameOf = (id) => atlas.units[atlas.indexOf(id)]?.name ?? id;

  // -- marks on the map --

  const marks = svgEl("g", { id: "picks", "aria-hidden": "true" });
  let marked = "";
  function mark() {
    if (!marks.isConnected || marks.nextSibling !== map.svg.querySelector("#marks")) map.svg.querySelector("#marks").before(marks);
    const shapes = shapesOf(picked).filter((shape) => map.isDrawn(shape));
    const now = `${map.geometry.width}:${atlas.scene.map}:${shapes.join(",")}`;
    if (now === marked) return;
    marked = now;
    marks.replaceChildren(...shapes.flatMap((shape) => {
      const node = map.nodes[shape];
      const contour = (name) => {
        const copy = svgEl(node.localName, { class: `${name}${node.classList.contains("marker") ? " marker" : ""}` });
        for (const key of ["d", "cx", "cy"]) if (node.hasAttribute(key)) copy.setAttribute(key, node.getAttribute(key));
        return copy;
      };
      return [contour("pick-halo"), contour("pick-line")];
    }), ...shapes.map((shape) => {
      const { x, y } = map.geometry.shapes[shape];
      return svgEl("g", { transform: `translate(${x} ${y})`, class: "pick-tick", "data-unit": shape },
        svgEl("g", {}, svgEl("circle", { r: 8 }), svgEl("path", { d: "M-4 0l3 3 5-6" })));
    }));
    map.nodes.forEach((node, shape) => {
      const on = shapes.includes(shape);
      if (node.hasAttribute("data-picked") !== on) node.toggleAttribute("data-picked", on);
    });
  }

  atlas.tipParts.push((lines, shape) => { if (picked.includes(atlas.scene.ids[shape])) lines.push(["quiet", say("pick.is_picked")]); });
  atlas.rowSteps?.push((rows) => rows.map((row) => ({ ...row, picked: picked.includes(row.id) })));

  // -- changing the selection --

  const fillTable = later(() => atlas.fillTable(), 60);
  function change(ids, { tell = true, push = false } = {}) {
    const full = ids.length > MOST;
    closed = false;
    picked = ids.slice(0, MOST);
    view.picked = spellPicked(picked);
    known = view.picked;
    show();
    atlas.address(push);
    atlas.emit("pick");
    fillTable();
    if (full) atlas.toast(say("pick.full", { n: S.number(lang, MOST, 0) }));
    if (tell) $("#live").textContent = picked.length ? S.plural(words, lang, "pick.places", picked.length) : say("pick.none");
  }

  /** The place whose panel is open is the first of a selection that begins with another. */
  const beginning = (id) => (picked.length || !view.unit || view.unit === id || atlas.indexOf(view.unit) < 0 ? picked : [view.unit]);
  const toggle = (shape) => { const id = atlas.scene.ids[shape]; change(toggled(beginning(id), id)); };
  const add = (shapes) => change(withPlaces(picked, shapes.filter(isHere).map((shape) => atlas.scene.ids[shape])));

  const focused = () => {
    const node = document.activeElement?.closest?.("#shapes > *");
    return node ? Number(node.id.slice(1)) : atlas.pointed?.shape ?? null;
  };
  const inView = () => {
    const frame = map.svg.getBoundingClientRect();
    const [x0, y0] = map.toMap(frame.left, frame.top);
    const [x1, y1] = map.toMap(frame.right, frame.bottom);
    return shapesIn(map.geometry.shapes, rectangle([x0, y0], [x1, y1]));
  };
  const passing = () => [...map.nodes.keys()].filter((shape) => isHere(shape) && atlas.filter.passes(shape));
  const kept = () => [...map.nodes.keys()].filter((shape) => map.entries(atlas.scene, atlas.period, shape, atlas.scope).includes(view.kept)
    && atlas.filter.passes(shape));

  // -- pointer: click, box, lasso --

  const drawing = svgEl("path", { id: "pick-drawing" });
  let drag = null;
  let from = null;
  let swallow = false;
  const mapbox = $("#mapbox");
  const shapeAt = (target) => {
    const node = target.closest?.("#shapes > *, #symbols > *");
    if (!node) return null;
    return node.parentNode.id === "shapes" ? Number(node.id.slice(1)) : Number(node.dataset.unit);
  };
  const draws = () => mode === "box" || mode === "lasso";
  mapbox.addEventListener("pointerdown", (event) => {
    swallow = false;
    if (event.button !== 0 || !event.target.closest?.("#map")) return;
    from = [event.clientX, event.clientY];
    if (!draws() && !event.shiftKey) return;
    if (!draws()) { event.stopPropagation(); return; } // shift and click adds; it does not move the map
    event.stopPropagation();
    event.preventDefault();
    drag = { id: event.pointerId, points: [map.toMap(event.clientX, event.clientY)] };
    map.svg.append(drawing);
    map.svg.setPointerCapture(event.pointerId);
  }, { capture: true });
  mapbox.addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    event.stopPropagation();
    const at = map.toMap(event.clientX, event.clientY);
    if (mode === "box") drag.points = [drag.points[0], at]; else drag.points.push(at);
    const polygon = mode === "box" ? rectangle(...drag.points) : drag.points;
    drawing.setAttribute("d", `M${polygon.map((point) => point.map((v) => v.toFixed(1)).join(" ")).join("L")}Z`);
  }, { capture: true });
  const end = (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    event.stopPropagation();
    const { points } = drag;
    drag = null;
    drawing.remove();
    drawing.removeAttribute("d");
    const moved = Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 4 || points.length > 8;
    if (!moved || event.type === "pointercancel") return;
    swallow = true;
    add(shapesIn(map.geometry.shapes, mode === "box" ? rectangle(points[0], points.at(-1)) : points));
  };
  mapbox.addEventListener("pointerup", end, { capture: true });
  mapbox.addEventListener("pointercancel", end, { capture: true });
  mapbox.addEventListener("click", (event) => {
    if (!event.target.closest?.("#map")) return;
    if (swallow) { swallow = false; event.stopPropagation(); return; }
    const many = mode !== null || event.ctrlKey || event.metaKey || event.shiftKey;
    const shape = shapeAt(event.target);
    const moved = from && Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 4;
    if (!many || shape === null || moved) return;
    event.stopPropagation();
    toggle(shape);
  }, { capture: true });
  map.group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(mode || event.ctrlKey || event.shiftKey || event.metaKey)) return;
    const shape = shapeAt(event.target);
    if (shape === null) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    toggle(shape);
  }, { capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !mode || event.target.closest?.("[popover], dialog, .modal")) return;
    event.stopImmediatePropagation();
    setMode(null);
  }, { capture: true });
  atlas.keys.x = () => { const shape = focused(); if (shape !== null) toggle(shape); };
  $("#keys ul")?.append(el("li", { text: say("pick.key") }));

  function setMode(next) {
    mode = next;
    if (mode) mapbox.dataset.pick = mode; else delete mapbox.dataset.pick;
    opener.setAttribute("aria-pressed", String(Boolean(mode)));
    hint.textContent = mode ? say(`pick.hint_${mode}`) : "";
    hint.hidden = !mode;
  }

  // -- the box of the workbar --

  const hint = el("p", { id: "pick-hint", role: "status", hidden: true });
  mapbox.append(hint);
  function fill(box, close) {
    const act = (text, run, possible = true) => button(text, () => { run(); close(); }, { disabled: !possible });
    box.append(
      el("h2", { text: say("pick.title") }),
      el("p", { class: "wb-note", text: say("pick.explain") }),
      segmented(say("pick.by"), ["off", "click", "box", "lasso"].map((key) => [key, say(`pick.mode_${key}`)]), mode ?? "off",
        (key) => setMode(key === "off" ? null : key)),
      el("div", { class: "pick-acts" },
        closed && picked.length > 1 ? act(say("pick.show"), () => { closed = false; show(); title.focus(); }) : null,
        act(say("pick.add_view"), () => add(inView())),
        act(say("pick.add_filter"), () => add(passing()), atlas.filter.isOn()),
        act(say("pick.add_class"), () => add(kept()), view.kept !== null && view.kept !== undefined),
        act(say("pick.add_unit"), () => add([atlas.indexOf(view.unit)]), Boolean(view.unit) && !picked.includes(view.unit)),
        act(say("pick.clear"), () => change([]), picked.length > 0)),
      atlas.filter.isOn() ? null : el("p", { class: "wb-note", text: say("pick.filter_hint") }),
    );
  }
  const pickDrop = drop(say("pick.open"), (box, close) => fill(box, close), { label: say("pick.title"), button: { "aria-pressed": "false", id: "pick-open" } });
  const { opener } = pickDrop;
  const badge = el("span", { class: "pick-badge", hidden: true });
  opener.append(badge);
  $("#workbar").append(opener);

  // -- the card --

  const lead = el("p", {});
  const rows = el("dl", {});
  const source = el("p", { class: "small" });
  const handling = el("p", { class: "small handling" });
  const heading = el("h3", {});
  const places = el("ul", { class: "pick-list" });
  const title = el("h2", { tabindex: "-1" });
  const card = el("aside", { id: "pick-card", "aria-label": say("pick.card"), hidden: true },
    el("div", { class: "panel-head" }, title,
      button("×", hide, { "aria-label": say("pick.close"), title: say("pick.close") })),
    heading, handling, lead, rows, source,
    el("h3", { text: say("pick.list") }), places,
    el("div", { class: "wb-row" },
      button(say("pick.copy"), copyNames), button(say("pick.zoom"), zoomTo), button(say("pick.clear"), () => { change([]); opener.focus(); })));
  card.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    hide();
  });
  document.body.append(card);

  /** Close the card; the places stay selected. */
  function hide() {
    closed = true;
    show();
    opener.focus();
  }

  async function copyNames() {
    try {
      await navigator.clipboard.writeText(picked.map((id) => {
        const unit = atlas.units[atlas.indexOf(id)];
        return unit ? [unit.name, unit.country].filter(Boolean).join(", ") : id;
      }).join("\n"));
      atlas.toast(say("pick.copied"));
      $("#live").textContent = say("pick.copied");
    } catch {
      atlas.notice(say("pick.not_copied"));
    }
  }

  function zoomTo() {
    const box = boxAround(shapesOf(picked).map((shape) => map.geometry.shapes[shape]));
    if (box) map.setBox(box);
  }

  /** Ask for what the places have together: once for all periods of a layer, so that the slider asks for nothing. */
  async function ask() {
    if (!picked.length) return; // cleared while it waited
    const { scene } = atlas;
    const query = new URLSearchParams(S.variantOf(view)).toString();
    const address = `${atlas.dataAddress(scene.indicator, scene.level).replace("/data/", "/selection/")}${query ? `?${query}` : ""}`;
    const body = JSON.stringify({ units: [...picked].sort() });
    const key = `${address} ${body}`;
    if (key === summaryOf) { write(); return; }
    summaryOf = key;
    if (!asks.has(key)) {
      asks.set(key, fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body })
        .then((answer) => { if (!answer.ok) throw new Error(`${address} answered ${answer.status}`); return answer.json(); }));
    }
    try {
      const found = await asks.get(key);
      if (summaryOf !== key) return;
      summary = found;
    } catch (error) {
      asks.delete(key);
      if (summaryOf !== key) return;
      console.warn(error.message);
      summary = null;
      lead.textContent = say("notice.offline");
    }
    write();
  }
  const askSoon = later(ask, 80);

  function write() {
    const found = summary?.periods[atlas.period];
    rows.hidden = !found;
    if (!found) return;
    heading.textContent = `${summary.title}, ${atlas.scene.periods[atlas.period].label}`;
    handling.textContent = summary.handling;
    lead.textContent = found.lead;
    rows.replaceChildren(...found.rows.flatMap((row) => [
      el("dt", { text: row.label, data: { row: row.id } }),
      el("dd", { data: { row: row.id } }, el("b", { text: row.text }), el("span", { text: row.note })),
    ]));
    source.textContent = found.source ? say("pick.source", { source: found.source }) : "";
  }

  function writePlaces() {
    places.replaceChildren(...picked.map((id) => {
      const here = atlas.indexOf(id) >= 0;
      return el("li", { class: here ? null : "idle" },
        el("span", { text: here ? nameOf(id) : say("pick.not_here", { id }) }),
        button("×", () => {
          const at = picked.indexOf(id);
          change(picked.filter((one) => one !== id));
          ([...places.querySelectorAll("button")][Math.min(at, picked.length - 1)] ?? opener).focus();
        }, { "aria-label": say("pick.remove", { place: nameOf(id) }), title: say("pick.remove", { place: nameOf(id) }) }));
    }));
  }

  /** Everything that depends on which places are selected. */
  function show() {
    const open = picked.length > 1 && !closed;
    badge.hidden = !picked.length;
    badge.textContent = picked.length ? ` ${S.number(lang, picked.length, 0)}` : "";
    mark();
    card.hidden = !open;
    document.documentElement.classList.toggle("beside", open);
    map.align(open || Boolean(view.unit));
    if (!open) { summaryOf = ""; summary = null; return; }
    title.textContent = S.plural(words, lang, "pick.places", picked.length);
    writePlaces();
    askSoon();
  }

  atlas.picked = { ids: () => [...picked], change, toggle };
  const reread = () => {
    if (view.picked === known) return;
    picked = readPicked(view.picked);
    known = view.picked;
    show();
  };
  atlas.on("address", reread);
  atlas.on("layer", () => { marked = ""; if (view.picked === known) show(); else reread(); });
  atlas.on("paint", () => { mark(); if (summary) write(); });

  /** The column of the table with a box for each row (dashboard/components/table.py). */
  function bindTable(grid) {
    grid.addEventListener("cellValueChanged", ({ colDef, newValue, data }) => {
      if (colDef.field === "picked" && newValue !== picked.includes(data.id)) change(toggled(picked, data.id));
    });
  }
  atlas.on("table", bindTable);
  if ($("#grid")) window.dash_ag_grid?.getApiAsync("grid").then((grid) => { if (grid.atlasBound) bindTable(grid); });
  if (picked.length) show();
}
