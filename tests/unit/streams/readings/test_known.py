"""Which readings silver has, and how sensors are told apart there."""

from datetime import UTC, datetime
from itertools import product

import numpy as np

from tests.stream_contracts import site_contract
from tidemill.streams.readings.deciding import Arrived
from tidemill.streams.readings.known import known, names_of, sensor_key, sensor_of

ODD = ("a", "b", "", "/", "a/b", "b/a", "a/", "\\", "\\/", "/\\", "a\\", "a\\\\/b", "a\nb")
TWO = site_contract(("station", "sensor"))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MICROS = int(NOON.timestamp() * 1_000_000)


def keyed(spark, contract, pairs):
    """(key, name) of each pair of values."""
    rows = spark.createDataFrame(
        [(number, *pair) for number, pair in enumerate(pairs)], "n int, station string, sensor string"
    )
    found = (
        rows.select("n", sensor_key(contract).alias("key"), sensor_of(contract).alias("name")).orderBy("n").collect()
    )
    return [(row["key"], row["name"]) for row in found]


def test_no_two_sensors_have_one_key_and_each_keeps_its_name(spark):
    pairs = list(product(ODD, ODD))

    found = keyed(spark, TWO, pairs)

    assert len({key for key, _ in found}) == len(pairs)
    assert [name for _, name in found] == ["/".join(pair) for pair in pairs]
    assert names_of(np.array([key for key, _ in found], object), TWO).tolist() == [name for _, name in found]


def test_the_key_of_a_sensor_without_a_slash_in_its_values_is_its_name(spark):
    pairs = [pair for pair in product(ODD, ODD) if not any("/" in value for value in pair)]

    assert [key for key, _ in keyed(spark, TWO, pairs)] == ["/".join(pair) for pair in pairs]


def test_the_only_value_of_an_entity_is_its_key(spark):
    alone = site_contract()

    found = keyed(spark, alone, [(value, "") for value in ODD])

    assert found == [(value, value) for value in ODD]
    assert names_of(np.array(ODD, object), alone).tolist() == list(ODD)


def test_silver_has_a_reading_of_a_message_only_if_it_has_that_sensors(spark):
    own = site_contract(columns={"id": {"type": "string", "required": True}}, message_id="id")
    silver = spark.createDataFrame(
        [("heat", NOON, 1.0, "x"), ("damp", NOON, 1.0, "y")], "station string, at timestamp, value double, id string"
    )
    sensors, ids = np.array(["heat", "damp", "heat"], object), np.array(["x", "x", "z"], object)
    asked = Arrived(np.arange(3), np.zeros(3, bool), sensors, np.full(3, MICROS), np.zeros(3), ids)

    assert known(silver, own, asked).tolist() == [0]
