// The layers on the map: base layer, second fill, overlays and reference layers; their list at the top of the menu.
import { install as installOverlays, kinds, references } from "./overlays.js";
import { FILLS, otherPeriod } from "./bivariate.js";
import { isSame, lookOf, MOST, moved, overOf, readRefs, rewritten, shareOf, writeOver, writeRefs } from "./over.js";
import { groupChange, groupKey, groupOptions } from "./group.js";
import { faultOf, Second } from "./second.js";
import { button, checkbox, choice, drop, el, field, later, svgEl } from "./ui.js";
import { periodFor, plural, say, sourceText } from "../scene.js";

const STEP = 20;
const FULL = 100;
const EVERYONE = "all.all";
const PALE = 0.9; // white letters cannot be read on a paler colour
const FAINTEST = 10; // of a fill: what is fainter is hidden

export class Stack {
  constructor(atlas) {
    this.atlas = atlas;
    this.maps = new Map();
    this.scenes = new Map();
    this.opened = new Set();
    this.second = new Second(atlas);
  }

  say(key, fields) { return say(this.atlas.words, key, fields); }

  // -- what overlays may ask for ----------------------------------------------------------------------------------------

  /** Scene of another layer, kept; fails for one that is not published at the level. */
  sceneOf(id, { level = this.atlas.view.level, variant = {} } = {}) {
    const address = this.atlas.dataAddress(id, level, variant);
    if (!this.scenes.has(address)) {
      const asked = this.atlas.fetchJson(address);
      this.scenes.set(address, asked);
      asked.catch(() => this.scenes.delete(address));
    }
    return this.scenes.get(address);
  }

  periodIn(scene, { end }) { return periodFor(scene, end) ?? -1; }

  allows(layer) {
    const open = this.atlas.layers.find((one) => one.id === this.atlas.view.layer);
    return Boolean(layer?.allows.includes("join") && open?.allows.includes("join"));
  }

  entries() { return overOf(this.atlas.view.over).filter(({ mark }) => kinds[mark]); }

  /** Ids of the layers that fill the map: the base, and the second one. */
  get fills() { return [this.atlas.view.layer, this.atlas.view.second].filter(Boolean); }

  look(id) { return lookOf(this.atlas.view.over, id); }

  get context() {
    const { scene, period, scope } = this.atlas;
    return { scene, period, end: scene.periods[period]?.end ?? null, scope };
  }

  // -- drawing ----------------------------------------------------------------------------------------------------------

  groupsOf(map) {
    if (!this.maps.has(map)) {
      const made = { overlays: svgEl("g", { class: "overlays" }), references: svgEl("g", { class: "references" }), top: svgEl("g", { class: "refs-top" }), drawn: new Map() };
      for (const name of ["overlays", "references", "top"]) made[name].setAttribute("pointer-events", "none");
      map.part("symbols").before(made.references, made.overlays);
      map.part("marks").before(made.top);
      this.maps.set(map, made);
    }
    return this.maps.get(map);
  }

  /** Draw all overlays and reference layers on a map; what is there already is drawn anew. */
  drawOn(map, context) {
    const groups = this.groupsOf(map);
    const former = groups.drawn;
    groups.drawn = new Map();
    const on = readRefs(this.atlas.view.ref, references);
    for (const reference of references) {
      if (on.includes(reference.id)) {
        const g = svgEl("g", { class: `ref ref-${reference.id}` });
        groups[reference.top ? "top" : "references"].append(g);
        groups.drawn.set(`ref.${reference.id}`, { g, kind: reference, entry: null });
        this.run(() => reference.draw(this.atlas, map, g, context));
      } else if (former.has(`ref.${reference.id}`) || this.maps.get(map).fresh !== false) reference.off?.(this.atlas, map);
    }
    groups.fresh = false;
    for (const entry of this.entries().filter((one) => !one.off)) {
      const g = svgEl("g", {
        class: `over over-${entry.mark}`, "data-id": entry.id, "pointer-events": "none", opacity: entry.opacity / FULL,
      });
      groups.overlays.append(g);
      const kind = kinds[entry.mark];
      groups.drawn.set(`${entry.id}.${entry.mark}`, { g, kind, entry });
      this.run(() => kind.draw(this.atlas, map, entry, g, context), entry);
    }
    former.forEach(({ g }) => g.remove());
  }

