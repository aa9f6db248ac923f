"""Readings corrected as of their time, and in the windows' unit."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.stream_contracts import site_contract
from tidemill.streams.windows import WrongCalibration
from tidemill.streams.windows.readings import readings

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SILVER = "station string, sensor string, at timestamp, value double"
OFFSETS = "station string, sensor string, since timestamp, factor double, offset double"


def contract(**stream):
    return site_contract(("station", "sensor"), value={"type": "decimal(10,2)"}, **stream)


def read(spark, rows, terms, calibration=None):
    found = readings(spark.createDataFrame(rows, SILVER), terms, calibration)
    return [(row["sensor"], row["value"], row["unit"]) for row in found.orderBy("sensor", "at").collect()]


def test_each_reading_is_in_the_unit_of_its_last_name_converted(spark):
    terms = contract(unit={"temp": "fahrenheit", "pressure": "hectopascal"}, convert={"fahrenheit": "celsius"})
    rows = [("N", "temp", NOON, 212.0), ("N", "pressure", NOON, 1013.0), ("N", "else", NOON, 7.0)]

    assert read(spark, rows, terms) == [
        ("N/else", 7.0, None),
        ("N/pressure", 1013.0, "hectopascal"),
        ("N/temp", pytest.approx(100.0), "celsius"),
    ]


def test_the_correction_holds_that_was_newest_at_the_readings_time(spark):
    terms = contract(calibration={"table": "silver.offsets", "factor": "factor", "since": "since"})
    table = spark.createDataFrame(
        [
            ("N", "temp", NOON, None, 1.0),
            ("N", "temp", NOON + 2 * HOUR, 2.0, None),
            ("N", "temp", NOON + 2 * HOUR, 1.5, 9.0),
            (None, "temp", NOON, 7.0, 7.0),
        ],
        OFFSETS,
    )
    rows = [("N", "temp", NOON + hours * HOUR, 10.0) for hours in (-1, 0, 1, 2)] + [("S", "temp", NOON, 10.0)]

    assert [value for _, value, _ in read(spark, rows, terms, table)] == [10.0, 11.0, 11.0, 20.0, 10.0]


def test_a_calibration_table_may_name_the_sensor_whole_and_hold_for_ever(spark):
    terms = contract(calibration={"table": "silver.offsets"}, unit="celsius", convert={"celsius": "kelvin"})
    table = spark.createDataFrame([("N/temp", -0.5)], "sensor string, offset double")

    assert read(spark, [("N", "temp", NOON, 0.5)], terms, table) == [("N/temp", 273.15, "kelvin")]


def test_a_calibration_table_without_a_column_is_refused(spark):
    terms = contract(calibration={"table": "silver.offsets", "since": "sinse"})
    table = spark.createDataFrame([], OFFSETS)

    with pytest.raises(WrongCalibration, match=r"silver\.offsets: .* 'sinse'.* Did you mean 'since'\?"):
        readings(spark.createDataFrame([], SILVER), terms, table)
