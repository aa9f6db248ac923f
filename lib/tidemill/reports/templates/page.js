(function () {
  "use strict";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = window.matchMedia("(max-width: 560px)");

  function manner() {
    const style = getComputedStyle(document.documentElement);
    const value = (name) => style.getPropertyValue(name).trim();
    const axis = { gridcolor: value("--grid"), linecolor: value("--rule"), zeroline: false, automargin: true, ticklabelstandoff: 5, title: { standoff: 12 } };
    return {
      colorway: value("--series").split(/\s+/),
      font: { color: value("--ink"), family: getComputedStyle(document.body).fontFamily, size: narrow.matches ? 11 : 13 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: value("--panel"), bordercolor: value("--rule"), font: { color: value("--ink") } },
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", xanchor: "left", traceorder: "normal" },
      margin: { l: 8, r: 14, t: 36, b: 8, autoexpand: true },
      xaxis: axis,
      yaxis: axis,
    };
  }

  function draw() {
    document.querySelectorAll("script[data-plot]").forEach((script) => {
      const figure = JSON.parse(script.textContent);
      figure.layout.template = { layout: manner() };
      if (narrow.matches) figure.layout.dragmode = false;
      Plotly.react(script.dataset.plot, figure.data, figure.layout, { responsive: true, displayModeBar: false });
    });
  }

  draw();
  dark.addEventListener("change", draw);
  narrow.addEventListener("change", draw);
})();