  /** A step of the slider on a map. */
  paintOn(map, context) {
    this.maps.get(map)?.drawn.forEach(({ g, kind, entry }) => {
      if (entry) kind.paint?.(this.atlas, map, entry, g, context);
      else kind.paint?.(this.atlas, map, g, context);
    });
  }

  movedOn(map, context) {
    this.maps.get(map)?.drawn.forEach(({ g, kind, entry }) => {
      if (entry) kind.moved?.(this.atlas, map, entry, g, context);
      else kind.moved?.(this.atlas, map, g, context);
    });
  }

  async run(act, entry) {
    try {
      await act();
      if (entry) {
        this.failed.delete(writeOver([entry]));
        this.refresh();
      }
    } catch (error) {
      console.warn(error.message);
      if (entry) {
        this.failed.add(writeOver([entry]));
        this.refresh();
      }
    }
  }

  failed = new Set();

  draw() {
    this.drawOn(this.atlas.map, this.context);
    this.showFills();
    this.legends();
    this.atlas.emit("stack");
  }

  redraw() { this.draw(); }

  /** Base and second layer as opaque as the address says; a hidden one still tells its figures. */
  showFills() {
    const { view, map } = this.atlas;
    const mapbox = document.getElementById("mapbox");
    for (const [name, id, part] of [["--base", view.layer, "shapes"], ["--over", view.second, "second"]]) {
      const share = id ? shareOf(view.over, id) : 1;
      if (share === 1) {
        mapbox.style.removeProperty(name);
        map.part(part).removeAttribute("fill-opacity");
      } else {
        mapbox.style.setProperty(name, share);
        map.part(part).setAttribute("fill-opacity", share);
      }
    }
    mapbox.toggleAttribute("data-faint", shareOf(view.over, view.layer) < PALE);
  }

  /** What is hidden, and small legends of the overlays, with that of the fills. */
  legends() {
    const { layer } = this.atlas.view;
    const legend = document.getElementById("legend");
    legend.querySelectorAll(".lg-over, .lg-hidden").forEach((node) => node.remove());
    if (this.look(layer).off) {
      const title = this.layer(layer)?.menu_title ?? layer;
      legend.prepend(el("p", { class: "lg-hidden" }, this.say("stack.hidden_base", { title }), " ",
        button(this.say("stack.show"), () => this.setLook(layer, { off: false }), { "aria-label": this.say("stack.show_one", { title }) })));
    }
    for (const entry of this.entries().filter((one) => !one.off).reverse()) {
      const made = kinds[entry.mark].legend?.(this.atlas, entry);
      if (made) document.getElementById("legend").append(el("div", { class: "lg-over" }, made));
    }
  }

  // -- what changes it --------------------------------------------------------------------------------------------------

  /** Put what the map shows into the view; what is said of layers that are not on it is forgotten. */
  rewrite(changed) {
    const { view } = this.atlas;
    view.over = rewritten(view.over, this.fills, changed);
  }

  write(entries, told) {
    this.rewrite({ over: entries });
    this.atlas.address(true);
    this.draw();
    this.refresh();
    if (told) this.tell(told);
  }

  tell(text) { document.getElementById("live").textContent = text; }

  add(id, mark) {
    const entries = this.entries();
    if (!kinds[mark] || entries.length >= MOST || entries.some((one) => isSame(one, { id, mark }))) return;
    const entry = { id, mark, opacity: FULL, off: false };
    this.box.open = true;
    this.write([...entries, entry], this.say("stack.added", { title: kinds[mark].title(this.atlas, entry) }));
  }

  remove(id, mark) {
    const entry = { id, mark, opacity: FULL, off: false };
    const title = kinds[mark].title(this.atlas, entry);
    this.write(this.entries().filter((one) => !isSame(one, entry)), this.say("stack.removed", { title }));
  }

  change(entry, changes) {
    this.write(this.entries().map((one) => (isSame(one, entry) ? { ...one, ...changes } : one)));
  }

  /** Opacity alone needs no drawing. */
  fade(entry, opacity) {
    const entries = this.entries().map((one) => (isSame(one, entry) ? { ...one, opacity } : one));
    this.rewrite({ over: entries });
    this.maps.forEach(({ drawn }) => drawn.get(`${entry.id}.${entry.mark}`)?.g.setAttribute("opacity", opacity / FULL));
    this.saveSoon();
  }

  saveSoon = later(() => this.atlas.address());

