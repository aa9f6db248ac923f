"""Alerts: what happened to each, who is told, on which channels."""

from tidemill.alerts.acting import (
    acknowledge,
    add_note,
    append_events,
    find_alert,
    silence_alert,
    silence_matching,
    unsilence,
)
from tidemill.alerts.alert import Alert
from tidemill.alerts.channels import NotDelivered, post, verify
from tidemill.alerts.deliverer import Deliverer
from tidemill.alerts.events import AlertEvent, alert_id
from tidemill.alerts.reading import open_alerts, recent_alerts, standing_silences
from tidemill.alerts.silences import Silence
from tidemill.alerts.state import CurrentAlert, Note, fold

__all__ = [
    "Alert",
    "AlertEvent",
    "CurrentAlert",
    "Deliverer",
    "NotDelivered",
    "Note",
    "Silence",
    "acknowledge",
    "add_note",
    "alert_id",
    "append_events",
    "find_alert",
    "fold",
    "open_alerts",
    "post",
    "recent_alerts",
    "silence_alert",
    "silence_matching",
    "standing_silences",
    "unsilence",
    "verify",
]
