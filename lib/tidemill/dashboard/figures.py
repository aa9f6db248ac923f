"""Graphs as plain plotly figures. They carry no colours but roles: the page gives each its light or dark one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from itertools import pairwise
from statistics import median
from typing import Any

from tidemill.alerts import CurrentAlert
from tidemill.dashboard.windows import Window
from tidemill.dashboard.words import symbol

Figure = dict[str, Any]
# A sensor's readings in one picture; more are thinned out, as a desk has fewer pixels.
MOST_READINGS = 3000


def plain(text: str) -> str:
    """A text from data, such as a sensor's name, with what plotly would take for markup made harmless."""
    return escape(text, quote=False)


def sensor_figure(
    windows: Sequence[Window],
    length: timedelta,
    readings: Sequence[tuple[datetime, float | None]],
    alerts: Sequence[CurrentAlert],
    shown: tuple[datetime, datetime],
    unit: str | None,
    keep: str,
) -> Figure:
    """One sensor: a band from least to greatest and the mean of its windows, its readings, and its alerts.

    Args:
        windows: oldest first.
        length: of a window.
        readings: (time, value), oldest first.
        alerts: of the sensor.
        shown: from when to when, UTC.
        unit: of the values.
        keep: as long as this stays the same, a person's zoom does.
    """
    traces = []
    if windows:
        runs = _runs(windows, length)
        traces += [_band(runs, length), _means(runs, length)]
    if readings:
        thin = readings[:: -(-len(readings) // MOST_READINGS)] if len(readings) > MOST_READINGS else readings
        times, values = [_text(at) for at, _ in thin], [value for _, value in thin]
        dots = {"mode": "lines+markers" if len(thin) <= 200 else "lines", "line": {"width": 1.3}, "marker": {"size": 4}}
        traces.append({"name": "readings", "x": times, "y": values, "meta": {"role": "reading"}, **dots})
    traces += _marks(alerts, shown)
    layout = {
        "xaxis": {"range": [_text(shown[0]), _text(shown[1])], "type": "date"},
        "yaxis": {"title": {"text": plain(symbol(unit))}},
        "hovermode": "x unified",
        "shapes": [_interval(alert, shown) for alert in alerts if _lasts(alert, shown)],
        "uirevision": keep,
    }
    return {"data": traces, "layout": layout}


def lines(
    series: Mapping[str, tuple[Sequence[datetime], Sequence[float | None]]],
    title: str,
    shown: tuple[datetime, datetime],
    keep: str,
    gap: timedelta,
) -> Figure:
    """Values over time, a line a name; where more than `gap` lies between two of them the line is broken."""
    traces = []
    for name, (times, values) in series.items():
        x: list[str] = []
        y: list[float | None] = []
        for place, (at, value) in enumerate(zip(times, values, strict=True)):
            if place and at - times[place - 1] > gap:
                x.append(_text(times[place - 1] + gap / 2))
                y.append(None)
            x.append(_text(at))
            y.append(value)
        alone = {"mode": "lines+markers" if len(x) < 3 else "lines", "line": {"width": 1.6}}
        traces.append({"name": plain(name), "x": x, "y": y, "showlegend": len(series) > 1, **alone})
    layout = {
        "xaxis": {"range": [_text(shown[0]), _text(shown[1])], "type": "date"},
        "yaxis": {"title": {"text": plain(title)}, "rangemode": "tozero"},
        "hovermode": "x unified",
        "uirevision": keep,
    }
    return {"data": traces, "layout": layout}


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3]


def _runs(windows: Sequence[Window], length: timedelta) -> list[list[Window]]:
    """Windows without a gap among them; one where a sensor seldom speaks is no gap."""
    between = [(after.start - before.start) / length for before, after in pairwise(windows)]
    gap = max(2.0, 3 * median(between)) if between else 2.0
    runs: list[list[Window]] = [[windows[0]]]
    for apart, window in zip(between, windows[1:], strict=True):
        if apart > gap:
            runs.append([])
        runs[-1].append(window)
    return runs


def _middle(window: Window, length: timedelta) -> str:
    return _text(window.start + length / 2)


def _band(runs: Iterable[Sequence[Window]], length: timedelta) -> Figure:
    x: list[str | None] = []
    y: list[float | None] = []
    for run in runs:
        # A window that stands alone is as wide as it is long.
        edges = (
            [(_text(run[0].start), run[0]), (_text(run[0].start + length), run[0])]
            if len(run) == 1
            else [(_middle(window, length), window) for window in run]
        )
        x += [at for at, _ in edges] + [at for at, _ in reversed(edges)] + [edges[0][0], None]
        y += [w.greatest for _, w in edges] + [w.least for _, w in reversed(edges)] + [edges[0][1].greatest, None]
    look = {"mode": "lines", "line": {"width": 0}, "fill": "toself", "hoverinfo": "skip", "meta": {"role": "band"}}
    return {"name": "least to greatest", "x": x[:-1], "y": y[:-1], **look}


def _means(runs: Iterable[Sequence[Window]], length: timedelta) -> Figure:
    x: list[str | None] = []
    y: list[float | None] = []
    text: list[str] = []
    alone = True
    for run in runs:
        alone = alone and len(run) == 1
        x += [*(_middle(window, length) for window in run), None]
        y += [*(window.mean for window in run), None]
        text += [*(_range(window) for window in run), ""]
    look = {"mode": "markers" if alone else "lines", "line": {"width": 2}, "meta": {"role": "mean"}}
    hover = {"customdata": text[:-1], "hovertemplate": "%{y:.5~g} (%{customdata})<extra>mean</extra>"}
    return {"name": "mean", "x": x[:-1], "y": y[:-1], **look, **hover}


def _range(window: Window) -> str:
    least, greatest = (f"{value:.5g}" if value is not None else "?" for value in (window.least, window.greatest))
    return f"{least} to {greatest}, {window.count:,} readings"


def _marks(alerts: Sequence[CurrentAlert], shown: tuple[datetime, datetime]) -> list[Figure]:
    """Where faults began: at the reading's value, with its score."""
    marked = [
        alert
        for alert in alerts
        if alert.opened_at is not None and alert.value is not None and shown[0] <= alert.began_at <= shown[1]
    ]
    if not marked:
        return []
    texts = [plain(alert.rule) + (f", score {alert.score:.2f}" if alert.score is not None else "") for alert in marked]
    return [
        {
            "name": "alert",
            "x": [_text(alert.began_at) for alert in marked],
            "y": [alert.value for alert in marked],
            "mode": "markers",
            "cliponaxis": False,
            "marker": {"size": 11, "symbol": "diamond-open", "line": {"width": 2}},
            "customdata": texts,
            "hovertemplate": "%{y:.5~g} (%{customdata})<extra>alert</extra>",
            "meta": {"role": "alert"},
        }
    ]


def _lasts(alert: CurrentAlert, shown: tuple[datetime, datetime]) -> bool:
    begun = alert.opened_at is None or alert.began_at <= shown[1]
    return begun and (alert.ended_at is None or alert.ended_at >= shown[0])


def _interval(alert: CurrentAlert, shown: tuple[datetime, datetime]) -> Figure:
    # One whose beginning is not known began before all that was read.
    begins = shown[0] if alert.opened_at is None else max(alert.began_at, shown[0])
    ends = min(alert.ended_at or shown[1], shown[1])
    place = {"type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below", "line": {"width": 0}}
    # plotly's shapes have no meta; their name, which nothing shows, carries the role.
    return {**place, "x0": _text(begins), "x1": _text(ends), "name": f"alert-{_tone(alert)}"}


def _tone(alert: CurrentAlert) -> str:
    return "bad" if alert.severity == "critical" else "warn"