  /** Show a fill otherwise: {opacity} without a step back, {off} with one. */
  setLook(id, changes) {
    const { atlas } = this;
    const isSwitched = "off" in changes;
    const { opacity } = this.look(id);
    this.rewrite({ changes: { [id]: { opacity: opacity || FULL, ...changes } } });
    this.showFills();
    if (!isSwitched) { this.saveSoon(); return; }
    atlas.address(true);
    if (id === atlas.view.second) this.second.load();
    this.legends();
    this.refresh();
    this.tell(this.say(changes.off ? "stack.now_hidden" : "stack.now_shown", { title: this.layer(id)?.title ?? id }));
  }

  /** A layer that is opened anew is shown in full. */
  tidy() {
    const { view } = this.atlas;
    const before = view.over ?? null;
    this.rewrite();
    if (view.over !== before) this.atlas.address();
  }

  setSecond(id, fill = this.atlas.view.fill) {
    const { atlas } = this;
    const whose = id === atlas.view.second ? atlas.view.whose : null;
    Object.assign(atlas.view, { second: id, fill: id && fill !== FILLS[0] ? fill : null, whose, kept: null });
    atlas.map.single(atlas.scene, atlas.period, atlas.scope, null);
    atlas.address(true);
    this.second.load();
    this.refresh();
    const title = this.layer(id)?.title;
    this.tell(id ? this.say("stack.added", { title }) : this.say("stack.removed_second"));
  }

  /** Whose figures the second layer shows. */
  setWhose(key) {
    const { atlas } = this;
    atlas.view.whose = key === EVERYONE ? null : key;
    atlas.address(true);
    this.second.load();
  }

  /** The second layer becomes the base, and the base the second; each keeps its group of people. */
  async swap() {
    const { atlas } = this;
    const { layer, second, level, whose } = atlas.view;
    const own = groupKey(atlas.view);
    Object.assign(atlas.view, { second: layer, whose: own === EVERYONE ? null : own });
    const isDone = await atlas.openLayer(second, level, { group: groupChange(whose ?? EVERYONE) });
    if (!isDone) Object.assign(atlas.view, { second, whose });
  }

  setReference(id, isOn) {
    const on = readRefs(this.atlas.view.ref, references).filter((one) => one !== id);
    this.atlas.view.ref = writeRefs(isOn ? [...on, id] : on, references);
    this.atlas.address(true);
    this.draw();
    this.refresh();
  }

  // -- the list ---------------------------------------------------------------------------------------------------------

  layer(id) { return this.atlas.layers.find((one) => one.id === id); }

  count() { return 1 + (this.atlas.view.second ? 1 : 0) + this.entries().length; }

  install() {
    const { atlas } = this;
    this.rows = el("ol", { class: "stack-rows" });
    this.number = el("span", { class: "count" });
    this.adder = drop(`+ ${this.say("stack.add_this")}`, (box, close) => this.fillAdder(box, close), {
      label: this.say("stack.add"), button: { class: "stack-add", "aria-label": this.say("stack.add"), title: this.say("stack.add") },
    });
    this.refs = el("details", { class: "stack-refs" });
    this.box = el("details", { class: "stack" },
      el("summary", {}, el("span", { text: this.say("stack.title") }), this.number), this.rows, this.refs);
    document.getElementById("stack").append(this.box, this.adder.opener);
    this.drawRefs();
    this.bindMenu();
    this.describeSoon = later(() => this.describe(), 120);
    atlas.on("layer", () => { this.tidy(); this.draw(); this.refresh(); });
    atlas.on("dress", () => this.draw());
    atlas.on("address", () => { this.draw(); this.drawRefs(); this.refresh(); });
    atlas.on("paint", () => { this.paintOn(atlas.map, this.context); this.describeSoon(); });
    atlas.on("view", later(() => this.movedOn(atlas.map, this.context), 160)); // when the hand rests
    atlas.tipParts.push((lines, shape) => {
      for (const entry of this.entries()) if (!entry.off) kinds[entry.mark].tip?.(atlas, entry, lines, shape, this.context);
    });
    this.refresh();
  }

  refresh = () => {
    if (!this.rows) return;
    const n = this.count();
    this.number.textContent = String(n);
    this.number.title = plural(this.atlas.words, this.atlas.lang, "stack.layers", n);
    const focused = document.activeElement?.closest?.(".stack-rows [data-act]");
    const back = focused && [focused.closest("li").dataset.row, focused.dataset.act];
    this.rows.replaceChildren(...this.listed().map((row) => row()));
    if (back) {
      const row = this.rows.querySelector(`[data-row="${back[0]}"]`);
      (row?.querySelector(`[data-act="${back[1]}"]:not(:disabled)`) ?? row?.querySelector("[data-act]") ?? this.adder.opener).focus();
    }
    this.describe();
  };

