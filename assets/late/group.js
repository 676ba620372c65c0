// Whose figures are shown: everyone, women, men, an age group. Offered only where a layer has several.
import { choice, el, segmented } from "./ui.js";

const MOST_BUTTONS = 4;

/** The groups of a scene as [key, name], everyone first. */
export function groupOptions(scene) {
  return scene.groups.map(([sex, age], i) => [`${sex}.${age}`, scene.group_names?.[i] ?? ""]);
}

/** Key of the group that a view shows. */
export const groupKey = (view) => `${view.sex ?? "all"}.${view.age ?? "all"}`;

/** What of a view chooses a group; the default is left out. */
export function groupChange(key) {
  const at = key.indexOf(".");
  const [sex, age] = [key.slice(0, at), key.slice(at + 1)];
  return { sex: sex === "all" ? null : sex, age: age === "all" ? null : age };
}

export function install(atlas) {
  const { view } = atlas;
  const capital = (text) => text.charAt(0).toLocaleUpperCase(atlas.lang) + text.slice(1);
  const box = el("div", { class: "wb-row", id: "group" });
  const write = () => {
    const options = groupOptions(atlas.scene).map(([key, name]) => [key, capital(name)]);
    const known = options.some(([key]) => key === groupKey(view)) ? groupKey(view) : "all.all";
    const act = (key) => atlas.vary(groupChange(key));
    box.hidden = options.length < 2;
    box.replaceChildren(...(box.hidden ? [] : [options.length > MOST_BUTTONS
      ? choice(options, known, act, { "aria-label": atlas.say("group.label") })
      : segmented(atlas.say("group.label"), options, known, act)]));
  };
  document.querySelector("#workbar").prepend(box);
  atlas.on("layer", write);
  write();
}
