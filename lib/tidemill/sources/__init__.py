"""Read sources: what was delivered, and where it lies. One module or package for each `source.kind`."""

from tidemill.sources.source import Slice, Source

__all__ = ["Slice", "Source"]
