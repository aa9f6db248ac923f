"""Databases as a source: by JDBC, in parallel, from a watermark on."""

from tidemill.sources.jdbc.source import JdbcSource

__all__ = ["JdbcSource"]
