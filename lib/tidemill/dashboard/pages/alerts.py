"""Alerts: the open ones first, what a person can do about them, and what was."""

from collections.abc import Sequence
from datetime import datetime

from dash import dcc, html
from dash.development.base_component import Component

from tidemill.alerts import CurrentAlert
from tidemill.alerts.reading import LOOKBACK
from tidemill.dashboard.board import Board
from tidemill.dashboard.parts import Cell, Page, Part, Query, Tone, address, badge, heading, note, table
from tidemill.dashboard.words import NOTHING, ago, clock, count, length, number

SHOWN = 100
SOMEBODY = "somebody"
TONES: dict[str, Tone] = {"critical": "bad", "warning": "warn"}


def alerts_page(board: Board, query: Query) -> Page:
    """Open alerts, then those that are over."""
    now = board.now()
    alerts = board.alerts()
    lasting = [alert for alert in alerts if alert.is_open]
    over = [alert for alert in alerts if not alert.is_open]
    blocks = [
        Part("alerts-open", _open(board, lasting, now)),
        Part("alerts-over", [heading("History"), _over(over, now)]),
    ]
    return Page("Alerts", blocks)


def alert_lines(alerts: Sequence[CurrentAlert], now: datetime) -> Component:
    """Alerts as cards, each with what can be done about it."""
    return html.Ul([_card(alert, now) for alert in alerts], className="alerts")


def began(alert: CurrentAlert) -> datetime | None:
    """The time of the reading with which the fault began; None where that lies before all that was read."""
    return None if alert.opened_at is None else alert.began_at


def sensor_link(alert: CurrentAlert) -> Component:
    """The sensor's name, which leads to its page."""
    where = address("/sensor", dataset=alert.dataset, sensor=alert.sensor)
    return dcc.Link(alert.sensor, href=where, className="sensor")


def _open(board: Board, alerts: Sequence[CurrentAlert], now: datetime) -> Component:
    if alerts:
        more = [note(f"The first {SHOWN} of {len(alerts):,}.")] if len(alerts) > SHOWN else []
        return html.Div([alert_lines(alerts[:SHOWN], now), *more])
    if board.tables.version("ops.alert_events") is None:
        return note("No rule has found anything yet. Rules are files conf/alerts/NAME.yaml; the streams follow them.")
    return note("No alert is open.", "good")


def _card(alert: CurrentAlert, now: datetime) -> Component:
    facts = [f"{alert.rule} ({alert.kind})", f"since {ago(alert.began_at, now)}"]
    if alert.value is not None:
        facts.append(f"value {number(alert.value)}")
    if alert.score is not None:
        facts.append(f"score {alert.score:.2f}")
    notes = [
        html.Div(f"{note.by or SOMEBODY}: {note.text}", className="soft", title=clock(note.at)) for note in alert.notes
    ]
    head = [
        badge(alert.severity, TONES.get(alert.severity, "plain")),
        sensor_link(alert),
        html.Span(alert.dataset, className="soft"),
    ]
    inner = [
        html.Div(
            [
                html.Div(head, className="head"),
                html.Div(alert.text or alert.rule, className="text"),
                html.Div(" · ".join(facts), className="soft", title=f"began {clock(alert.began_at)} UTC"),
                *notes,
            ]
        ),
        html.Div([*_states(alert, now), *_buttons(alert, now)], className="actions"),
    ]
    tone = TONES.get(alert.severity, "plain") if alert.state(now) == "open" else "seen"
    return html.Li(inner, className=tone)


def _states(alert: CurrentAlert, now: datetime) -> list[Component]:
    states: list[Component] = []
    if alert.acknowledged_at is not None:
        states.append(badge(f"acknowledged by {alert.acknowledged_by or SOMEBODY}", "good"))
    silence = alert.silence(now)
    if silence is not None:
        others = "" if silence.of_one else ", with all that fit"
        states.append(badge(f"silenced by {silence.by or SOMEBODY} for {length(silence.until - now)}{others}"))
    return states


def _buttons(alert: CurrentAlert, now: datetime) -> list[Component]:
    wanted = [] if alert.acknowledged_at else [("acknowledged", "Acknowledge")]
    if alert.silence(now) is None:
        wanted.append(("silenced", "Silence"))
    return [
        html.Button(text, id={"act": event, "alert": alert.alert_id}, n_clicks=0, type="button", className="quiet")
        for event, text in wanted
    ]


def _over(alerts: Sequence[CurrentAlert], now: datetime) -> Component:
    if not alerts:
        return note(f"No alert was closed within {LOOKBACK.days} days.")
    columns = ("sensor", "dataset", "what", "began (UTC)", "lasted", "value", "acknowledged by")
    rows: list[list[Cell | str | None]] = [
        [
            Cell(sensor_link(alert)),
            alert.dataset,
            Cell([badge(alert.severity, TONES.get(alert.severity, "plain")), " ", alert.text or alert.rule]),
            clock(began(alert)),
            length((alert.ended_at or now) - alert.began_at) if began(alert) else NOTHING,
            Cell(number(alert.value), number=True),
            (alert.acknowledged_by or SOMEBODY) if alert.acknowledged_at else None,
        ]
        for alert in alerts[:SHOWN]
    ]
    told = f"{count(len(alerts), 'alert')} within {LOOKBACK.days} days"
    shown = f"; the newest {SHOWN} are shown." if len(alerts) > SHOWN else "."
    return html.Div([html.P(told + shown, className="soft"), table(columns, rows, "Alerts that are over")])
