"""Rules at work on a stream's readings, and the score that says how unlikely a reading is."""

from tidemill.streams.anomalies.backtest import NoReadings, NothingInSilver, PastAlert, backtest, silver_readings
from tidemill.streams.anomalies.batch import NotReadings
from tidemill.streams.anomalies.columns import UnknownState
from tidemill.streams.anomalies.score import score
from tidemill.streams.anomalies.silence import SOURCE
from tidemill.streams.anomalies.watcher import Watcher

__all__ = [
    "SOURCE",
    "NoReadings",
    "NotReadings",
    "NothingInSilver",
    "PastAlert",
    "UnknownState",
    "Watcher",
    "backtest",
    "score",
    "silver_readings",
]
