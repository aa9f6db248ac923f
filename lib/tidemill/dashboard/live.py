"""The last minutes of a dataset's readings, held in memory: of silver, nothing older is ever read."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidemill.contract import Contract
from tidemill.dashboard.tables import Tables
from tidemill.lake.stored import StoredTable

LIVE = timedelta(minutes=15)
# 15 minutes of 2,000 readings a second, at about 60 bytes each.
MOST_ROWS = 2_000_000
# A dataset whose newest reading is older than this is history: its ranges end there and not now.
HISTORY = timedelta(days=1)
READINGS = pa.schema(
    [
        ("sensor", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        ("value", pa.float64()),
        ("loaded_at", pa.timestamp("us", "UTC")),
    ]
)


@dataclass(frozen=True)
class Reading:
    """A sensor's newest reading: its time, its value (None: none was measured) and when silver had it, UTC."""

    at: datetime
    value: float | None
    loaded_at: datetime | None


class LiveReadings:
    """Readings of the last LIVE minutes of one stream dataset; of a file of silver each row is read once.

    Args:
        tables: of the lake.
        contract: with `stream` and `event_time`.
    """

    def __init__(self, tables: Tables, contract: Contract) -> None:
        self._tables = tables
        self._contract = contract
        self._table = f"silver.{contract.name}"
        self._lock = Lock()
        self._files: dict[str, pa.Table] = {}
        self._state: tuple[int, datetime] | None = None
        self._together: pa.Table = READINGS.empty_table()
        self._newest: dict[str, Reading] | None = None

    def ends(self, now: datetime) -> datetime:
        """Where the dataset's ranges end: now, or at its newest reading where that is history."""
        table = self._tables.table(self._table)
        if table is None:
            return now

        def made() -> tuple[datetime | None, datetime | None]:
            times = [span[self._time][1] for span in table.spans(self._time)]
            unknown = [
                file.written_at for file, time in zip(table.files(), times, strict=True) if time is None and file.rows
            ]
            return max((time for time in times if time is not None), default=None), max(unknown, default=None)

        newest, without_statistics = self._tables.remembered(("ends", self._table), [self._table], made)
        if newest is None or (without_statistics is not None and now - without_statistics < HISTORY):
            return now
        return newest if now - newest > HISTORY else now

    def readings(self, now: datetime) -> pa.Table:
        """Readings, in no order: sensor, at, value, loaded_at."""
        self._follow(now)
        return self._together

    def of(self, sensor: str, now: datetime) -> list[tuple[datetime, float | None]]:
        """One sensor's readings, oldest first: (time, value)."""
        readings = self.readings(now)
        found = readings.filter(pc.equal(readings["sensor"], sensor)).sort_by("at")
        return list(zip(found["at"].to_pylist(), found["value"].to_pylist(), strict=True))

    def newest(self, now: datetime) -> dict[str, Reading]:
        """Sensor -> its newest reading."""
        readings = self.readings(now)
        with self._lock:
            if self._newest is None:
                self._newest = _newest(readings)
            return self._newest

    @property
    def _time(self) -> str:
        assert self._contract.event_time is not None  # noqa: S101 - a contract with `stream` has one
        return self._contract.event_time

    def _follow(self, now: datetime) -> None:
        table = self._tables.table(self._table)
        if table is None:
            return
        ends = self.ends(now)
        with self._lock:
            # Readings leave a quarter of a minute at a time, so that most refreshes change nothing.
            since = ends - LIVE - timedelta(seconds=ends.second % 15, microseconds=ends.microsecond)
            if self._state == (table.version, since):
                return
            self._read(table, since)
            self._state, self._newest = (table.version, since), None

    def _read(self, table: StoredTable, since: datetime) -> None:
        spans = {span["path"]: span[self._time][1] for span in table.spans(self._time)}
        recent = []
        for file in table.files():
            # Without statistics a file's age must do: readings are written after their time.
            newest = spans[file.path] or file.written_at
            if newest >= since:
                recent.append((newest, file.path))
        kept: dict[str, pa.Table] = {}
        rows = 0
        for _, path in sorted(recent, reverse=True):
            if rows >= MOST_ROWS:
                break
            known = self._files.get(path)
            piece = self._of_file(table, path, since) if known is None else _since(known, since)
            kept[path] = piece
            rows += piece.num_rows
        self._files = kept
        self._together = pa.concat_tables([READINGS.empty_table(), *kept.values()])

    def _of_file(self, table: StoredTable, path: str, since: datetime) -> pa.Table:
        stream = self._contract.stream
        assert stream is not None  # noqa: S101
        columns = [*stream.entity, self._time, stream.value, "_loaded_at"]
        pieces = [
            _readings(piece, stream.entity, self._time, stream.value)
            for piece in table.pieces(columns, {self._time: (since, None)}, files=(path,))
        ]
        return pa.concat_tables([READINGS.empty_table(), *pieces]).combine_chunks()


def _readings(piece: pa.Table, entity: tuple[str, ...], time: str, value: str) -> pa.Table:
    names = [pc.cast(piece[name], pa.string()) for name in entity]
    sensor = names[0] if len(names) == 1 else pc.binary_join_element_wise(*names, "/")
    loaded = piece["_loaded_at"] if "_loaded_at" in piece.column_names else pa.nulls(len(piece), pa.timestamp("us"))
    columns = [sensor, _moment(piece[time]), piece[value].cast(pa.float64()), _moment(loaded)]
    return pa.Table.from_arrays(columns, schema=READINGS)


def _moment(times: pa.ChunkedArray) -> pa.ChunkedArray:
    return times.cast(pa.timestamp("us", "UTC"))


def _since(readings: pa.Table, since: datetime) -> pa.Table:
    oldest = pc.min(readings["at"]).as_py()
    if oldest is None or oldest >= since:
        return readings
    return readings.filter(
        pc.greater_equal(readings["at"], pa.scalar(since.astimezone(UTC), READINGS.field("at").type))
    )


def _newest(readings: pa.Table) -> dict[str, Reading]:
    if not readings.num_rows:
        return {}
    coded = readings["sensor"].combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    codes = coded.indices.to_numpy(zero_copy_only=False)
    order = np.argsort(readings["at"].cast(pa.int64()).to_numpy(), kind="stable")
    last = np.zeros(len(coded.dictionary), dtype=np.int64)
    last[codes[order]] = order  # of several assignments to one place the last stays
    rows = readings.select(["at", "value", "loaded_at"]).take(pa.array(last)).to_pylist()
    return {name: Reading(**row) for name, row in zip(coded.dictionary.to_pylist(), rows, strict=True)}
