// The workbench: everything beyond reading one map. Each part adds its own controls; the order is that of the bar.

const PARTS = [];

/** Add all parts to a page (assets/main.js: `atlas`). */
export async function install(atlas) {
  for (const part of PARTS) await part(atlas);
}
