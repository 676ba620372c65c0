// Added to a peer's page: when its first map is drawn, and how long a step takes until it is.
(() => {
  if (window !== window.top || window.peer) return;
  const plot = () => document.querySelector(".js-plotly-plot");
  /** MapLibre's map below a Plotly figure, as soon as there is one. */
  const plotMap = () => plot()?._fullLayout?.map?._subplot?.map;
  const until = (get) => new Promise((resolve) => {
    const look = () => {
      const found = get();
      if (found) resolve(found);
      else requestAnimationFrame(look);
    };
    look();
  });
  const QUIET_MS = 150;
  const rendered = new WeakMap();
  const watch = (map) => {
    if (rendered.has(map)) return;
    rendered.set(map, 0);
    map.on("render", () => { rendered.set(map, performance.now()); });
  };
  /** When MapLibre drew last, told as soon as all its data are loaded and it has not drawn for a while. */
  const idle = (map, since) => until(() => {
    const last = Math.max(rendered.get(map), since);
    return map.loaded() && map.areTilesLoaded() && performance.now() - last > QUIET_MS && last;
  });
  const frameOf = (number) => plot().layout.sliders[0].steps[number].args;
  const setSlider = (number) => window.dash_clientside.set_props("time", { value: number });
  const plotlyStep = (change) => async (number) => {
    const figure = plot();
    const plotted = new Promise((resolve) => { figure.once("plotly_afterplot", () => resolve(performance.now())); });
    const start = performance.now();
    change(number);
    const afterPlot = await plotted;
    const end = await idle(plotMap(), afterPlot);
    return { plotted: afterPlot - start, step: end - start };
  };
  const plotlyReady = async () => {
    const map = await until(plotMap);
    await until(() => map.isStyleLoaded() && map.getStyle().layers.some((layer) => layer.type === "fill"));
    watch(map);
    return idle(map, performance.now());
  };
  const plotly = (change) => ({ ready: plotlyReady, step: plotlyStep(change) });
  const kinds = {
    animation: plotly((number) => { window.Plotly.animate(plot(), ...frameOf(number)); }),
    figure: plotly(setSlider),
    patch: plotly(setSlider),
    client: plotly(setSlider),
  };
  window.peer = {
    ready: (kind) => kinds[kind].ready(),
    step: (kind, number) => kinds[kind].step(number),
  };
})();
