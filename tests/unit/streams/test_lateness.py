"""Which readings are late."""

from datetime import UTC, datetime, timedelta

import numpy as np

from tidemill.contract.stream import Stream
from tidemill.streams.lateness import late, late_micros

STREAM = Stream(entity=["station"], value="value", windows=["1 hour", "10 minutes"], grace="2 minutes")
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIMES = [NOON - MINUTE / 60e6, NOON, NOON + 9 * MINUTE, NOON + 10 * MINUTE, NOON + 99 * MINUTE]


def test_a_reading_is_late_once_its_smallest_window_and_the_grace_are_over(spark):
    readings = spark.createDataFrame([(at,) for at in TIMES], "at timestamp")
    told = {}
    for watermark in (NOON + 2 * MINUTE - MINUTE / 60e6, NOON + 2 * MINUTE, NOON + 12 * MINUTE):
        found = late(readings, watermark, "at", STREAM).collect()
        told[watermark] = sorted(row["at"].astimezone(UTC) for row in found)

    assert list(told.values()) == [[], TIMES[:1], TIMES[:3]]


def test_numpy_says_the_same():
    micros = np.array([round(at.timestamp() * 1e6) for at in [*TIMES, datetime(1960, 1, 1, tzinfo=UTC)]])

    assert list(late_micros(micros, micros[1] + 120_000_000, STREAM)) == [True, False, False, False, False, True]


def test_before_the_first_batch_nothing_is_late(spark):
    assert not late_micros(np.array([0, 1]), None, STREAM).any()
    assert late(spark.createDataFrame([(NOON,)], "at timestamp"), None, "at", STREAM).isEmpty()
