"""A dataset's way from its source to bronze, silver and quarantine."""

from tidemill.ingest.batch import ingest_batch, take
from tidemill.ingest.refusals import EmptyDelivery, FailedCheck, MissingColumn, WouldBreakReaders, WouldDouble
from tidemill.ingest.staging import mark_duplicates, staged

__all__ = [
    "EmptyDelivery",
    "FailedCheck",
    "MissingColumn",
    "WouldBreakReaders",
    "WouldDouble",
    "ingest_batch",
    "mark_duplicates",
    "staged",
    "take",
]
