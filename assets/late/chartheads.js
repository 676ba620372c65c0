// The heads of the columns of a tall chart: they stay in sight while its rows are scrolled.
import { svgEl } from "./ui.js";

/** Keeps heads over a box in which a chart is scrolled; `write(plot)` after every drawing, null for a chart that has none. */
export function makeHeads(box) {
  const heads = svgEl("svg", { class: "chart-heads", "aria-hidden": "true" });
  heads.setAttribute("hidden", "");
  box.after(heads);
  return function write(plot) {
    const { _size: size } = plot?._fullLayout ?? {};
    heads.toggleAttribute("hidden", !size);
    if (!size) return;
    const [width, height] = [Math.min(plot.clientWidth, box.clientWidth), Math.ceil(size.t)];
    for (const [name, value] of Object.entries({ width, height })) heads.setAttribute(name, value);
    heads.replaceChildren(...[...plot.querySelectorAll(".xaxislayer-above, .g-xtitle")].map((node) => node.cloneNode(true)));
  };
}
