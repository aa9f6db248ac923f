(function () {
  "use strict";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = window.matchMedia("(max-width: 640px)");
  const STALE_MS = 15000;
  let beaten = Date.now();
  let looks = 0;

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  }

  function manner() {
    const style = getComputedStyle(root);
    const value = (name) => style.getPropertyValue(name).trim();
    return {
      value,
      series: value("--series").split(/\s+/),
      axis: { gridcolor: value("--grid"), linecolor: value("--rule"), zeroline: false, automargin: true, ticklabelstandoff: 4, title: { standoff: 8 } },
    };
  }

  // What a trace is decides what it looks like.
  function dressed(trace, look) {
    const colours = {
      band: look.value("--band"),
      mean: look.series[0],
      reading: look.series[1],
      alert: look.value("--bad"),
    };
    const role = trace.meta && trace.meta.role;
    if (!role) return trace;
    const colour = colours[role];
    const more = role === "band" ? { fillcolor: colour } : {};
    const marker = Object.assign({}, trace.marker, { color: colour });
    if (role === "alert") marker.line = Object.assign({}, marker.line, { color: colour });
    return Object.assign({}, trace, more, { marker, line: Object.assign({}, trace.line, { color: colour }) });
  }

  // A range that slides on would undo a person's zoom, so that the zoom is laid over it; one zoom holds for a page.
  function dress(figure, _looks, zoom) {
    if (!figure) return window.dash_clientside.no_update;
    const look = manner();
    const small = narrow.matches;
    const tones = { "alert-bad": look.value("--bad-shade"), "alert-warn": look.value("--warn-shade") };
    const shapes = (figure.layout.shapes || []).map((shape) => Object.assign({}, shape, { fillcolor: tones[shape.name] }));
    const legend = { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", xanchor: "left", itemclick: "toggle" };
    const layout = Object.assign({}, figure.layout, {
      autosize: true,
      dragmode: small ? false : "zoom",
      font: { color: look.value("--ink"), family: getComputedStyle(document.body).fontFamily, size: small ? 11 : 12 },
      colorway: look.series,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: look.value("--panel"), bordercolor: look.value("--rule"), font: { color: look.value("--ink") } },
      legend,
      margin: { l: 8, r: 12, t: 34, b: 8 },
      shapes,
      xaxis: Object.assign({}, look.axis, { nticks: small ? 4 : 9 }, figure.layout.xaxis, zoom ? { range: zoom } : {}),
      yaxis: Object.assign({}, look.axis, { fixedrange: true }, figure.layout.yaxis),
    });
    return { data: figure.data.map((trace) => dressed(trace, look)), layout };
  }

  function zoomed(_every, _path, _search, zoom) {
    const nothing = window.dash_clientside.no_update;
    const cause = window.dash_clientside.callback_context.triggered;
    if (!cause.length) return nothing;
    if (cause.some((one) => one.prop_id.startsWith("url."))) return zoom ? null : nothing;
    const moved = cause[cause.length - 1].value || {};
    if (moved["xaxis.range[0]"]) return [String(moved["xaxis.range[0]"]), String(moved["xaxis.range[1]"])];
    return moved["xaxis.autorange"] ? null : nothing;
  }

  function toggled(clicks) {
    if (clicks) {
      root.dataset.theme = isDark() ? "light" : "dark";
      try {
        localStorage.setItem("tidemill-theme", root.dataset.theme);
      } catch (error) {
        // It then holds until the page is left.
      }
    }
    looks += 1;
    return [looks, isDark() ? "Light" : "Dark"];
  }

  function beaten_(beat) {
    beaten = Date.now();
    if (!beat) return "";
    document.title = (beat.alerts ? "(" + beat.alerts + ") " : "") + "tidemill";
    return beat.at.slice(11) + " UTC";
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    tidemill: { dress, zoomed, toggled, beaten: beaten_ },
  });

  function redraw() {
    looks += 1;
    window.dash_clientside.set_props("theme", { data: looks });
    window.dash_clientside.set_props("toggle", { children: isDark() ? "Light" : "Dark" });
  }
  system.addEventListener("change", redraw);
  narrow.addEventListener("change", redraw);

  // A page that nobody looks at asks for nothing.
  document.addEventListener("visibilitychange", () => {
    beaten = Date.now();
    window.dash_clientside.set_props("tick", { disabled: document.hidden });
  });

  // Old figures must not pass for new ones.
  setInterval(() => {
    const told = document.getElementById("stale");
    if (!told || document.hidden) return;
    const age = Date.now() - beaten;
    told.hidden = age < STALE_MS;
    if (!told.hidden) told.textContent = "No answer for " + Math.round(age / 1000) + " seconds: what is shown is old. Reload the page to sign in again or to see whether the dashboard still runs.";
  }, 1000);

  // The form takes the focus when it opens, keeps it, gives it back, and Escape closes it.
  let before = null;
  function follow(form) {
    new MutationObserver(() => {
      if (!form.hidden) {
        before = before || document.activeElement;
        document.getElementById("form-name").focus();
      } else if (before) {
        (document.contains(before) ? before : document.getElementById("page")).focus({ preventScroll: true });
        before = null;
      }
    }).observe(form, { attributes: true, attributeFilter: ["hidden"] });
  }
  document.addEventListener("keydown", (event) => {
    const form = document.getElementById("form");
    if (!form || form.hidden) return;
    if (event.key === "Escape") document.getElementById("form-cancel").click();
    if (event.key !== "Tab") return;
    const stops = [...form.querySelectorAll("button, input")].filter((one) => one.offsetParent);
    const [first, last] = [stops[0], stops[stops.length - 1]];
    if (event.shiftKey ? document.activeElement === first : document.activeElement === last) {
      event.preventDefault();
      (event.shiftKey ? last : first).focus();
    }
  });
  const waiting = setInterval(() => {
    const form = document.getElementById("form");
    if (form) {
      clearInterval(waiting);
      follow(form);
    }
  }, 100);
})();
