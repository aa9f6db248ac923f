"""Windows held against exact arithmetic in plain Python."""

import math
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from tests.stream_contracts import site_contract
from tidemill.streams.windows import windows
from tidemill.streams.windows.exact import GREATEST, SMALLEST
from tidemill.streams.windows.readings import readings
from tidemill.streams.windows.summing import coarser, gathered, partial_sums, shared_length

START = datetime(2013, 11, 3, 4, 0, tzinfo=UTC)
NOW = datetime(2024, 1, 1, tzinfo=UTC)
LENGTHS = {"1 minute": 60, "15 minutes": 900, "1 hour": 3600, "1 day": 86400}


def contract(**stream):
    return site_contract(("station", "quantity"), **stream)


SILVER = "station string, quantity string, at timestamp, value double"


def drawn(seed, count=400):
    """Readings of every size that is measured, some at the same moment, some none at all."""
    chance = random.Random(seed)
    values = [
        lambda: chance.gauss(21.5, 3),
        lambda: 101325 + chance.random() * 1e-3,
        lambda: chance.uniform(-1, 1) * 10 ** chance.randint(-99, 99),
        lambda: chance.choice([0.0, -0.0, 2.0**16, 2.0**-16, 65535.99999999999, -1.0, math.nan, math.inf, None]),
        lambda: chance.choice([1e150, -1e101, 1e-101, 5e-324, 1.7976931348623157e308]),
    ]
    return [
        (
            chance.choice("AB"),
            chance.choice(["t", "p/x"]),
            START + timedelta(seconds=chance.randint(0, 7200), microseconds=chance.choice([0, 1, 999_999])),
            chance.choices(values, [8, 4, 4, 3, 1])[0](),
        )
        for _ in range(count)
    ]


def oracle(rows, length):
    """What the windows must be, by exact fractions: (sensor, start) -> figures."""
    kept = defaultdict(list)
    for station, quantity, at, value in rows:
        if value is None or math.isnan(value) or abs(value) > GREATEST:
            continue
        counted = 0.0 if abs(value) < SMALLEST else value
        seconds = int(at.timestamp()) // LENGTHS[length] * LENGTHS[length]
        kept[f"{station}/{quantity}", datetime.fromtimestamp(seconds, UTC)].append((at, counted))
    return {key: _figures(found) for key, found in kept.items()}


def _figures(found):
    values = [Fraction(value) for _, value in found]
    count, total = len(values), sum(values)
    variance = (count * sum(v * v for v in values) - total * total) / Fraction(count * max(count - 1, 1))
    first, last = min(found), max(found)
    deviation = math.sqrt(float(variance)) if count > 1 else None
    extremes = (min(v for _, v in found), max(v for _, v in found))
    return (count, float(total / count), *extremes, deviation, first[1], last[1], first[0], last[0])


def as_told(frame):
    columns = ("count", "mean", "min", "max", "deviation", "first", "last", "first_at", "last_at")
    return {
        (row["sensor"], row["window_start"].astimezone(UTC)): tuple(
            row[name].astimezone(UTC) if name.endswith("_at") else row[name] for name in columns
        )
        for row in frame.collect()
    }


@pytest.mark.parametrize("length", LENGTHS)
def test_windows_are_what_exact_arithmetic_says(spark, length):
    rows = drawn(seed=1)

    told = as_told(windows(spark.createDataFrame(rows, SILVER), contract(), length, NOW))

    assert told == oracle(rows, length)


@pytest.mark.parametrize("seed", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_windows_are_the_same_in_every_bit_whatever_the_order_and_the_batches(spark, seed):
    rows = drawn(seed)
    shuffled = random.Random(seed).sample(rows, len(rows))
    terms = contract(windows=list(LENGTHS))
    kept = dict.fromkeys(LENGTHS)
    for batch in (shuffled[:7], shuffled[7:200], shuffled[200:]):
        found = readings(spark.createDataFrame(batch, SILVER), terms)
        partial = partial_sums(found, ["station", "quantity"], shared_length(terms.stream.windows))
        for length in LENGTHS:
            longer = coarser(partial, ["station", "quantity"], length)
            rows_now = gathered(longer, kept[length], ["station", "quantity"], NOW).collect()
            kept[length] = spark.createDataFrame(rows_now, gathered(longer, None, ["station", "quantity"], NOW).schema)

    for length in LENGTHS:
        whole = windows(spark.createDataFrame(rows, SILVER), terms, length, NOW)
        assert set(map(repr, kept[length].collect())) == set(map(repr, whole.collect()))
