// Draws the figures in the reader's theme and at the window's width, and again when either changes.
"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function theme() {
    const style = getComputedStyle(document.documentElement);
    return (role) => style.getPropertyValue("--" + role).trim();
  }

  // "@ack/0.2" is the colour of that role at 20 % opacity. Other values are not changed.
  function colour(text, read) {
    const [role, alpha] = text.slice(1).split("/");
    const value = read(role);
    if (!alpha || !value.startsWith("#")) return value || text;
    const part = (at) => parseInt(value.slice(at, at + 2), 16);
    return `rgba(${part(1)}, ${part(3)}, ${part(5)}, ${alpha})`;
  }

  const COLOURED = new Set(["color", "fillcolor", "bordercolor"]);

  function resolve(node, read) {
    if (Array.isArray(node)) return node.length && typeof node[0] === "object" ? node.map((x) => resolve(x, read)) : node;
    if (node === null || typeof node !== "object") return node;
    const out = {};
    for (const [key, value] of Object.entries(node)) {
      const named = COLOURED.has(key) && typeof value === "string" && value.startsWith("@");
      out[key] = named ? colour(value, read) : resolve(value, read);
    }
    return out;
  }

  function axis(own, read, narrow) {
    const title = own.title ? { ...own.title, standoff: narrow ? 6 : 12, font: { size: 13, color: read("muted") } } : undefined;
    return {
      gridcolor: read("grid"), linecolor: read("line"), zerolinecolor: read("muted"), tickcolor: read("line"),
      tickfont: { size: 12, color: read("muted") }, automargin: true, zeroline: false, ...own, title,
    };
  }

  // A name is centred over the visible part of its interval. One that is longer than its interval would overlap its
  // neighbour, so its short form is shown, and without one nothing.
  function fitting(notes, xaxis, width) {
    const [first, last] = xaxis.range || [0, 0];
    const kept = [];
    for (const { room, short, ...note } of notes) {
      if (room) {
        const from = Math.max(room[0], first);
        const to = Math.min(room[1], last);
        if (to <= from) continue;
        const halfOf = (text) => (text.length * 6.6 * (last - first)) / width / 2;
        let half = halfOf(note.text);
        if (to - from < 2 * half) {
          if (!short) continue;
          note.text = short;
          half = halfOf(short);
        }
        note.x = Math.min(Math.max((from + to) / 2, first + half), last - half);
      }
      kept.push(note);
    }
    return kept;
  }

  // Plotly gives every entry of a horizontal legend the width of the longest when they need several rows.
  const LEGEND_ROW = 21;
  function legendRows(traces, width) {
    const widths = traces.filter((t) => t.showlegend !== false).map((t) => 46 + 7 * t.name.length);
    if (!widths.length) return 0;
    if (widths.reduce((sum, w) => sum + w, 0) <= width) return 1;
    return Math.ceil(widths.length / Math.max(1, Math.floor(width / Math.max(...widths))));
  }

  function draw(figure) {
    const box = document.getElementById("figure-" + figure.name);
    const read = theme();
    const width = box.clientWidth;
    const narrow = width < 620;
    const layout = resolve(figure.layout, read);
    const spec = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "closest",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: read("ink") },
      hoverlabel: { bgcolor: read("surface"), bordercolor: read("line"), font: { color: read("ink"), size: 12 } },
      legend: { orientation: "h", x: 0, xanchor: "left", y: 0, yanchor: "top", yref: "container", font: { size: 12 }, itemsizing: "constant", traceorder: "normal" },
      ...layout, width, height: figure.height_px + (narrow ? 40 : 0),
    };
    const notes = (layout.annotations || []).filter((note) => note.yshift);
    const top = notes.length ? 24 + Math.max(...notes.map((note) => note.yshift)) : 14;
    const below = 54 + LEGEND_ROW * legendRows(figure.traces, width - (narrow ? 58 : 80));
    spec.margin = { l: narrow ? 48 : 64, r: narrow ? 10 : 16, t: top, b: below };
    spec.legend = { ...spec.legend, y: (below - 50) / spec.height };
    for (const key of Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))) spec[key] = axis(layout[key], read, narrow);
    spec.annotations = fitting(layout.annotations || [], spec.xaxis || {}, width - spec.margin.l - spec.margin.r);
    // Without a mouse Plotly shows its tool bar always, over the labels above a figure.
    const displayModeBar = matchMedia("(hover: hover)").matches ? "hover" : false;
    const config = { displayModeBar, displaylogo: false, responsive: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
    return Plotly.react(box, resolve(figure.traces, read), spec, config);
  }

  function drawAll() {
    const name = dark.matches ? "dark" : "light";
    return Promise.all(figures.map(draw)).then(() => { document.documentElement.dataset.drawn = name; });
  }

  let waiting = 0;
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    window.clearTimeout(waiting);
    waiting = window.setTimeout(drawAll, 150);
  });
  dark.addEventListener("change", drawAll);
  drawAll();
})();
