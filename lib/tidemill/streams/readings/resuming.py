"""What a stream that starts finds of the batch that it begins with: the state before it, and what is done of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tidemill.contract import Contract
from tidemill.lake import Lake
from tidemill.streams.readings.checkpoint import Checkpoint
from tidemill.streams.readings.figures import Figures
from tidemill.streams.readings.known import newest_in
from tidemill.streams.readings.minutes import Minutes
from tidemill.streams.readings.state import ReadingState
from tidemill.streams.readings.tables import BatchTables


@dataclass(frozen=True)
class Resumed:
    """Where a stream goes on.

    Attributes:
        state: before the batch; after it where it is over.
        before: what earlier batches of an unfinished run have done.
        done: the tables that have the batch already, with the version that brought it.
        over: whether the batch is in all tables and its run has committed.
    """

    state: ReadingState
    before: Figures = field(default_factory=Figures)
    done: Mapping[str, int] = field(default_factory=dict)
    over: bool = False


def resumed(
    lake: Lake, contract: Contract, checkpoint: Checkpoint, tables: BatchTables, minutes: Minutes, batch: int
) -> Resumed:
    """What there is of a batch, which an earlier start of the stream may have begun."""
    earlier = tables.commits(f"bronze.{contract.name}")
    last = minutes.last
    if last and last.event == "committed" and any(_is(one, last.id, batch) for one in earlier):
        return Resumed(_state(lake, contract, checkpoint, batch + 1, earlier), over=True)
    before = Figures()
    if minutes.unfinished:
        again = [one for one in earlier if int(one["batch"]) >= batch]
        for one in tables.told(f"bronze.{contract.name}"):
            if one["run_id"] == minutes.unfinished.id and one not in again:
                before += Figures.from_json(one["figures"])
    done = tables.having(batch, [f"{layer}.{contract.name}" for layer in ("bronze", "silver", "quarantine")])
    return Resumed(_state(lake, contract, checkpoint, batch, earlier), before, done)


def left_whole(contract: Contract, checkpoint: Checkpoint, tables: BatchTables, minutes: Minutes) -> Figures | None:
    """What the run of a killed stream came to, where its last batch is in all tables: no batch comes to end it, then.

    None where no run was left, or one whose last batch is still to be repeated.
    """
    if minutes.unfinished is None:
        return None
    bronze, run_id = f"bronze.{contract.name}", minutes.unfinished.id
    newest = max((int(one["batch"]) for one in tables.commits(bronze) if one["run_id"] == run_id), default=None)
    if newest is None or not checkpoint.kept(newest):
        return None
    told = [Figures.from_json(one["figures"]) for one in tables.told(bronze) if one["run_id"] == run_id]
    return sum(told, Figures())


def _is(told: Mapping[str, Any], run_id: str, batch: int) -> bool:
    return int(told["batch"]) == batch and told["run_id"] == run_id


def _state(
    lake: Lake, contract: Contract, checkpoint: Checkpoint, batch: int, earlier: Sequence[Mapping[str, Any]]
) -> ReadingState:
    """The state before a batch: as it was kept, or else as silver shows it."""
    kept = checkpoint.before(batch)
    newest = max((int(one["batch"]) for one in earlier if int(one["batch"]) < batch), default=-1)
    if kept and kept[0] >= newest:
        return kept[1]
    name = f"silver.{contract.name}"
    version = lake.version(name)
    if version is None:
        return ReadingState()
    sensors = newest_in(lake.read(name, version), contract)
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    return replace(ReadingState(whole=True).reached(sensors, now, 0), silver=version)
