"""How unlikely a reading is after its sensor's own past, kept up to date a reading at a time."""

from tidemill.streams.anomalies.scoring.scorer import Scorer

__all__ = ["Scorer"]
