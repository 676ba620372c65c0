// The layers over the fills as an address writes them: "id.mark.opacity[.off];...", bottom first; and the reference
// layers that are on: "none" or "id,id". Pure.

export const MOST = 8;

/** Entries {id, mark, opacity, off} of an address. */
export function readOver(text) {
  if (!text) return [];
  return text.split(";").slice(0, MOST).map((part) => {
    const [id, mark, opacity, off] = part.split(".");
    return { id, mark, opacity: Math.min(100, Number(opacity)), off: off === "off" };
  });
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
