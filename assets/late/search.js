// One field that finds places, layers and sources, in any script and spelling; the server compares the names.
import * as S from "../scene.js";
import { el, later } from "./ui.js";

const COUNTRY = "ADM0";
const LONGEST = 100;
const AROUND = 3; // a place of a fine level is shown with this many of its own sizes on each side

/** Level at which a place is shown by a layer: its own, else the finest one above, else the coarsest below. Pure. */
export function levelFor(levels, own) {
  if (levels.includes(own)) return own;
  const sorted = [...levels].sort();
  return sorted.filter((level) => level < own).at(-1) ?? sorted.find((level) => level > own) ?? null;
}

/** Period nearest to the one shown in which a shape is on the map; null if it never is. Pure. */
export function periodOf(scene, period, shape) {
  const drawn = [...scene.periods.keys()].filter((one) => scene.states[one][shape] !== "-");
  return drawn.sort((a, b) => Math.abs(a - period) - Math.abs(b - period) || b - a)[0] ?? null;
}

/** What tells a place from others of its name. Pure. */
export function placeNote(words, place) {
  return [
    place.type, place.parent && S.say(words, "search.parent", { parent: place.parent }), place.country,
    place.until && S.say(words, "search.until", { year: place.until }),
    place.why,
  ].filter(Boolean).join(" · ");
}

