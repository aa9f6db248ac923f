"""One sensor: its last minutes, its windows over the range that is shown, its alerts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dash import html
from dash.development.base_component import Component

from tidemill.alerts import CurrentAlert
from tidemill.contract import Contract
from tidemill.contract.stream import span
from tidemill.dashboard import figures
from tidemill.dashboard.board import Board
from tidemill.dashboard.live import LIVE
from tidemill.dashboard.pages.alerts import alert_lines, began
from tidemill.dashboard.pages.sensors import TONES
from tidemill.dashboard.parts import (
    Graph,
    Page,
    Part,
    Query,
    Tone,
    address,
    badge,
    choices,
    heading,
    key_figures,
    note,
)
from tidemill.dashboard.sensors import Sensor, as_windows, sensor_named, unit_of
from tidemill.dashboard.windows import Window, sensor_windows, window_for
from tidemill.dashboard.words import NOTHING, ago, clock, count, number

RANGES = {
    "15m": ("15 min", timedelta(minutes=15)),
    "1h": ("1 h", timedelta(hours=1)),
    "6h": ("6 h", timedelta(hours=6)),
    "24h": ("24 h", timedelta(hours=24)),
    "7d": ("7 d", timedelta(days=7)),
    "30d": ("30 d", timedelta(days=30)),
}
Shown = tuple[datetime, datetime]


def sensor_page(board: Board, query: Query) -> Page:
    """The picture of one sensor."""
    contracts = {contract.name: contract for contract in board.sensor_datasets()}
    contract = contracts.get(query.get("dataset") or "")
    name = query.get("sensor")
    if contract is None or contract.stream is None or not name:
        told = "The address names no sensor of a dataset. Choose one from the list of sensors."
        return Page("Sensor", [Part("sensor-none", note(told))])
    chosen = query.get("range", RANGES, "24h") or "24h"
    ends = board.live(contract).ends(board.now())
    shown = ends - RANGES[chosen][1], ends
    looked_at = _zoomed(query.zoom, ends) or shown
    window = window_for(contract.stream.windows, looked_at[1] - looked_at[0])
    windows = sensor_windows(board.tables, contract, window, name, *_margin(looked_at, query.zoom, span(window)))
    readings = _readings(board, contract, name, looked_at)
    alerts = [alert for alert in board.alerts() if (alert.dataset, alert.sensor) == (contract.name, name)]
    keep = address("/sensor", dataset=contract.name, sensor=name, range=chosen)
    figure = figures.sensor_figure(windows, span(window), readings, alerts, shown, unit_of(contract, name), keep)
    ranges = [
        (text, address("/sensor", dataset=contract.name, sensor=name, range=key), key == chosen)
        for key, (text, _) in RANGES.items()
    ]
    minutes = f"; the last {LIVE.seconds // 60} minutes reading by reading" if readings else ""
    known = sensor_named(board, contract, name)
    blocks: list[Part | Graph | Sequence[Graph]] = [
        Part("sensor-state", _state(board, contract, name, known)),
        Part("sensor-ranges", choices("Range", ranges)),
        Graph(
            "sensor-readings",
            figure,
            f"Windows of {window}{minutes}. Times are UTC.",
            380,
        ),
        Part("sensor-hints", _hints(board, contract, name, known, windows, readings)),
        Part("sensor-alerts", [heading("Alerts"), _alerts(alerts, board.now())]),
    ]
    return Page(name, blocks)


def _zoomed(zoom: tuple[str, str] | None, ends: datetime) -> Shown | None:
    """The times that a person zoomed to; None where they are none."""
    if zoom is None:
        return None
    try:
        begins, until = (datetime.fromisoformat(text[:26]).replace(tzinfo=UTC) for text in zoom)
    except ValueError:
        return None
    least = max(begins, ends - timedelta(days=366))
    return (least, until) if least < until else None


def _margin(looked_at: Shown, zoom: object, window: timedelta) -> Shown:
    """A little more where a person zoomed, so that there is something to drag in."""
    more = (looked_at[1] - looked_at[0]) / 2 if zoom else window * 0
    return looked_at[0] - more, looked_at[1] + more


def _readings(board: Board, contract: Contract, name: str, shown: Shown) -> list[tuple[datetime, float | None]]:
    # Readings as delivered have no place among windows of another unit, and are a smudge in a picture of a day.
    if not as_windows(contract, name) or shown[1] - shown[0] > timedelta(hours=6):
        return []
    readings = board.live(contract).of(name, board.now())
    return [(at, value) for at, value in readings if shown[0] <= at <= shown[1]]


def _state(board: Board, contract: Contract, name: str, known: Sensor | None) -> list[Component]:
    seen = f", last seen at {clock(known.seen)} UTC" if known else ""
    where = html.P(contract.name + seen, className="soft")
    if known is None:
        return [where, note("Nothing was heard of this sensor in the last 30 days.", "warn")]
    tone: Tone = TONES[known.state]
    now = board.now()
    shown: list[tuple[str, str, Tone, str | None]] = [
        (number(known.value, known.unit), "last value", "plain", None),
        (ago(known.seen, now), "last seen", "plain", None),
    ]
    if not known.reason:
        shown.append((known.state, "state", tone, None))
    reason = [note([badge(known.state, tone), " ", known.reason], tone)] if known.reason else []
    return [where, key_figures(shown), *reason]


def _hints(
    board: Board,
    contract: Contract,
    name: str,
    known: Sensor | None,
    windows: Sequence[Window],
    readings: Sequence[tuple[datetime, float | None]],
) -> list[Component]:
    hints: list[Component] = []
    ends = board.live(contract).ends(board.now())
    if ends < board.now() - timedelta(hours=1):
        hints.append(note(f"The newest reading of {contract.name} is of {clock(ends)} UTC; the ranges end there."))
    if not windows and not readings:
        seen = f" It was last seen at {clock(known.seen)} UTC." if known else ""
        hints.append(note(f"There is no reading in this range.{seen} Choose a longer one.", "warn"))
    elif windows:
        told = f"{count(sum(window.count for window in windows), 'reading')} in {count(len(windows), 'window')}"
        means = [window.mean for window in windows if window.mean is not None]
        unit = unit_of(contract, name)
        spread = f", means from {number(min(means), unit)} to {number(max(means), unit)}." if means else "."
        hints.append(html.P(told + spread, className="soft"))
    if not as_windows(contract, name):
        hints.append(
            note("Windows are converted or calibrated and readings are not, so the last minutes show windows alone.")
        )
    return hints or [html.P(NOTHING, className="soft")]


def _alerts(alerts: Sequence[CurrentAlert], now: datetime) -> Component:
    lasting = [alert for alert in alerts if alert.is_open]
    over = [alert for alert in alerts if not alert.is_open][:20]
    if not alerts:
        return note("There was none in 90 days.")
    lines = [
        html.Li([badge("over"), f" {clock(began(alert))} to {clock(alert.ended_at)}: {alert.text or alert.rule}"])
        for alert in over
    ]
    return html.Div([alert_lines(lasting, now) if lasting else "", html.Ul(lines, className="over") if lines else ""])
