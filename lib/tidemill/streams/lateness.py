"""Which readings came after their window had closed: one definition, in Spark's terms and in numpy's.

A reading is late if the smallest window that it belongs to, and the grace after that, had ended at the watermark: the
greatest event time of all sensors before the batch that it came with. A late reading is like any other but in the
count: it still goes to silver and corrects its windows.
"""

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract.stream import Stream, span

MICROSECOND = timedelta(microseconds=1)


def micros(length: str) -> int:
    """A length of time, as in `10 minutes`, in microseconds."""
    return span(length) // MICROSECOND


def start_micros(at: Column, length: str) -> Column:
    """Where the window of this length begins that a time (microseconds since 1970, UTC) belongs to."""
    return at - F.pmod(at, F.lit(micros(length)))


def is_late(at: Column, watermark: datetime | None, stream: Stream) -> Column:
    """Whether a reading of this event time is late; with no watermark none is.

    Args:
        at: timestamp, the event time.
        watermark: the greatest event time before the batch; with a time zone.
        stream: has the windows and the grace.
    """
    if watermark is None:
        return F.lit(False)
    smallest = min(stream.windows, key=micros)
    closed = start_micros(F.unix_micros(at), smallest) + (micros(smallest) + micros(stream.grace))
    return closed <= F.unix_micros(F.lit(watermark))


def late_micros(at: npt.NDArray[np.int64], watermark: int | None, stream: Stream) -> npt.NDArray[np.bool_]:
    """The same of event times in microseconds since 1970, UTC."""
    if watermark is None:
        return np.zeros(len(at), dtype=np.bool_)
    smallest = micros(min(stream.windows, key=micros))
    closed = at - np.mod(at, smallest) + (smallest + micros(stream.grace))
    return np.asarray(closed <= watermark, dtype=np.bool_)


def late(readings: DataFrame, watermark: datetime | None, event_time: str, stream: Stream) -> DataFrame:
    """Those of the readings that are late.

    Args:
        readings: with the event time in one column.
        watermark: as for `is_late`.
        event_time: the column's name.
        stream: has the windows and the grace.
    """
    return readings.where(is_late(F.col(event_time), watermark, stream))
