"""Fetch a JSON API page by page into a spool, and parse what was fetched."""

from tidemill.sources.rest.source import RestSource

__all__ = ["RestSource"]
