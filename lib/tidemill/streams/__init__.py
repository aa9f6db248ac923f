"""Datasets that arrive as a stream, read with Structured Streaming."""

from tidemill.streams.files import stream_files

__all__ = ["stream_files"]
