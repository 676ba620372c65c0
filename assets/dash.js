// The bridge to Dash: loads its scripts once the map answers, tells it of the view, feeds the table.

const state = { ready: false, view: null, api: null };
let signal;
export const dashReady = new Promise((resolve) => { signal = resolve; });

function loadScript(src) {
  return new Promise((resolve, reject) => {
    const node = document.createElement("script");
    node.src = src;
    node.async = false;
    node.onload = resolve;
    node.onerror = () => reject(new Error(`script ${src} did not load`));
    document.body.append(node);
  });
}

/** Functions that Dash calls in the browser (dashboard/callbacks). */
export function offer(functions) {
  window.dash_clientside = window.dash_clientside ?? {};
  window.dash_clientside.atlas = {
    ...functions,
    ready: () => {
      state.ready = true;
      signal();
      return window.dash_clientside.no_update;
    },
  };
}

/** Load Dash in the order that it needs, then start it. */
export async function startDash(scripts) {
  await Promise.all(scripts.map(loadScript));
  window.renderer = new window.DashRenderer();
  await dashReady;
}

export function setProps(id, props) {
  dashReady.then(() => window.dash_clientside.set_props(id, props));
}

let late;
/** Load what only the table needs, once. */
export function loadLate(scripts) {
  late ??= Promise.all(scripts.map(loadScript));
  return late;
}

/** The grid of the table, when it is there. */
export async function gridApi(id) {
  return window.dash_ag_grid.getApiAsync(id);
}
