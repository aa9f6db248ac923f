"""Datasets that arrive as a stream, read with Structured Streaming."""

from tidemill.streams.files import stream_files
from tidemill.streams.readings import stream_readings
from tidemill.streams.running import stream_all

__all__ = ["stream_all", "stream_files", "stream_readings"]
