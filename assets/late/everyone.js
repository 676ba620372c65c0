// For everyone: keys of a remote control while presenting, what is chosen is said, a blank screen on request.
import { el } from "./ui.js";

/** What a key of a remote control (or of the keyboard) does while presenting; null if nothing. Pure. */
export function presentKey(key) {
  return {
    PageDown: "next", ArrowRight: "next", ArrowDown: "next", PageUp: "previous", ArrowLeft: "previous", ArrowUp: "previous",
    Home: "first", End: "last", F5: "play", ".": "blank", b: "blank",
  }[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

export function install(atlas) {
  const { say, timeline } = atlas;
  const cover = el("button", { type: "button", id: "cover", hidden: true, "aria-label": say("a11y.uncover") });
  const uncover = () => { cover.hidden = true; };
  cover.addEventListener("click", uncover);
  document.body.append(cover);

  document.addEventListener("keydown", (event) => {
    if (!document.body.classList.contains("present") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("#shapes, #slider, input, select, textarea, .wb-box")) return;
    const act = presentKey(event.key);
    if (!cover.hidden && (act || event.key === "Escape")) {
      uncover();
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    if (act === "blank") { cover.hidden = false; cover.focus(); } else timeline.step(act);
  }, { capture: true });
  atlas.on("present", (on) => { if (!on) uncover(); });

  const live = document.getElementById("live");
  atlas.on("select", (shape) => {
    if (shape < 0 || !atlas.units[shape]) return;
    live.textContent = say("a11y.selected", { label: atlas.map.nodes[shape].getAttribute("aria-label") ?? atlas.units[shape].name });
  });
  // The panel comes last in the page: from the map, a link leads there.
  const toPanel = el("a", { id: "to-panel", href: "#panel", hidden: true, on: { click: (event) => {
    event.preventDefault();
    document.querySelector("#panel [data-close=panel]")?.focus();
  } } });
  const name = (shape) => {
    toPanel.hidden = !atlas.units[shape];
    toPanel.textContent = toPanel.hidden ? "" : say("a11y.selected", { label: atlas.units[shape].name });
  };
  document.getElementById("map").after(toPanel);
  name(atlas.indexOf(atlas.view.unit));
  for (const event of ["select", "layer"]) atlas.on(event, () => name(atlas.indexOf(atlas.view.unit)));
  if (atlas.view.present) atlas.present(true);
}
