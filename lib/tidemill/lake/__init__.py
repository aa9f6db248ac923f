"""The only code that writes Delta: tables by name, commits that can be repeated, and the ledger of runs."""

from tidemill.lake.commits import Mark
from tidemill.lake.ledger import Counts, Ledger, RecordedRun, Run, recorded_run, runs
from tidemill.lake.tables import Lake, NoSuchTable

__all__ = ["Counts", "Lake", "Ledger", "Mark", "NoSuchTable", "RecordedRun", "Run", "recorded_run", "runs"]
