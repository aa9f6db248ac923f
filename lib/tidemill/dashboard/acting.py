"""What a person does about an alert: acknowledge or silence it, under a name, recorded for all who read alerts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from dash import ALL, Dash, Input, Output, State, ctx, no_update

from tidemill.alerts import CurrentAlert, acknowledge, find_alert, silence_alert
from tidemill.config import Config
from tidemill.dashboard.board import Board
from tidemill.dashboard.shell import SILENCES
from tidemill.errors import TidemillError

LONGEST_NAME = 60
TITLES = {"acknowledged": "Acknowledge this alert", "silenced": "Silence this alert"}


def act_on(config: Config, alert: CurrentAlert, act: str, name: str, hours: str, now: datetime) -> str:
    """Record what a person does about an alert.

    Args:
        config: where the lake is.
        alert: which it is about.
        act: acknowledged or silenced.
        name: whose doing it is.
        hours: how long it is to be silent, a key of SILENCES.
        now: UTC.

    Returns:
        What is wrong with the request, in words; nothing where it is done.

    Raises:
        NotAppended: the store or the disk refused.
    """
    who = " ".join(name.split())[:LONGEST_NAME]
    if not who:
        return "Give your name, so that others know who looks after it."
    if not alert.is_open:
        return "This alert is over by now."
    if act == "acknowledged":
        if alert.acknowledged_at is not None:
            return f"This alert was acknowledged before, by {alert.acknowledged_by or 'somebody'}."
        acknowledge(config, alert, who, now=now)
    elif act == "silenced" and hours in SILENCES:
        silence_alert(config, alert, timedelta(hours=int(hours)), who, now=now)
    else:
        return "An alert can be acknowledged, or silenced for one of the times above."
    structlog.get_logger().info("alert_event", what=act, alert=alert.alert_id, by=who)
    return ""


def register_acting(app: Dash, board: Board) -> None:
    """Add the form's callbacks to the application."""

    @app.callback(
        Output("chosen", "data"),
        Output("form-title", "children"),
        Output("form-text", "children"),
        Output("form-silence", "hidden"),
        Output("form-told", "children"),
        Output("form", "hidden"),
        Input({"act": ALL, "alert": ALL}, "n_clicks"),
        Input("form-cancel", "n_clicks"),
        prevent_initial_call=True,
    )
    def choose(clicks: Sequence[int | None], _cancelled: int) -> tuple[Any, ...]:
        if ctx.triggered_id == "form-cancel":
            return None, no_update, no_update, no_update, "", True
        # A button that has just been drawn is a trigger too, of no click.
        if not any(one["value"] for one in ctx.triggered) or not isinstance(ctx.triggered_id, dict):
            return (no_update,) * 6
        act, alert_id = ctx.triggered_id["act"], ctx.triggered_id["alert"]
        alert = _found(board, alert_id)
        about = f"{alert.sensor}: {alert.text or alert.rule}" if alert else ""
        return [act, alert_id], TITLES.get(act, ""), about, act != "silenced", "", False

    @app.callback(
        Output("form", "hidden", allow_duplicate=True),
        Output("form-told", "children", allow_duplicate=True),
        Output("acted", "data"),
        Input("form-confirm", "n_clicks"),
        Input("form-name", "n_submit"),
        State("chosen", "data"),
        State("form-name", "value"),
        State("form-hours", "value"),
        prevent_initial_call=True,
    )
    def confirm(
        clicks: int, submits: int, chosen: Sequence[str] | None, name: str | None, hours: str
    ) -> tuple[Any, ...]:
        if not chosen:
            return (no_update,) * 3
        now = board.now()
        try:
            # As it is by now, and not as it was when the page was made.
            wrong = act_on(board.config, find_alert(board.config, chosen[1], now), chosen[0], name or "", hours, now)
        except TidemillError as error:
            wrong = str(error)
        return (no_update, wrong, no_update) if wrong else (True, "", now.isoformat())


def _found(board: Board, alert_id: str) -> CurrentAlert | None:
    return next((alert for alert in board.alerts() if alert.alert_id == alert_id), None)
