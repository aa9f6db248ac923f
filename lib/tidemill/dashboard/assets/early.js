// Before anything is painted: a person's choice of light or dark, where there is one.
(function () {
  "use strict";
  try {
    const chosen = localStorage.getItem("tidemill-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch (error) {
    // Without storage the system's own choice holds.
  }
  // plotly.js without maps and three dimensions is a quarter of what Dash would load, and Dash takes what is there. It
  // asks only once a graph is on the page; most of the time can be had for nothing while the page is still asked for.
  function load() {
    const script = document.createElement("script");
    script.src = "/assets/plotly-basic.min.js";
    document.head.append(script);
  }
  if (["/", "/sensor", "/streams"].includes(location.pathname)) load();
  else addEventListener("load", load);
})();
