"""The stretches of windows that a batch touches, and how they are said to Delta."""

from datetime import UTC, datetime

from tidemill.streams.windows.touched import FEW_SENSORS, MOST_DAYS, MOST_HOURS, Touched, condition, touched

HOUR = 3_600_000_000
DAY = 24 * HOUR


def micros(*moment):
    return round(datetime(*moment, tzinfo=UTC).timestamp() * 1e6)


def partial(spark, *rows):
    return spark.createDataFrame(list(rows), "start bigint, sensor string")


def test_a_late_reading_is_a_stretch_of_its_own(spark):
    now, late = micros(2024, 5, 1, 12, 30), micros(2024, 5, 1, 3, 7)
    many = [(now + 60_000_000 * (n % 2), f"s{n}") for n in range(FEW_SENSORS + 1)]

    found = touched(partial(spark, *many, (late, "it's")))

    assert found == [Touched(late, late, ("it's",)), Touched(now, now + 60_000_000)]
    assert condition(found, "1 minute") == (
        "(day = date'2024-05-01' and window_start = timestamp'2024-05-01T03:07:00Z' and sensor in ('it\\'s')) or "
        "(day = date'2024-05-01' and window_start >= timestamp'2024-05-01T12:30:00Z' and "
        "window_start <= timestamp'2024-05-01T12:31:00Z')"
    )


def test_stretches_that_one_longer_window_holds_are_said_once():
    found = [
        Touched(micros(2024, 5, 1, hour), micros(2024, 5, 1, hour), (name,)) for hour, name in ((1, "a"), (2, "b"))
    ]

    assert condition(found, "1 day") == (
        "(day = date'2024-05-01' and window_start = timestamp'2024-05-01T00:00:00Z' and sensor in ('a', 'b'))"
    )
    assert "sensor" not in condition([*found, Touched(micros(2024, 5, 1, 9), micros(2024, 5, 1, 9))], "1 day")


def test_many_hours_are_told_by_day_and_many_days_as_one(spark):
    hours = [(hour * HOUR, "a") for hour in range(MOST_HOURS + 1)]
    assert [stretch.first for stretch in touched(partial(spark, *hours))] == [0, DAY, 2 * DAY]

    days = [(day * DAY, "a") for day in range(-1, MOST_DAYS + 1)]
    assert touched(partial(spark, *days)) == [Touched(-DAY, MOST_DAYS * DAY, ("a",))]
