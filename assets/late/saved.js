// Views saved by name in this browser, and their file: a list of {name, query}. Pure, but for the store that is given.

const KEY = "drivers-atlas.views";
const FORMAT = "drivers-atlas-views";
const MOST = 200;
const LONGEST = 4000;

const isView = (one) => typeof one?.name === "string" && one.name.trim() !== ""
  && typeof one.query === "string" && one.query.startsWith("?") && one.query.length <= LONGEST;
const clean = ({ name, query }) => ({ name: name.trim().slice(0, 80), query });

/** Views kept in a store; none where it holds nothing readable. Throws where the browser keeps nothing. */
export function readViews(store) {
  const text = store.getItem(KEY);
  if (!text) return [];
  try {
    const found = JSON.parse(text);
    return Array.isArray(found) ? found.filter(isView).map(clean) : [];
  } catch {
    return [];
  }
}

export function writeViews(store, views) {
  store.setItem(KEY, JSON.stringify(views.slice(0, MOST)));
}

/** Views with one more; one of the same name is replaced in its place. */
export function withView(views, view) {
  const made = clean(view);
  const at = views.findIndex(({ name }) => name === made.name);
  return at < 0 ? [...views, made] : views.map((one, i) => (i === at ? made : one));
}

/** Text of a file of views. */
export function toFile(views) {
  return `${JSON.stringify({ format: FORMAT, version: 1, views }, null, 1)}\n`;
}

/** Views of a file; null if it is no such file. */
export function fromFile(text) {
  try {
    const { format, views } = JSON.parse(text);
    if (format !== FORMAT || !Array.isArray(views)) return null;
    return views.filter(isView).slice(0, MOST).map(clean);
  } catch {
    return null;
  }
}
