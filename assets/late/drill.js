// Looking inside a place and back out: by double click, Enter, keys, the panel's button and the steps in the top bar.
import * as S from "../scene.js";
import { button, el } from "./ui.js";

const COUNTRY = "ADM0";
const EVERYWHERE = "all";

/** The steps from the region down to what is shown: [{id, level, name}], the last is where the reader is. Pure. */
export function stepsOf(place, scope, names, region) {
  if (scope === S.REGION) return [];
  const country = { id: scope, level: COUNTRY, name: names[scope] ?? scope };
  return [{ id: null, level: null, name: region }, country, ...(place ? place.path.slice(1) : [])];
}

/** Levels at which a layer has figures of a country. Pure. */
export function levelsOfCountry(layer, iso3) {
  return layer.levels.filter((level) => layer.countries[level].includes(iso3));
}

export async function install(atlas) {
  const { view, say } = atlas;
  const nav = el("nav", { id: "drill", "aria-label": say("drill.label"), hidden: true });
  document.querySelector(".crumb").after(nav);
  const layer = () => atlas.layers.find((one) => one.id === view.layer);
  const onMap = () => Boolean(document.activeElement?.closest("#shapes"));
  const former = new Map(); // level from which a place was entered

  /** Show another place; what cannot be loaded changes nothing. */
  async function move(inside, country, level, landing = null) {
    const before = { inside: view.inside, country: view.country, view: view.view, unit: view.unit };
    const wasOnMap = onMap();
    atlas.map.nodes[atlas.indexOf(view.unit)]?.setAttribute("aria-selected", "false");
    Object.assign(view, { inside, country, view: null, unit: null });
    if (!(await atlas.openLayer(view.layer, level))) { Object.assign(view, before); return; }
    atlas.map.fit(atlas.scope, atlas.place?.box);
    const shape = atlas.indexOf(landing);
    if (shape >= 0) atlas.rove(shape);
    if (wasOnMap || landing) atlas.map.group.querySelector("[tabindex='0']")?.focus();
  }

  async function toPlace(id, landing = null) {
    try {
      const place = await atlas.placeOf(id);
      const wanted = landing?.level ?? S.below(place.level);
      if (!landing) former.set(id, view.level);
      await move(id, place.iso3, S.levelInside(place.levels[view.layer] ?? [], wanted) ?? view.level, landing?.id);
    } catch {
      atlas.notice(say("notice.offline"));
    }
  }

  async function toCountry(iso3, landing = null) {
    const levels = levelsOfCountry(layer(), iso3);
    const wanted = landing?.level ?? S.below(COUNTRY);
    if (!landing) former.set(iso3, view.level);
    await move(null, iso3, S.levelInside(levels, wanted) ?? view.level, landing?.id);
    if (!landing && levels.length) announce(COUNTRY, levels);
  }

  async function toRegion() {
    const level = former.get(atlas.scope);
    await move(null, EVERYWHERE, layer().levels.includes(level) ? level : view.level, level === COUNTRY ? atlas.scope : null);
  }

  function go(step, landing = null) {
    if (!step.level) return toRegion();
    return step.level === COUNTRY ? toCountry(step.id, landing) : toPlace(step.id, landing);
  }

  /** Look inside a place of the map. */
  function enter(id) {
    const unit = atlas.units[atlas.indexOf(id)];
    if (!unit) return;
    if (!unit.opens) atlas.toast(say("drill.nothing", { place: unit.name }));
    else if (atlas.scene.level === COUNTRY) toCountry(unit.iso3);
    else toPlace(id);
  }

  function leave() {
    const steps = stepsOf(atlas.place, atlas.scope, atlas.boot.names, say("app.region"));
    if (steps.length) go(steps.at(-2), steps.at(-1));
  }

  /** Say that a coarser level stands for the one wanted. */
  function announce(level, levels) {
    const text = S.fallbackText(atlas.scene, atlas.words, level, levels);
    if (!text) return;
    atlas.toast(text);
    document.querySelector("#live").textContent = text;
  }

  function write() {
    const steps = stepsOf(atlas.place, atlas.scope, atlas.boot.names, say("app.region"));
    const isHere = nav.contains(document.activeElement);
    nav.hidden = !steps.length;
    nav.parentElement.classList.toggle("inside", Boolean(atlas.place));
    nav.replaceChildren(...(steps.length ? [
      button("‹", leave, { class: "drill-out", "aria-label": say("drill.out"), title: say("drill.out") }),
      el("ol", {}, steps.map((step, i) => el("li", {}, button(step.name, () => go(step, steps[i + 1]), {
        "aria-current": i === steps.length - 1 ? "true" : null,
      })))),
    ] : []));
    if (isHere) nav.querySelector("[aria-current]")?.focus();
  }

  let told = "";
  function tell() {
    const { place, scene } = atlas;
    const now = place ? `${place.id} ${scene.indicator} ${scene.level}` : "";
    if (place && now !== told) announce(place.level, place.levels[scene.indicator] ?? []);
    told = now;
  }

  const chosen = () => {
    const shape = atlas.map.nodes.indexOf(document.activeElement);
    return shape >= 0 ? atlas.scene.ids[shape] : view.unit;
  };
  const inward = () => { const id = chosen(); if (id) enter(id); };
  Object.assign(atlas.keys, { ">": inward, ".": inward, "<": leave, ",": leave, backspace: leave });
  atlas.actions.enter = (node) => enter(node.dataset.unit);
  atlas.tipParts.push((lines, shape) => {
    if (atlas.units[shape].opens && document.activeElement === atlas.map.nodes[shape]) lines.push(["quiet", say("drill.tip")]);
  });
  atlas.on("enter", enter);
  atlas.on("dress", write);
  atlas.on("layer", tell);
  write();
  tell();
}
