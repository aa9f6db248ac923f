"""Readings of sensors from a stream into bronze, silver and quarantine, each exactly once."""

from tidemill.streams.readings.checkpoint import CheckpointGone, OtherCheckpoint
from tidemill.streams.readings.query import begin_again, stream_readings
from tidemill.streams.readings.state import UnknownState

__all__ = ["CheckpointGone", "OtherCheckpoint", "UnknownState", "begin_again", "stream_readings"]
