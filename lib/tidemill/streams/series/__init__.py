"""Readings sent to a time-series store."""

from tidemill.streams.series.query import stream_series
from tidemill.streams.series.sending import SeriesPending, SeriesRefused

__all__ = ["SeriesPending", "SeriesRefused", "stream_series"]
