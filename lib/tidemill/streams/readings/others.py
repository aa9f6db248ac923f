"""What somebody else brings into silver between a stream's batches: a replay of quarantine, say, or a rebuild."""

from dataclasses import replace
from datetime import UTC, datetime

from tidemill.contract import Contract
from tidemill.lake import Lake
from tidemill.lake.tables import Commit
from tidemill.streams.readings.known import newest_in
from tidemill.streams.readings.state import ReadingState
from tidemill.streams.readings.tables import told_by

# These bring no rows.
UPKEEP = ("OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES")
# So many may be made while the commits are listed; those that are pushed out of the list count as another's.
LOOKED_FURTHER = 5


def with_others(state: ReadingState, lake: Lake, contract: Contract, store: str, horizon: int) -> ReadingState:
    """The state before a batch, with the readings that others have brought into silver since the batch before it.

    Otherwise a reading that had been refused, was replayed and then comes again would be newer than all that the
    stream knows of its sensor, and be taken once more. Nothing but the table's version is looked at where nobody else
    has written.

    Args:
        state: after the batch before.
        lake: where silver is; nobody else writes rows to it until the batch has ended.
        contract: the dataset's.
        store: the name of the store that the stream's batches are numbered in.
        horizon: how far back from the newest event time silver is looked at, in microseconds.
    """
    name = f"silver.{contract.name}"
    version = lake.version(name)
    if version == state.silver or version is None:
        return replace(state, silver=version)
    if state.silver is not None and state.silver < version:
        since = range(state.silver + 1, version + 1)
        own = {each.version for each in lake.commits(name, len(since) + LOOKED_FURTHER) if _is_own(each, store)}
        if own.issuperset(since):
            return replace(state, silver=version)
    looked_back = None if state.whole or state.watermark is None else state.watermark - horizon
    sensors = newest_in(lake.read(name, version), contract, looked_back)
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    return replace(state.reached(sensors, now, horizon), silver=version)


def _is_own(commit: Commit, store: str) -> bool:
    return commit.operation in UPKEEP or told_by(commit).get("store") == store