  /** Rows, top first. */
  listed() {
    const entries = this.entries();
    const rows = entries.map((entry, place) => () => this.overlayRow(entry, place, entries.length)).reverse();
    if (this.atlas.view.second) rows.push(() => this.secondRow());
    rows.push(() => this.baseRow());
    return rows;
  }

  row(key, title, how, more = {}) {
    const isOpen = this.opened.has(key);
    const tools = more.tools ? el("div", { class: "stack-tools", hidden: !isOpen, id: `stack-tools-${key}` }, more.tools()) : null;
    const opener = tools && button("", () => {
      const now = !this.opened.has(key);
      if (now) this.opened.add(key); else this.opened.delete(key);
      tools.hidden = !now;
      opener.setAttribute("aria-expanded", String(now));
    }, {
      class: "stack-more", "aria-expanded": String(isOpen), "aria-controls": `stack-tools-${key}`, data: { act: "more" },
      "aria-label": this.say("stack.options", { title }), title: this.say("stack.options", { title }),
    });
    opener?.append(svgEl("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svgEl("path", { d: "M3 8h.01M8 8h.01M13 8h.01" })));
    return el("li", { class: `stack-row${more.off ? " off" : ""}`, data: { row: key } },
      el("div", { class: "stack-head" }, more.show ?? el("span", { class: "stack-name", text: title }), opener),
      el("p", { class: "stack-how", text: how }),
      el("p", { class: "stack-note", data: { note: key } }), tools);
  }

  /** The switch of a fill, its opacity. */
  shown(id, title) {
    const look = this.look(id);
    return {
      off: look.off, show: checkbox(title, !look.off, (on) => this.setLook(id, { off: !on }), { data: { act: "show" } }),
      slider: () => this.opacity(Math.max(look.opacity, FAINTEST), FAINTEST, title, (opacity) => this.setLook(id, { opacity })),
    };
  }

  baseRow() {
    const { scene } = this.atlas;
    const title = this.layer(scene.indicator)?.menu_title ?? scene.title;
    const { slider, ...shown } = this.shown(scene.indicator, title);
    return this.row("base", title, this.say(`stack.mark_${scene.mark}`), { ...shown, tools: () => [slider()] });
  }

  secondRow() {
    const { view } = this.atlas;
    const layer = this.layer(view.second);
    const title = layer?.menu_title ?? view.second;
    const { slider, ...shown } = this.shown(view.second, title);
    const isMixed = (view.fill ?? FILLS[0]) === FILLS[0];
    const groups = this.groupsOfSecond();
    const how = [this.say(`stack.fill_${view.fill ?? FILLS[0]}`), view.whose && groups.find(([key]) => key === view.whose)?.[1]];
    return this.row("second", title, how.filter(Boolean).join(" · "), {
      ...shown,
      tools: () => [
        isMixed ? el("p", { class: "stack-how", text: this.say("stack.one_opacity") }) : slider(),
        choice(FILLS.map((fill) => [fill, this.say(`stack.fill_${fill}`)]), view.fill ?? FILLS[0],
          (fill) => this.setSecond(view.second, fill), { data: { act: "fill" }, "aria-label": this.say("stack.drawn_as") }),
        groups.length < 2 ? null : choice(groups, view.whose ?? EVERYONE, (key) => this.setWhose(key), { data: { act: "whose" }, "aria-label": this.say("stack.whose", { title }) }),
        el("div", { class: "wb-row" },
          button(this.say("stack.swap"), () => this.swap(), { data: { act: "swap" }, disabled: Boolean(faultOf(this.atlas, layer)) }),
          button(this.say("stack.remove"), () => this.setSecond(null), { data: { act: "remove" }, "aria-label": this.say("stack.remove_one", { title }) })),
      ],
    });
  }

  /** Groups of people of whom the second layer has figures, [key, name], everyone first. */
  groupsOfSecond() {
    const scene = this.second.pair?.second;
    if (scene?.indicator !== this.atlas.view.second) return [];
    const capital = (text) => text.charAt(0).toLocaleUpperCase(this.atlas.lang) + text.slice(1);
    return groupOptions(scene).map(([key, name]) => [key, capital(name)]);
  }

  overlayRow(entry, place, of) {
    const kind = kinds[entry.mark];
    const title = kind.title(this.atlas, entry);
    const key = `${entry.id}.${entry.mark}`;
    const show = checkbox(title, !entry.off, (on) => this.change(entry, { off: !on }), { data: { act: "show" } });
    return this.row(key, title, kind.mark?.(this.atlas, entry) ?? "", {
      off: entry.off, show,
      tools: () => [this.opacity(entry.opacity, 0, title, (opacity) => this.fade(entry, opacity)), el("div", { class: "wb-row" },
        button("↑", () => this.shift(entry, 1, title), { data: { act: "up" }, disabled: place === of - 1, "aria-label": this.say("stack.up", { title }), title: this.say("stack.up", { title }) }),
        button("↓", () => this.shift(entry, -1, title), { data: { act: "down" }, disabled: place === 0, "aria-label": this.say("stack.down", { title }), title: this.say("stack.down", { title }) }),
        button(this.say("stack.remove"), () => this.remove(entry.id, entry.mark), { data: { act: "remove" }, "aria-label": this.say("stack.remove_one", { title }) }))],
    });
  }

  shift(entry, step, title) {
    this.write(moved(this.entries(), entry, step), this.say(step > 0 ? "stack.moved_up" : "stack.moved_down", { title }));
  }

  opacity(value, least, title, act) {
    const shown = el("output", { class: "stack-percent" });
    const slider = el("input", { type: "range", min: least, max: FULL, step: 5, "aria-label": this.say("stack.opacity_of", { title }), data: { act: "opacity" } });
    const write = (next) => {
      slider.value = String(next);
      shown.textContent = this.say("value.percent", { v: next, s: "%" });
    };
    const set = (wanted) => {
      const next = Math.min(FULL, Math.max(least, wanted));
      write(next);
      act(next);
    };
    write(value);
    slider.addEventListener("input", () => set(Number(slider.value)));
    return el("div", { class: "stack-opacity" }, el("span", { text: this.say("stack.opacity") }),
      button("−", () => set(Number(slider.value) - STEP), { data: { act: "less" }, "aria-label": this.say("stack.less", { title }) }), slider,
      button("+", () => set(Number(slider.value) + STEP), { data: { act: "more_opacity" }, "aria-label": this.say("stack.more_opaque", { title }) }), shown);
  }

  /** What each row says of its period, source and tier. */
  describe() {
    if (!this.rows) return;
    const { atlas } = this;
    const told = new Map([["base", this.told(atlas.scene, atlas.period)]]);
    if (atlas.view.second) told.set("second", this.secondTold());
    for (const entry of this.entries()) {
      const failed = this.failed.has(writeOver([entry]));
      told.set(`${entry.id}.${entry.mark}`, failed ? { note: this.say("stack.failed") } : kinds[entry.mark].describe?.(atlas, entry) ?? {});
    }
    this.rows.querySelectorAll("[data-note]").forEach((node) => {
      const { period, source, tier, note } = told.get(node.dataset.note) ?? {};
      const isHigher = tier && tier !== "public";
      const text = [period, source, isHigher ? this.say(`tier.${tier}`) : "", note].filter(Boolean).join(" · ");
      if (node.textContent !== text) node.textContent = text;
      node.title = text;
    });
  }

  told(scene, period) {
    const { words } = this.atlas;
    const stop = scene.periods[period];
    return {
      period: stop?.latest ? this.say("period.latest_long") : stop?.label,
      source: sourceText(scene, words, period, this.atlas.scope).replace(/^–$/, ""), tier: this.layer(scene.indicator)?.tier,
    };
  }

  secondTold() {
    const { atlas } = this;
    const fault = faultOf(atlas, this.layer(atlas.view.second));
    if (this.look(atlas.view.second).off) return { note: this.say("stack.hidden") };
    if (fault) return { note: this.say(fault, { value: this.layer(atlas.view.second)?.title ?? atlas.view.second }) };
    const pair = this.second.shown;
    if (!pair) return { note: this.say("map.loading", { title: this.layer(atlas.view.second).menu_title }) };
    const other = otherPeriod(pair, atlas.period);
    return other === null ? { note: this.say("stack.second_none", { title: pair.second.title }), tier: this.layer(pair.second.indicator)?.tier } : this.told(pair.second, other);
  }

  // -- adding -----------------------------------------------------------------------------------------------------------

  /** What can be added now, by how it is drawn: mark => [{id, title, group}]. */
  offers() {
    const { atlas } = this;
    const taken = this.entries();
    const fills = atlas.layers.filter((layer) => layer.menu && layer.id !== atlas.view.second && !faultOf(atlas, layer))
      .map((layer) => ({ id: layer.id, title: layer.menu_title, group: layer.driver_title }));
    const found = new Map([["second", fills]]);
    for (const [mark, kind] of Object.entries(kinds)) {
      const offered = kind.offers(atlas).filter(({ id }) => !taken.some((one) => isSame(one, { id, mark })));
      if (taken.length < MOST) found.set(mark, offered.map(({ id, title, driver_title: group }) => ({ id, title, group })));
    }
    return new Map([...found].filter(([, list]) => list.length));
  }

  fillAdder(box, close) {
    const offers = this.offers();
    box.append(el("h2", { text: this.say("stack.add") }));
    if (!this.allows(this.layer(this.atlas.view.layer))) box.append(el("p", { class: "wb-note", text: this.say("stack.alone") }));
    if (!offers.size) { box.append(el("p", { text: this.say("stack.nothing") })); return; }
    let mark = [...offers.keys()][0];
    const list = el("select", { size: 9, class: "stack-list", "aria-label": this.say("stack.layer") });
    const fill = choice(FILLS.map((one) => [one, this.say(`stack.fill_${one}`)]), this.atlas.view.fill ?? FILLS[0], () => {});
    const fillField = field(this.say("stack.drawn_as"), fill);
    const write = () => {
      const groups = new Map();
      for (const offer of offers.get(mark)) groups.set(offer.group ?? "", [...(groups.get(offer.group ?? "") ?? []), offer]);
      list.replaceChildren(...[...groups].flatMap(([group, items]) => {
        const options = items.map(({ id, title }) => el("option", { value: id, text: title }));
        return group ? [el("optgroup", { label: group }, options)] : options;
      }));
      list.selectedIndex = 0;
      list.size = Math.min(9, Math.max(3, list.length + groups.size));
      fillField.hidden = mark !== "second";
    };
    const add = () => {
      const id = list.value;
      if (!id) return;
      close();
      if (mark === "second") this.setSecond(id, fill.value); else this.add(id, mark);
      this.box.open = true;
    };
    const how = choice([...offers.keys()].map((one) => [one, one === "second" ? this.say("stack.as_second") : kinds[one].mark?.(this.atlas, {}) ?? one]),
      mark, (next) => { mark = next; write(); });
    list.addEventListener("dblclick", add);
    list.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); add(); } });
    box.append(field(this.say("stack.how"), how), list, fillField,
      el("div", { class: "wb-row" }, button(this.say("stack.add_this"), add, { class: "wb-main" })),
      el("p", { class: "wb-note", text: this.say("stack.left_out") }));
    write();
  }

  drawRefs() {
    this.refs.hidden = references.length === 0;
    const on = readRefs(this.atlas.view.ref, references);
    this.refs.replaceChildren(el("summary", { text: this.say("stack.references") }),
      ...references.map((one) => checkbox(one.title(this.atlas), on.includes(one.id), (now) => this.setReference(one.id, now))));
  }

  /** A small "+" beside the layer of the menu that is pointed at: it becomes the second fill. */
  bindMenu() {
    const menu = document.getElementById("menu");
    const plus = button("+", () => {
      this.box.open = true;
      this.setSecond(plus.dataset.second);
      plus.remove();
    }, { class: "stack-plus", tabindex: "-1" });
    menu.addEventListener("pointerover", (event) => {
      if (event.pointerType === "touch") return;
      const item = event.target.closest?.(".driver li");
      if (!item) { plus.remove(); return; }
      if (plus.parentElement === item) return;
      const layer = this.layer(item.querySelector("[data-layer]")?.dataset.layer);
      if (!layer || layer.id === this.atlas.view.second || faultOf(this.atlas, layer)) { plus.remove(); return; }
      plus.dataset.second = layer.id;
      plus.title = this.say("stack.plus", { title: layer.menu_title });
      plus.setAttribute("aria-label", plus.title);
      item.append(plus);
    });
    menu.addEventListener("pointerleave", () => plus.remove());
  }
}

/** Add the list of layers to the page. */
export async function install(atlas) {
  const stack = new Stack(atlas);
  atlas.stack = stack;
  await installOverlays(atlas);
  stack.install();
  stack.draw();
  await stack.second.load();
  if (atlas.boot.second) atlas.repaint(); // the second layer could not be fetched: the page shows the first alone
}

