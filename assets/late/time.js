// More about time: how it plays and over which range, changes since a period, the latest figures up to one, breaks.
import { isInside, isOlder, nearestStop, number, ownPeriod } from "../scene.js";
import { button, checkbox, choice, drop, el, field, later, segmented, svgEl } from "./ui.js";

const SPEEDS = ["0.5", "1", "2", "4"];
const NOTCH = 40; // pixels of a wheel that make a step
const ROOM = 34; // pixels that a place must have for the period of its figure
const [HALF, LINE] = [17, 14]; // half the width of a year and the height of a line, in pixels

const isHeld = (state) => state === "v" || state === "s";

/** Whether a country has a figure, shown or withheld, in a period. */
function hasFigure(scene, period, iso3) {
  return scene.iso3.some((own, shape) => own === iso3 && isHeld(scene.states[period][shape]));
}

/**
 * The breaks in the series of a scope that lie between two periods, or at any time if no periods are given; only of
 * countries that have figures on both sides.
 */
export function breaksBetween(scene, scope, from = null, to = null) {
  const stops = scene.periods.map((stop, index) => [stop, index]).filter(([stop]) => stop.end);
  return scene.breaks_in_series.filter(({ iso3, date }) => {
    if (scope && iso3 !== scope) return false;
    if (from !== null && !(scene.periods[from].end < date && date <= scene.periods[to].end)) return false;
    const sides = [stops.filter(([stop]) => stop.end < date), stops.filter(([stop]) => stop.end >= date)];
    return sides.every((side) => side.some(([, index]) => hasFigure(scene, index, iso3)));
  });
}

/** Index of the first period that a break does not compare with the former; null if there is none. */
export function stopOfBreak(scene, date) {
  const found = scene.periods.findIndex((stop) => stop.end && stop.end >= date);
  return found < 1 ? null : found;
}

/** First and last period of playing that an address names; null if it names none of the scene, or all. */
export function spanOf(scene, text) {
  const ids = scene.periods.map((stop) => stop.id);
  const ends = (text ?? "").split("..").map((id) => ids.indexOf(id));
  const last = scene.periods.filter((stop) => !stop.latest).length - 1;
  const fits = ends.length === 2 && ends[0] >= 0 && ends[0] < ends[1] && ends[1] <= last;
  return fits && !(ends[0] === 0 && ends[1] === last) ? ends : null;
}

/** A span with one of its ends moved: it keeps two periods at least. */
export function movedSpan(span, end, period, last) {
  const next = [...span];
  next[end] = end === 0 ? Math.min(Math.max(period, 0), span[1] - 1) : Math.max(Math.min(period, last), span[0] + 1);
  return next;
}

/** Countries whose places are other ones in another period. */
export function redrawn(scene, scope, from, to) {
  const before = scene.periods[from]?.sets ?? {};
  return Object.entries(scene.periods[to]?.sets ?? {})
    .filter(([iso3, set]) => (!scope || scope === iso3) && before[iso3] && before[iso3] !== set)
    .map(([iso3]) => iso3);
}

/**
 * Which of the places have room for a short text at their point: the larger first, none over another or over a name that
 * is there already (`taken`: x, y, half its width in pixels). `units` are map units in a pixel.
 */
export function withRoom(places, taken, units) {
  const size = ({ box: [x0, y0, x1, y1] }) => Math.min(x1 - x0, (y1 - y0) * 2) / units;
  const kept = [...taken];
  return [...places.keys()].sort((a, b) => size(places[b]) - size(places[a]) || a - b).filter((i) => {
    const { x, y } = places[i];
    const isFree = kept.every((one) => Math.abs(one.x - x) > (one.half + HALF) * units || Math.abs(one.y - y) > LINE * units);
    if (size(places[i]) < ROOM || !isFree) return false;
    kept.push({ x, y, half: HALF });
    return true;
  });
}

