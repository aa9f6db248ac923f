"""The readings of one micro-batch, by sensor and time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidemill.errors import RequestWrong
from tidemill.streams.anomalies.columns import Array, SensorColumns

NEVER = np.int64(np.iinfo(np.int64).min // 2)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = ("sensor", "at", "value")


class NotReadings(RequestWrong):
    """A frame that holds no readings."""

    def __init__(self, found: str) -> None:
        super().__init__(f"readings have the columns sensor string, at timestamp and value double; got {found}.")


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    """The time so many microseconds after 1970."""
    return EPOCH + timedelta(microseconds=int(microseconds))


class Sensors:
    """Every sensor that was heard of: its number and its newest reading.

    Attributes:
        names: by number.
        columns: at (microseconds since 1970, UTC) and value of the newest reading.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}
        self.columns = SensorColumns(at=NEVER, value=np.nan)

    def __len__(self) -> int:
        return len(self.names)

    def numbers(self, names: list[str]) -> Array:
        """The numbers of sensors; one not heard of before gets the next."""
        for name in names:
            if name not in self._numbers:
                self._numbers[name] = len(self.names)
                self.names.append(name)
        self.columns.grow(len(self.names))
        return np.array([self._numbers[name] for name in names], np.int64)

    def heard_of(self, batch: "Batch") -> None:
        """Remember each sensor's newest reading of a batch."""
        last = np.flatnonzero(np.append(batch.first[1:], True)) if len(batch) else np.empty(0, np.int64)
        sensor = batch.sensor[last]
        self.columns["at"][sensor] = batch.at[last]
        self.columns["value"][sensor] = batch.value[last]


@dataclass(frozen=True)
class Batch:
    """Readings in the order of sensor and time, each with the one before it.

    Attributes:
        sensor: numbers.
        at: microseconds since 1970, UTC.
        value: finite.
        first: whether it is the first of its sensor in the batch.
        previous_at, previous_value: of the reading before, from an earlier batch too; NEVER and nan where none is.
        late: how many readings came that are not newer than their sensor's newest; they are not among these.
    """

    sensor: Array
    at: Array
    value: Array
    first: Array
    previous_at: Array
    previous_value: Array
    late: int

    def __len__(self) -> int:
        return len(self.sensor)

    def only(self, chosen: Array) -> "Batch":
        """The readings of some sensors: all or none of each."""
        return Batch(
            self.sensor[chosen],
            self.at[chosen],
            self.value[chosen],
            self.first[chosen],
            self.previous_at[chosen],
            self.previous_value[chosen],
            self.late,
        )

    def rounds(self) -> Iterator[Array]:
        """The places of the first reading of each sensor, then of each second one, and so on."""
        if not len(self):
            return
        starts = np.flatnonzero(self.first)
        counts = np.diff(np.append(starts, len(self)))
        starts = starts[np.argsort(-counts, kind="stable")]
        counts = -np.sort(-counts, kind="stable")
        left = len(starts)
        for number in range(counts[0]):
            while counts[left - 1] <= number:
                left -= 1
            yield starts[:left] + number


def batch_of(readings: Any, sensors: Sensors, latest: int | None = None) -> Batch:
    """Sort the readings of a micro-batch and leave out those that cannot be judged.

    Left out are readings without a finite value, those later than `latest` (a clock that is wrong), a second reading
    of a sensor at the same time, and late ones: a reading that is not newer than its sensor's newest.

    Args:
        readings: a pyarrow table or pandas frame: sensor string, at timestamp (UTC where it has no zone), value double.
        sensors: known so far; new ones are added.
        latest: microseconds since 1970.

    Raises:
        NotReadings: the columns are others.
    """
    table = _table(readings)
    names = table.column("sensor").combine_chunks().dictionary_encode()
    at = pc.cast(table.column("at"), pa.timestamp("us"), safe=False).to_numpy().astype("datetime64[us]")
    value = np.asarray(table.column("value").to_numpy(), np.float64)
    usable = np.isfinite(value) & ~np.isnat(at) & np.asarray(names.is_valid())
    at = at.astype(np.int64)
    if latest is not None:
        usable &= at <= latest
    numbers = sensors.numbers(names.dictionary.to_pylist())
    coded = np.asarray(names.indices.fill_null(0), np.int64)
    sensor = numbers[coded[usable]] if len(numbers) else np.empty(0, np.int64)
    at, value = at[usable], value[usable]
    fresh = at > sensors.columns["at"][sensor]
    late = int(len(at) - fresh.sum())
    return _ordered(sensor[fresh], at[fresh], value[fresh], sensors, late)


def _table(readings: Any) -> pa.Table:
    try:
        table = readings if isinstance(readings, pa.Table) else pa.Table.from_pandas(readings, preserve_index=False)
        table = table.select(list(COLUMNS))
        if table.num_rows == 0:
            table = table.cast(pa.schema([("sensor", "string"), ("at", pa.timestamp("us")), ("value", "float64")]))
        return table.set_column(0, "sensor", table.column("sensor").cast("string"))
    except (KeyError, pa.ArrowException, TypeError, AttributeError) as error:
        names = getattr(readings, "column_names", getattr(readings, "columns", [type(readings).__name__]))
        raise NotReadings(f"{', '.join(map(str, names))} ({str(error).split(chr(10), maxsplit=1)[0]})") from error


def _ordered(sensor: Array, at: Array, value: Array, sensors: Sensors, late: int) -> Batch:
    order = np.lexsort((at, sensor))
    sensor, at, value = sensor[order], at[order], value[order]
    if len(sensor):
        kept = np.append(True, (np.diff(sensor) != 0) | (np.diff(at) != 0))
        late += int(len(kept) - kept.sum())
        sensor, at, value = sensor[kept], at[kept], value[kept]
    first = np.append(True, np.diff(sensor) != 0)[: len(sensor)]
    known = sensors.columns
    previous_at = np.where(first, known["at"][sensor], np.roll(at, 1))
    previous_value = np.where(first, known["value"][sensor], np.roll(value, 1))
    return Batch(sensor, at, value, first, previous_at, previous_value, late)
