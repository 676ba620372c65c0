// Saved views: addresses of the map by name, kept in this browser only, and handed over as a file.
import { fromFile, readViews, toFile, withView, writeViews } from "./saved.js";
import { button, drop, el } from "./ui.js";
import { plural, queryOf, say } from "../scene.js";

export function install(atlas) {
  const { words, lang } = atlas;
  const text = (key, fields) => say(words, key, fields);
  const live = (told) => { document.getElementById("live").textContent = told; };

  /** Act on the store of the browser; where it keeps nothing, say so. */
  function keep(act, otherwise) {
    try {
      return act(window.localStorage);
    } catch {
      atlas.notice(text("work.not_kept"));
      return otherwise;
    }
  }

  const all = () => keep(readViews, []);
  function save(views, told) {
    if (keep((store) => { writeViews(store, views); return true; }, false)) live(told);
    box.refresh();
  }

  function row(view, views) {
    const without = views.filter(({ name }) => name !== view.name);
    const item = el("li", {},
      el("a", { href: `/${view.query}`, text: view.name }),
      button(text("work.rename"), () => {
        const name = el("input", { value: view.name, maxlength: 80, "aria-label": text("work.name") });
        const done = () => {
          const wanted = name.value.trim();
          if (!wanted) return;
          const renamed = views.map((one) => (one === view ? { ...one, name: wanted } : one)).filter((one) => one.name !== wanted || one.query === view.query);
          save(renamed, text("work.saved", { name: wanted }));
        };
        name.addEventListener("keydown", (event) => { if (event.key === "Enter") done(); });
        item.replaceChildren(name, button(text("work.done"), done));
        name.focus();
        name.select();
      }, { "aria-label": text("work.rename_one", { name: view.name }) }),
      button(text("work.delete"), () => save(without, text("work.deleted", { name: view.name })), { "aria-label": text("work.delete_one", { name: view.name }) }));
    return item;
  }

  function download(views) {
    const url = URL.createObjectURL(new Blob([toFile(views)], { type: "application/json" }));
    el("a", { href: url, download: "drivers-atlas-views.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  async function read(file) {
    const found = fromFile(await file.text());
    if (!found) { atlas.notice(text("work.no_views")); return; }
    save(found.reduce(withView, all()), plural(words, lang, "work.read", found.length));
  }

  const box = drop(text("work.views"), (node) => {
    const views = all();
    const name = el("input", { maxlength: 80, placeholder: text("work.name"), "aria-label": text("work.name"), autofocus: true });
    const keepThis = () => {
      const wanted = name.value.trim() || atlas.scene.headline.slice(0, 80);
      save(withView(views, { name: wanted, query: queryOf(atlas.view) }), text("work.saved", { name: wanted }));
    };
    name.addEventListener("keydown", (event) => { if (event.key === "Enter") keepThis(); });
    const file = el("input", { type: "file", accept: ".json,application/json", class: "sr", tabindex: "-1", "aria-label": text("work.import") });
    file.addEventListener("change", () => { if (file.files[0]) read(file.files[0]); });
    node.append(el("h2", { text: text("work.views") }),
      el("div", { class: "wb-row views-new" }, name, button(text("work.save"), keepThis, { class: "wb-main" })),
      views.length ? el("ul", { class: "views-list" }, views.map((view) => row(view, views))) : el("p", { class: "wb-note", text: text("work.none") }),
      el("div", { class: "wb-row" },
        button(text("work.export"), () => download(views), { disabled: !views.length }),
        button(text("work.import"), () => file.click()), file),
      el("p", { class: "wb-note", text: text("work.kept_here") }));
  }, { button: { class: "wb-drop views-opener" } });
  document.getElementById("workbar").append(box.opener);
}
