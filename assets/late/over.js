// The layers on the map as an address writes them: "id.mark.opacity[.off];...", bottom first, the mark "fill" for the base
// layer and the second one where they are not shown in full; and the reference layers that are on: "none" or "id,id". Pure.

export const MOST = 8; // over the fills
export const FILL = "fill";
const FILLS = 2;
const FULL = 100;

/** Entries {id, mark, opacity, off} of an address. */
export function readOver(text) {
  if (!text) return [];
  return text.split(";").slice(0, MOST + FILLS).map((part) => {
    const [id, mark, opacity, off] = part.split(".");
    return { id, mark, opacity: Math.min(FULL, Number(opacity)), off: off === "off" };
  });
}

const isFill = ({ mark }) => mark === FILL;
const isPlain = ({ opacity, off }) => opacity === FULL && !off;

/** How a fill is shown: {id, mark, opacity, off}; in full where an address does not say. */
export function lookOf(text, id) {
  const found = readOver(text).find((one) => isFill(one) && one.id === id) ?? { id, mark: FILL, opacity: FULL, off: false };
  return { ...found, off: found.off || !found.opacity };
}

/** Share of its full colour that a fill is drawn with, from 0 (hidden) to 1. */
export function shareOf(text, id) {
  const { opacity, off } = lookOf(text, id);
  return off ? 0 : opacity / FULL;
}

/** Entries that lie over the fills. */
export const overOf = (text) => readOver(text).filter((one) => !isFill(one)).slice(0, MOST);

/**
 * An address with other entries over the fills, or with fills that are shown otherwise: `changes` by id. `ids` are the
 * fills that are on the map; what is said of others is left out.
 */
export function rewritten(text, ids, { over = overOf(text), changes = {} } = {}) {
  const fills = ids.map((id) => ({ ...lookOf(text, id), ...changes[id] })).filter((one) => !isPlain(one));
  return writeOver([...fills, ...over]);
}

export function writeOver(entries) {
  return entries.map(({ id, mark, opacity, off }) => `${id}.${mark}.${opacity}${off ? ".off" : ""}`).join(";") || null;
}

export const isSame = (one, other) => one.id === other.id && one.mark === other.mark;

/** Entries with one of them moved up (+1, towards the top) or down (-1). */
export function moved(entries, entry, step) {
  const from = entries.findIndex((one) => isSame(one, entry));
  const to = from + step;
  if (from < 0 || to < 0 || to >= entries.length) return entries;
  const next = [...entries];
  [next[from], next[to]] = [next[to], next[from]];
  return next;
}

/** Ids of the reference layers that are on: those that an address names, or else those that are on by themselves. */
export function readRefs(text, references) {
  const wanted = text ? text.split(",") : null;
  return references.filter(({ id, on }) => (wanted ? wanted.includes(id) : on)).map(({ id }) => id);
}

/** How an address writes the reference layers that are on; null where they are those that are on by themselves. */
export function writeRefs(on, references) {
  const plain = readRefs(null, references);
  if (plain.length === on.length && plain.every((id) => on.includes(id))) return null;
  return references.map(({ id }) => id).filter((id) => on.includes(id)).join(",") || "none";
}
