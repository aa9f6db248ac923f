"""The only code that writes Delta: tables by name, commits that can be repeated, and the ledger of runs."""

from tidemill.lake.commits import Mark
from tidemill.lake.holding import Held, held
from tidemill.lake.ledger import Ledger, recorded_run, runs
from tidemill.lake.lineage import Input, inputs_of
from tidemill.lake.names import NoSuchTable
from tidemill.lake.run import Counts, RecordedRun, Run
from tidemill.lake.tables import Lake
from tidemill.lake.taken import Taken, TakenFiles

__all__ = [
    "Counts",
    "Held",
    "Input",
    "Lake",
    "Ledger",
    "Mark",
    "NoSuchTable",
    "RecordedRun",
    "Run",
    "Taken",
    "TakenFiles",
    "held",
    "inputs_of",
    "recorded_run",
    "runs",
]
