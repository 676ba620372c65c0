// What can lie over the fills: kinds of overlays and reference layers (assets/late/stack.js keeps their order).

import { readIndex } from "./overlay_base.js";
import { flow, follow } from "./overlay_flows.js";
import { outline } from "./overlay_outlines.js";
import { counts, sectors } from "./overlay_programmes.js";
import { referencesOf } from "./overlay_references.js";
import { symbol } from "./overlay_symbols.js";

/** Kinds of overlays by the name that an address gives them. */
export const kinds = { symbol, flow, outline, counts, icons: sectors };
/** Reference layers, in the order in which they are drawn; those that the dataset has, once `install` is through. */
export const references = [];

/** Read what the dataset offers; before the list of layers on the map is made. */
export async function install(atlas) {
  await readIndex(atlas);
  references.push(...referencesOf());
  follow(atlas);
}
