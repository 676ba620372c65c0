// Added to a peer's page: when its first map is drawn, and how long a step takes until it is.
(() => {
  if (window !== window.top || window.peer) return;
  const QUIET_MS = 150;
  const PATIENCE_MS = 120000;
  const until = (get) => new Promise((resolve, reject) => {
    const since = performance.now();
    const look = () => {
      const found = get();
      if (found) resolve(found);
      else if (performance.now() - since > PATIENCE_MS) reject(new Error(`waited in vain for ${get}`));
      else requestAnimationFrame(look);
    };
    look();
  });

  const plot = () => document.querySelector(".js-plotly-plot");
  /** MapLibre's map below a Plotly figure, as soon as there is one. */
  const plotMap = () => plot()?._fullLayout?.map?._subplot?.map;
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
    return (await idle(plotMap(), afterPlot)) - start;
  };
  const plotlyReady = async () => {
    const map = await until(plotMap);
    await until(() => map.isStyleLoaded() && map.getStyle().layers.some((layer) => layer.type === "fill"));
    watch(map);
    return idle(map, performance.now());
  };
  const plotly = (change) => ({ ready: plotlyReady, step: plotlyStep(change) });

  // What is drawn by the page itself: a frame counts as soon as it follows a change of paths or a drawing on a canvas.
  let isChanged = false;
  let drawn = 0;
  let isFollowed = false;
  const change = () => { isChanged = true; };
  const follow = () => {
    requestAnimationFrame(() => {
      const channel = new MessageChannel(); // its message comes when style, layout and paint of this frame are done
      channel.port1.onmessage = () => {
        if (isChanged) drawn = performance.now();
        isChanged = false;
      };
      channel.port2.postMessage(null);
      if (isFollowed) follow();
    });
  };
  /** The end of the last frame that drew a change, told when there has been none for a while. */
  const settled = async (act) => {
    isChanged = false;
    drawn = 0;
    isFollowed = true;
    follow();
    act();
    const end = await until(() => drawn && !isChanged && performance.now() - drawn > QUIET_MS && drawn);
    isFollowed = false;
    return end;
  };
  const paths = () => document.querySelectorAll(".leaflet-overlay-pane path");
  const seen = new WeakSet();
  const watchPaths = (pane) => {
    if (seen.has(pane)) return;
    seen.add(pane);
    new MutationObserver(change).observe(pane, { subtree: true, childList: true, attributes: true });
  };
  const { clearRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) { // bokeh begins each drawing so
    change();
    return clearRect.apply(this, box);
  };
  const page = (isThere, step) => ({
    ready: async () => {
      await until(isThere);
      return settled(change);
    },
    step: async (number) => {
      const start = performance.now();
      return (await settled(() => step(number))) - start;
    },
  });
  const leafletIsThere = () => {
    const pane = document.querySelector(".leaflet-overlay-pane");
    if (pane) watchPaths(pane);
    return paths().length > 0;
  };
  const setInput = (number) => {
    const input = document.querySelector("input[type=range]");
    input.value = number;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const bokehDocument = () => window.Bokeh?.documents?.[0];

  const kinds = {
    animation: plotly((number) => { window.Plotly.animate(plot(), ...frameOf(number)); }),
    figure: plotly(setSlider),
    patch: plotly(setSlider),
    client: plotly(setSlider),
    leaflet: page(leafletIsThere, setSlider),
    folium: page(leafletIsThere, setInput),
    bokeh: page(
      () => bokehDocument()?.is_idle,
      (number) => { bokehDocument().get_model_by_name("time").value = number; },
    ),
  };
  window.peer = {
    ready: (kind) => kinds[kind].ready(),
    step: (kind, number) => kinds[kind].step(number),
  };
})();
