// The workbench: everything beyond reading one map. Each part adds its own controls; the order is that of the bar.

import { install as charts } from "./charts.js";
import { install as classes } from "./classes.js";
import { install as compare } from "./compare.js";
import { install as drill } from "./drill.js";
import { install as everyone } from "./everyone.js";
import { install as filter } from "./filter.js";
import { install as group } from "./group.js";
import { Pixels } from "./pixels.js";
import { install as pick } from "./pick.js";
import { install as stack } from "./stack.js";
import { install as views } from "./views.js";
import { install as search } from "./search.js";
import { install as time } from "./time.js";

const PARTS = [group, classes, stack, compare, time, drill, search, filter, pick, charts, views, everyone];

/** Add all parts to a page (assets/main.js: `atlas`). */
export async function install(atlas) {
  new Pixels(atlas.map);
  for (const part of PARTS) await part(atlas);
}