export async function install(atlas) {
  const { view, say, words, lang } = atlas;
  const home = document.querySelector("#search");
  const input = el("input", {
    type: "search", id: "search-text", role: "combobox", "aria-expanded": "false", "aria-controls": "search-list",
    "aria-autocomplete": "list", "aria-label": say("search.label"), placeholder: say("search.short"), maxlength: LONGEST,
    autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "search",
  });
  const list = el("div", { id: "search-list", role: "listbox", "aria-label": say("search.label"), hidden: true });
  const status = el("p", { class: "sr", role: "status" });
  const opener = el("button", { type: "button", class: "search-open", text: say("search.open"), "aria-expanded": "false", "aria-controls": "search-text" });
  const closer = el("button", { type: "button", class: "search-close", text: "×", "aria-label": say("search.close") });
  home.append(opener, el("div", { class: "search-field" }, input, closer, list), status);

  for (const { id, synonyms } of atlas.layers) { // the field above the menu knows other words for a layer, too
    const item = synonyms ? document.querySelector(`.driver [data-layer="${id}"]`)?.closest("li") : null;
    if (item) item.dataset.text += ` ${synonyms}`;
  }

  let options = [];
  let active = -1;
  let shownFor = null;
  let asking = null;
  let isHasty = false; // Enter was pressed before the answer came

  function show(isOpen) {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) mark(-1);
  }

  function mark(index) {
    active = index;
    options.forEach(({ node }, i) => node.setAttribute("aria-selected", String(i === index)));
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", options[index].node.id);
      options[index].node.scrollIntoView({ block: "nearest" });
    }
  }

  const note = (text) => { list.replaceChildren(el("p", { class: "search-note", text })); options = []; show(true); status.textContent = text; };

  /** Write groups of results: [[title, [{title, note, choose}]]]. */
  function write(groups) {
    options = [];
    const parts = groups.filter(([, found]) => found.length).map(([title, found], g) => {
      const head = el("p", { class: "search-head", id: `search-group-${g}`, role: "presentation", text: title });
      const rows = found.map((one) => {
        const at = options.length;
        const node = el("div", {
          role: "option", id: `search-option-${at}`, "aria-selected": "false",
          on: { click: () => choose(at), pointermove: () => { if (active !== at) mark(at); }, mousedown: (event) => event.preventDefault() },
        }, el("span", { class: "search-title", text: one.title }), el("span", { class: "search-what", text: one.note }));
        options.push({ ...one, node });
        return node;
      });
      return el("div", { role: "group", "aria-labelledby": head.id }, head, rows);
    });
    list.replaceChildren(...parts);
    list.scrollTop = 0;
    if (!options.length) { note(say("search.none")); return; }
    show(true);
    status.textContent = say("search.results", { n: S.number(lang, options.length, 0) });
  }

  const noted = (text, why) => [text, why].filter(Boolean).join(" · ");
  const ofLayer = (one) => ({ title: one.title, note: noted(one.driver, one.why), choose: () => { close(); return atlas.openLayer(one.id, one.level); } });
  const ofSource = (one) => ({
    title: one.title, note: noted(one.publisher, one.why), choose: () => write([[say("search.layers_of", { source: one.title }), one.layers.map(ofLayer)]]),
  });
  const ofPlace = (one) => ({ title: one.name, note: placeNote(words, one), choose: () => { close(); return goTo(one); } });

  async function ask(text) {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const found = await atlas.fetchJson(`${atlas.boot.find}?${new URLSearchParams({ q: text })}`, { signal });
      if (signal.aborted) return;
      shownFor = text;
      write([
        [say("search.places"), found.places.map(ofPlace)], [say("search.layers"), found.layers.map(ofLayer)],
        [say("search.sources"), found.sources.map(ofSource)],
      ]);
      if (isHasty && options.length) choose(0);
    } catch {
      if (!signal.aborted) note(say("search.offline"));
    }
    if (!signal.aborted) isHasty = false;
  }
  const askSoon = later(() => { const text = wanted(); if (text && text !== shownFor) ask(text); });
  const wanted = () => input.value.trim().replace(/\s+/g, " ");

  function typed() {
    isHasty = false;
    mark(-1);
    if (wanted()) { askSoon(); return; }
    asking?.abort();
    shownFor = null;
    show(false);
  }

  function choose(index) {
    const { choose: act } = options[index];
    Promise.resolve(act()).catch(() => atlas.notice(say("notice.offline")));
  }

  function open() {
    home.classList.add("open");
    opener.setAttribute("aria-expanded", "true");
    input.focus();
    input.select();
  }

  function close() {
    asking?.abort();
    const hadFocus = home.contains(document.activeElement);
    show(false);
    shownFor = null;
    input.value = "";
    home.classList.remove("open");
    opener.setAttribute("aria-expanded", "false");
    if (!hadFocus) return;
    if (opener.offsetParent) opener.focus(); else input.blur();
  }

  // -- going to a place ---------------------------------------------------------------------------------------------

  async function goTo(found) {
    if (found.level === COUNTRY) return goToCountry(found);
    const place = await atlas.placeOf(found.id);
    const level = levelFor(atlas.layers.find((one) => one.id === view.layer).levels, found.level);
    const finer = level > found.level;
    const stands = level === found.level ? { id: found.id, name: found.name } : place.path.find((step) => step.level === level);
    if (!(await moveTo(finer ? found.id : null, found.iso3, level))) return undefined;
    if (finer) return land(null);
    reveal(stands);
    if (level > S.below(COUNTRY)) around(stands.id);
    if (stands.id !== found.id) atlas.notice(say("search.no_level", { place: found.name, shown: stands.name }));
    return land(stands.id);
  }

  async function goToCountry(found) {
    const { levels } = atlas.layers.find((one) => one.id === view.layer);
    const level = levelFor(levels, COUNTRY);
    if (!(await moveTo(null, found.iso3, level))) return;
    if (level === COUNTRY) reveal(found);
    else atlas.notice(say("search.no_country", { place: found.name }));
    land(level === COUNTRY ? found.id : null);
  }

  async function moveTo(inside, country, level) {
    const before = { inside: view.inside, country: view.country, view: view.view, unit: view.unit };
    Object.assign(view, { inside, country, view: null, unit: null });
    const isDone = await atlas.openLayer(view.layer, level);
    if (!isDone) Object.assign(view, before);
    else atlas.map.fit(atlas.scope, atlas.place?.box);
    return isDone;
  }

  /** Select a place, at a period in which it is on the map. */
  function reveal({ id, name }) {
    const shape = atlas.indexOf(id);
    const period = shape < 0 ? null : periodOf(atlas.scene, atlas.period, shape);
    if (period === null) { atlas.notice(say("search.not_then", { place: name })); return; }
    if (period !== atlas.period) atlas.timeline.go(period);
    atlas.select(id);
  }

  function around(id) {
    const shape = atlas.map.geometry.shapes[atlas.indexOf(id)];
    if (!shape) return;
    const [x0, y0, x1, y1] = shape.box;
    const side = Math.max(x1 - x0, y1 - y0) * AROUND;
    atlas.map.fit(atlas.scope, [x0 - side, y0 - side, x1 + side, y1 + side]);
  }

  /** The map takes the focus: arrows go on from the place that was found. */
  function land(id) {
    const shape = atlas.indexOf(id);
    if (shape >= 0 && atlas.map.isDrawn(shape)) atlas.map.nodes[shape].focus();
  }

  // -- keys and pointer ---------------------------------------------------------------------------------------------

  input.addEventListener("input", typed);
  input.addEventListener("focus", () => { if (wanted() && wanted() === shownFor) show(true); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      show(true);
      const next = active < 0 && step < 0 ? options.length - 1 : active + step;
      mark(next >= options.length ? 0 : next < 0 ? options.length - 1 : next);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (active >= 0) choose(active);
      else if (wanted() && wanted() === shownFor && options.length) choose(0);
      else if (wanted()) { isHasty = true; }
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (!list.hidden) show(false);
      else close();
    }
  });
  home.addEventListener("focusout", (event) => { if (event.relatedTarget && !home.contains(event.relatedTarget)) show(false); });
  document.addEventListener("pointerdown", (event) => { if (!home.contains(event.target)) show(false); });
  opener.addEventListener("click", open);
  closer.addEventListener("click", close);
  atlas.keys["/"] = open;
}
