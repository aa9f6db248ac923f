"""A dataset's way from its source to bronze, silver and quarantine."""

from tidemill.ingest.batch import MissingColumn, NoFiles, ingest_batch, take
from tidemill.ingest.loading import FailedCheck
from tidemill.ingest.staging import mark_duplicates, staged

__all__ = ["FailedCheck", "MissingColumn", "NoFiles", "ingest_batch", "mark_duplicates", "staged", "take"]