export function install(atlas) {
  const { view, timeline, say, lang } = atlas;
  const dated = () => atlas.scene.periods.map((stop, index) => ({ ...stop, index })).filter((stop) => !stop.latest);
  const last = () => dated().length - 1;
  const whole = () => [0, last()];
  const mayTrend = () => atlas.scene.allows.includes("trend");

  // -- playing --

  let told = null;
  const breakText = ({ iso3, day, note }) => say("more_time.break", { country: atlas.countryName(iso3), day, note });
  timeline.halt = (from, to) => {
    const found = breaksBetween(atlas.scene, atlas.scope, from, to);
    if (!found.length || told === to) {
      if (told !== null) atlas.notice("");
      told = null;
      return false;
    }
    told = to;
    atlas.notice(`${say("more_time.stopped", { period: atlas.scene.periods[to].label })} ${found.map(breakText).join(" ")}`);
    return true;
  };

  function applySpan(span, { settle = true } = {}) {
    timeline.span = span;
    const ids = atlas.scene.periods.map((stop) => stop.id);
    view.span = span ? `${ids[span[0]]}..${ids[span[1]]}` : null;
    markSpan();
    if (settle) atlas.address();
  }

  function readView() {
    timeline.speed = Number(view.speed ?? 1);
    timeline.loop = Boolean(view.loop);
    timeline.span = spanOf(atlas.scene, view.span);
    if (view.span && !timeline.span) { view.span = null; atlas.address(); }
  }

  // -- the track: range, breaks, wheel --

  const ends = [0, 1].map((end) => {
    const node = button("", () => {}, { class: "range-end", role: "slider", data: { end } });
    node.addEventListener("pointerdown", (event) => { node.setPointerCapture(event.pointerId); event.preventDefault(); node.focus(); });
    node.addEventListener("pointermove", (event) => {
      if (!node.hasPointerCapture(event.pointerId)) return;
      const track = node.parentElement.getBoundingClientRect();
      const place = ((event.clientX - track.left) / track.width) * 1000;
      applySpan(movedSpan(timeline.span ?? whole(), end, nearestStop(timeline.positions, place), last()), { settle: false });
    });
    node.addEventListener("pointerup", () => { atlas.address(); box.refresh(); });
    node.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const span = timeline.span ?? whole();
      applySpan(movedSpan(span, end, span[end] + step, last()));
    });
    return node;
  });

  function markSpan() {
    const track = document.querySelector("#time .track");
    const isOpen = Boolean(track) && last() > 1 && (timeline.span !== null || box.isOpen());
    const span = timeline.span ?? whole();
    ends.forEach((node, end) => {
      if (!isOpen) { node.remove(); return; }
      if (node.parentElement !== track) track.append(node);
      const stop = atlas.scene.periods[span[end]];
      node.style.left = `${timeline.positions[span[end]] / 10}%`;
      const name = say(end ? "more_time.to" : "more_time.from");
      for (const [key, value] of Object.entries({
        "aria-label": name, title: name, "aria-valuemin": 0, "aria-valuemax": last(), "aria-valuenow": span[end], "aria-valuetext": stop.label,
      })) node.setAttribute(key, value);
    });
    timeline.ticks.forEach((node, i) => node.classList.toggle("aside", timeline.span !== null && (i < span[0] || i > span[1])));
  }

  function markBreaks() {
    timeline.ticks.forEach((node) => node.classList.remove("break"));
    for (const one of breaksBetween(atlas.scene, atlas.scope)) {
      const tick = timeline.ticks[stopOfBreak(atlas.scene, one.date)];
      if (!tick) continue;
      tick.classList.add("break");
      const bar = tick.querySelector("i");
      bar.dataset.told ??= bar.title;
      bar.title = `${bar.dataset.told}; ${breakText(one)}`;
    }
  }

  let turned = 0;
  const settle = later(() => timeline.onChange(timeline.period, true), 250);
  document.querySelector("#time").addEventListener("wheel", (event) => {
    if (!event.target.closest(".track") || event.ctrlKey) return;
    event.preventDefault();
    turned += event.deltaY || event.deltaX;
    if (Math.abs(turned) < NOTCH) return;
    timeline.pause();
    timeline.go(timeline.period + Math.sign(turned), false);
    turned = 0;
    settle();
  }, { passive: false });

  // -- the box --

  function playing() {
    const stops = dated();
    const span = timeline.span ?? whole();
    const options = stops.map((stop) => [String(stop.index), stop.label]);
    const end = (which) => choice(
      options.filter((_, i) => (which ? i > span[0] : i < span[1])), String(span[which]),
      (value) => {
        const next = movedSpan(span, which, Number(value), last());
        applySpan(next[0] === 0 && next[1] === last() ? null : next);
        box.refresh();
      }, { data: { span: which } },
    );
    const speeds = SPEEDS.map((speed) => [speed, say("more_time.times", { n: number(lang, Number(speed), speed === "0.5" ? 1 : 0) })]);
    return [
      el("h3", { text: say("more_time.playing") }),
      el("div", { class: "wb-field" }, el("span", { text: say("more_time.speed") }),
        segmented(say("more_time.speed"), speeds, view.speed ?? "1", (speed) => {
          view.speed = speed === "1" ? null : speed;
          timeline.speed = Number(speed);
          if (timeline.playing) { timeline.pause(); timeline.play(); }
          atlas.address();
        })),
      ...(stops.length > 2 ? [field(say("more_time.from"), end(0)), field(say("more_time.to"), end(1))] : []),
      checkbox(say("more_time.loop"), view.loop, (on) => { view.loop = on; timeline.loop = on; atlas.address(); }),
    ];
  }

  function looking() {
    if (!mayTrend()) return [el("h3", { text: say("more_time.shown") }), el("p", { class: "wb-note", text: say(atlas.scene.categories ? "more_time.no_amounts" : "more_time.refused") })];
    const { base } = atlas.scene;
    const bases = atlas.scene.bases ?? dated().slice(0, -1);
    const parts = [
      el("h3", { text: say("more_time.shown") }),
      field(say("more_time.since"), choice(
        [["", say("more_time.since_none")], ...bases.map((stop) => [stop.id, stop.label])], base?.id ?? "",
        (id) => atlas.vary({ base: id || null, measure: id ? view.measure : null, upto: id ? null : view.upto }).then(box.refresh),
        { data: { time: "base" } },
      )),
    ];
    if (base) {
      parts.push(segmented(say("more_time.measure"), [
        ["absolute", say("more_time.absolute")], ["percent", say("more_time.percent")],
      ], base.measure, (measure) => atlas.vary({ measure: measure === "absolute" ? null : measure }).then(box.refresh)));
    }
    parts.push(checkbox(say("more_time.upto"), view.upto, (on) => atlas.vary({ upto: on ? "1" : null }).then(box.refresh), {
      disabled: Boolean(base), data: { time: "upto" },
    }), el("p", { class: "wb-note", text: say(base ? "more_time.upto_not" : "more_time.upto_note") }));
    return parts;
  }

  function breaks() {
    const found = breaksBetween(atlas.scene, atlas.scope);
    if (!found.length) return [];
    return [
      el("h3", { text: say("more_time.breaks") }),
      el("p", { class: "wb-note", text: say("more_time.breaks_note") }),
      el("ul", { class: "time-breaks" }, found.map((one) => el("li", { text: breakText(one) }))),
    ];
  }

  const box = drop(say("more_time.open"), (node) => {
    const several = dated().length > 1;
    node.append(el("h2", { text: say("more_time.title") }), ...(several ? playing() : []),
      ...(several || atlas.scene.base ? looking() : []), ...breaks());
  }, { label: say("more_time.title") });
  box.box.addEventListener("toggle", markSpan);
  const place = document.querySelector("#time-more");
  place.append(box.opener);

  // -- ages of figures on the map --

  const ages = svgEl("g", { id: "ages", "aria-hidden": "true" });
  atlas.map.svg.querySelector("#texts").after(ages);
  function writeAges() {
    const { scene, map, period } = atlas;
    if (!scene.own?.[period] || scene.periods[period].latest) { if (ages.firstChild) ages.replaceChildren(); return; }
    const { shapes } = map.geometry;
    const names = [...map.svg.querySelectorAll("text")].filter((node) => node.parentNode !== ages && !node.closest("defs"));
    const taken = names.map((node) => node.getBBox()).filter(({ width }) => width > 0)
      .map(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2, half: width / 2 / map.units }));
    const older = [...shapes.keys()]
      .filter((i) => map.isDrawn(i) && isInside(scene, i, atlas.scope, period) && isOlder(scene, period, i));
    ages.replaceChildren(...withRoom(older.map((i) => shapes[i]), taken, map.units).map((at) => {
      const text = svgEl("text", { x: shapes[older[at]].x, y: shapes[older[at]].y });
      text.textContent = scene.periods[ownPeriod(scene, period, older[at])].label;
      return text;
    }));
  }
  const agesSoon = later(writeAges, 160);

  // -- what happens on the page --

  let settled = { scene: atlas.scene, period: atlas.period };
  function tellBoundaries() {
    const { scene, scope, period } = atlas;
    const changed = settled.scene === scene ? redrawn(scene, scope, settled.period, period) : [];
    settled = { scene, period };
    if (!changed.length) return;
    const text = say("more_time.redrawn", { list: changed.map(atlas.countryName).join(", "), period: scene.periods[period].label });
    atlas.toast(text);
    setTimeout(() => { document.querySelector("#live").textContent += `. ${text}`; }, 300);
  }

  function refresh() {
    told = null;
    readView();
    settled = { scene: atlas.scene, period: atlas.period };
    place.hidden = dated().length < 2 && !atlas.scene.base;
    markBreaks();
    markSpan();
  }
  atlas.on("layer", refresh);
  atlas.on("address", () => { refresh(); box.refresh(); });
  atlas.on("dress", markBreaks);
  atlas.on("paint", () => { if (ages.firstChild) ages.replaceChildren(); agesSoon(); });
  atlas.on("view", agesSoon);
  atlas.on("settled", tellBoundaries);
  refresh();
  writeAges();
}
