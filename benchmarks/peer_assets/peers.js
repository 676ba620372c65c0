// What peers run in the browser: client-side callbacks that change the map without asking the server.
(() => {
  const [LOW, HIGH] = [0, 100];
  const BLANK = "#cccccc";
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    peers: {
      values: (step, values) => new window.dash_clientside.Patch().assign(["data", 0, "z"], values[step]).build(),
      hideout: (step, values, hideout) => ({ ...hideout, values: values[step] }),
    },
  });
  const colour = (value, palette) => {
    if (value === null) return BLANK;
    const place = Math.floor(((value - LOW) / (HIGH - LOW)) * palette.length);
    return palette[Math.min(Math.max(place, 0), palette.length - 1)];
  };
  const style = (feature, { hideout }) => ({
    fillColor: colour(hideout.values[feature.id], hideout.palette), fillOpacity: 1, color: "#ffffff", weight: 0.8,
  });
  window.peers = { leaflet: { style } };
})();
