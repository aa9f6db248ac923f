"""A dataset's way from its source to bronze, silver and quarantine."""

from tidemill.ingest.batch import ingest_batch, take
from tidemill.ingest.glance import nothing_waits
from tidemill.ingest.rebuilding import NothingInBronze, rebuild
from tidemill.ingest.refusals import EmptyDelivery, FailedCheck, MissingColumn, WouldBreakReaders, WouldDouble
from tidemill.ingest.replaying import NotReplayed, replay
from tidemill.ingest.staging import mark_duplicates, staged
from tidemill.ingest.trial import Trial, try_out

__all__ = [
    "EmptyDelivery",
    "FailedCheck",
    "MissingColumn",
    "NotReplayed",
    "NothingInBronze",
    "Trial",
    "WouldBreakReaders",
    "WouldDouble",
    "ingest_batch",
    "mark_duplicates",
    "nothing_waits",
    "rebuild",
    "replay",
    "staged",
    "take",
    "try_out",
]
