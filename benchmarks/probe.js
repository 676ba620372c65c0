// Added to a measured page before its own scripts: notes when the map is painted, when it answers, how long a step takes.
(() => {
  if (window !== window.top || window.bench) return;
  const SHORTEST = 16; // ms; Chromium tells of no input that was on the screen sooner
  const marks = {};
  const steps = [];
  const presented = new Map();

  let frameStart = 0;
  /** The moment after the next frame: its style, layout and paint are done when the message arrives. */
  const afterFrame = () => new Promise((resolve) => {
    requestAnimationFrame(() => {
      frameStart = performance.now();
      const channel = new MessageChannel();
      channel.port1.onmessage = () => resolve(performance.now());
      channel.port2.postMessage(null);
    });
  });
  const waiting = [];
  const tell = () => { waiting.filter((one) => one.is()).forEach((one) => one.resolve(true)); };
  /** Resolves when a condition holds; it is looked at whenever something was noted. */
  const until = (is) => new Promise((resolve) => { waiting.push({ is, resolve }); tell(); });
  const mark = (name, time) => { marks[name] ??= time; tell(); };
  const shown = () => document.querySelector("#slider")?.value;

  // The drawing is complete in the document when something follows it, or the parser has ended.
  const parsed = () => {
    const map = document.querySelector("#map");
    return map && (map.nextElementSibling || document.readyState !== "loading");
  };
  const arrival = new MutationObserver(() => {
    if (!parsed()) return;
    arrival.disconnect();
    afterFrame().then((time) => mark("painted", time));
  });
  arrival.observe(document, { childList: true, subtree: true });

  new MutationObserver(() => {
    const { map, app, workbench } = document.documentElement.dataset;
    if (map === "ready") mark("map", performance.now());
    if (app === "ready") mark("app", performance.now());
    if (workbench === "ready") mark("workbench", performance.now());
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-map", "data-app", "data-workbench"] });

  new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByName("first-contentful-paint")) mark("fcp", entry.startTime);
  }).observe({ type: "paint", buffered: true });

  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (["keydown", "click"].includes(entry.name)) presented.set(entry.startTime, entry.duration);
    }
  }).observe({ type: "event", durationThreshold: SHORTEST });

  // The capture phase of the window is first to hear of an input, its bubble phase the last.
  let before = null;
  const note = (event) => { before = { input: event.timeStamp, at: shown() }; };
  const follow = () => {
    const step = before;
    before = null;
    if (!step || shown() === step.at) return;
    step.script = performance.now();
    afterFrame().then((frame) => {
      const [script, render] = [step.script - step.input, frame - frameStart];
      steps.push({ script, work: script + render, frame: frame - step.input, end: frame, input: step.input });
      tell();
    });
  };
  for (const kind of ["keydown", "click"]) {
    window.addEventListener(kind, note, { capture: true });
    window.addEventListener(kind, follow);
  }
  window.addEventListener("pointermove", () => {
    if (document.querySelector("#tip")?.hidden === false && !("hover" in marks)) {
      afterFrame().then((time) => mark("hover", time));
    }
  });

  /** Number of pixels of two screenshots (base64) that differ. */
  const differing = async (one, other) => {
    const [a, b] = await Promise.all([one, other].map(async (data) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      return new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
    }));
    return a.length === b.length ? a.reduce((count, pixel, i) => count + (pixel !== b[i] ? 1 : 0), 0) : -1;
  };

  /** A place on the map where the topmost thing is a unit: the middle of the largest one. */
  const target = () => {
    const boxes = [...document.querySelectorAll("#shapes > path")].map((node) => node.getBoundingClientRect());
    boxes.sort((a, b) => b.width * b.height - a.width * a.height);
    for (const { left, top, width, height } of boxes) {
      const [x, y] = [left + width / 2, top + height / 2];
      if (document.elementFromPoint(x, y)?.closest("#shapes")) return { x, y };
    }
    return null;
  };

  const idle = () => new Promise((resolve) => { requestIdleCallback(() => resolve(true), { timeout: 50 }); });
  const place = () => {
    const map = document.querySelector("#map");
    return `${map.getAttribute("viewBox")} ${map.style.transform}`;
  };
  // While watched, every frame is noted, and whether what is read (the slider, or the place of the map) had moved.
  let watched = null;
  const watch = (what = "slider") => {
    const read = what === "place" ? place : shown;
    let last = performance.now();
    let at = read();
    watched = [];
    const look = () => {
      if (!watched) return;
      const now = performance.now();
      watched.push({ frame: now - last, moved: read() !== at });
      last = now;
      at = read();
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };
  const unwatch = () => {
    const frames = watched.slice(1);
    watched = null;
    return frames;
  };
  const report = () => ({
    marks,
    steps: steps.map((step) => ({ ...step, presented: presented.get(step.input) ?? SHORTEST })),
    origin: performance.timeOrigin,
  });
  const marked = (name) => until(() => name in marks);
  const stepped = (n) => until(() => steps.length >= n);
  window.bench = { report, target, idle, differing, count: () => steps.length, shown, marked, stepped, watch, unwatch };
})();
