"""What runs beside the jobs: their runs, pages and metrics."""

from tidemill.lake.stored import TableNotReadable
from tidemill.monitoring.judging import alerts_now
from tidemill.monitoring.ledger import CheckResult, RunRecord, UnknownRun, checks_of, find_run, ran, recent_runs
from tidemill.monitoring.quarantine import FailedRows, QuarantinedRow, failures_by_check, newest_rows
from tidemill.monitoring.telling import tell
from tidemill.monitoring.watching import Watch, watched

__all__ = [
    "CheckResult",
    "FailedRows",
    "QuarantinedRow",
    "RunRecord",
    "TableNotReadable",
    "UnknownRun",
    "Watch",
    "alerts_now",
    "checks_of",
    "failures_by_check",
    "find_run",
    "newest_rows",
    "ran",
    "recent_runs",
    "tell",
    "watched",
]
