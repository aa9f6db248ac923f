// Before anything is painted: a person's choice of light or dark, where there is one.
(function () {
  "use strict";
  try {
    const chosen = localStorage.getItem("tidemill-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch (error) {
    // Without storage the system's own choice holds.
  }
  // Dash asks for this, the largest script, only once a graph is on the page; most of its time can be had for nothing
  // while the page is still being asked for.
  if (["/", "/sensor", "/streams"].includes(location.pathname)) {
    const script = document.createElement("script");
    script.src = "/_dash-component-suites/plotly/package_data/plotly.min.js";
    document.head.append(script);
  }
})();
