// Small parts that the workbench is made of: elements, buttons, boxes that open under a button, choices.

/** An element; props are attributes, but for `text`, `on` (listeners) and `data`. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  const { text, on = {}, data = {}, ...attributes } = props;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  Object.assign(node.dataset, data);
  for (const [name, act] of Object.entries(on)) node.addEventListener(name, act);
  if (text !== undefined) node.textContent = text;
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const NS = "http://www.w3.org/2000/svg";
/** An element of a drawing. */
export function svgEl(tag, attributes = {}, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) node.setAttribute(name, value);
  node.append(...children.flat());
  return node;
}

export function button(text, act, props = {}) {
  return el("button", { type: "button", text, on: { click: act }, ...props });
}

/** A button that stays pressed. */
export function toggle(text, pressed, act, props = {}) {
  const node = button(text, () => {
    const now = node.getAttribute("aria-pressed") !== "true";
    node.setAttribute("aria-pressed", String(now));
    act(now);
  }, { "aria-pressed": String(Boolean(pressed)), ...props });
  return node;
}

/** A labelled control: the label stands before it and is clicked for it. */
export function field(label, control, props = {}) {
  return el("label", { class: "wb-field", ...props }, el("span", { text: label }), control);
}

export function checkbox(label, checked, act, props = {}) {
  const box = el("input", { type: "checkbox", ...props });
  box.checked = Boolean(checked);
  box.addEventListener("change", () => act(box.checked));
  return el("label", { class: "wb-check" }, box, el("span", { text: label }));
}

/** A list to choose from: options are [value, text] or [value, text, {disabled}]. */
export function choice(options, value, act, props = {}) {
  const node = el("select", props, options.map(([key, text, more = {}]) => el("option", { value: key, text, ...more })));
  node.value = value ?? "";
  node.addEventListener("change", () => act(node.value));
  return node;
}

/** A row of buttons of which one is pressed. */
export function segmented(label, options, value, act) {
  const buttons = options.map(([key, text, props = {}]) => button(text, () => {
    set(key);
    act(key);
  }, { "aria-pressed": String(key === value), data: { key }, ...props }));
  const node = el("div", { class: "wb-seg", role: "group", "aria-label": label }, buttons);
  function set(key) {
    buttons.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.key === String(key))));
  }
  node.set = set;
  return node;
}

let boxes = 0;
const LEAST_BELOW = 360;
/**
 * A button, and the box that opens under it. `fill(box, close)` writes the box anew whenever it opens. Esc and a click
 * elsewhere close it; the focus goes back to the button.
 */
export function drop(text, fill, props = {}) {
  boxes += 1;
  const box = el("div", { popover: "auto", id: `wb-box-${boxes}`, class: "wb-box", role: "dialog", "aria-label": props.label ?? text });
  const opener = button(text, () => box.togglePopover(), {
    "aria-expanded": "false", "aria-controls": box.id, class: "wb-drop", ...props.button,
  });
  const close = () => box.hidePopover();
  const place = () => {
    const under = opener.getBoundingClientRect();
    const below = window.innerHeight - under.bottom - 8;
    box.style.maxHeight = below >= LEAST_BELOW ? `${Math.round(below)}px` : ""; // what the button belongs to stays in sight
    const { width, height } = box.getBoundingClientRect();
    const top = under.bottom + 4 + height <= window.innerHeight ? under.bottom + 4 : Math.max(4, under.top - height - 4);
    box.style.left = `${Math.round(Math.min(Math.max(4, under.left), window.innerWidth - width - 4))}px`;
    box.style.top = `${Math.round(Math.min(top, Math.max(4, window.innerHeight - height - 4)))}px`;
  };
  const write = () => {
    box.replaceChildren();
    fill(box, close);
    place();
  };
  box.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    opener.setAttribute("aria-expanded", String(open));
    if (!open) return;
    write();
    box.querySelector("[autofocus], input, select, button")?.focus();
  });
  document.body.append(box);
  return { opener, box, close, isOpen: () => box.matches(":popover-open"), refresh: () => { if (box.matches(":popover-open")) write(); } };
}

/** Give a reader a file to keep. */
export function saveFile(blob, name) {
  const href = URL.createObjectURL(blob);
  el("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10000);
}

/** Call `act` when calls have paused for a while. */
export function later(act, pause = 150) {
  let waiting;
  return (...args) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => act(...args), pause);
  };
}

/** Tell the styles which comparison is open: "side", "swipe", "multiples", or null for none. */
export function showMode(mode) {
  const mapbox = document.querySelector("#mapbox");
  if (mode) mapbox.dataset.compare = mode; else mapbox.removeAttribute("data-compare");
  document.body.classList.toggle("comparing", Boolean(mode));
}
