"""What becomes of each reading: held against a plain-Python account of the same rules."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tidemill.streams.readings.deciding import (
    ACCEPTED,
    DUPLICATE,
    QUARANTINED,
    Arrived,
    may_be_known,
    newest_by_sensor,
    statuses,
)
from tidemill.streams.readings.state import ReadingState

HORIZON = 20


def arrived(*readings, identities=None):
    """From (sensor, at) for a good reading and None for a refused one."""
    count = len(readings)
    sensors = np.array([reading[0] if reading else None for reading in readings], object)
    times = np.array([reading[1] if reading else 0 for reading in readings], np.int64)
    refused = np.array([reading is None for reading in readings], bool)
    identity = None if identities is None else np.array(identities, object)
    return Arrived(np.arange(count), refused, sensors, times, np.zeros(count), identity)


def test_of_readings_that_are_the_same_the_first_is_kept():
    found = statuses(arrived(("a", 1), ("b", 1), ("a", 1), ("a", 2)), np.zeros(4, bool))

    assert found.tolist() == [ACCEPTED, ACCEPTED, DUPLICATE, ACCEPTED]


def test_a_refused_reading_is_nobodys_first():
    found = statuses(arrived(None, ("a", 1), None), np.zeros(3, bool))

    assert found.tolist() == [QUARANTINED, ACCEPTED, QUARANTINED]


def test_a_reading_that_silver_has_is_a_duplicate_and_so_is_its_repetition():
    found = statuses(arrived(("a", 1), ("a", 1), ("a", 2)), np.array([True, False, False]))

    assert found.tolist() == [DUPLICATE, ACCEPTED, ACCEPTED]


def test_messages_with_an_id_are_told_apart_by_it():
    readings = arrived(("a", 1), ("a", 1), ("a", 1), identities=["x", "y", "x"])

    assert statuses(readings, np.zeros(3, bool)).tolist() == [ACCEPTED, ACCEPTED, DUPLICATE]


def test_the_readings_of_one_message_are_told_apart_by_their_sensors():
    readings = arrived(("heat", 1), ("damp", 1), ("heat", 1), identities=["x", "x", "x"])

    assert statuses(readings, np.zeros(3, bool)).tolist() == [ACCEPTED, ACCEPTED, DUPLICATE]


def test_silver_is_asked_about_no_reading_that_is_newer_than_its_sensors_others():
    state = ReadingState({"a": 100, "b": 50}, 100)

    asked = may_be_known(arrived(("a", 101), ("b", 51), ("c", 1), ("a", 100), ("b", 50)), state, HORIZON * 100)

    assert asked.tolist() == [False, False, False, True, True]


def test_beyond_the_horizon_silver_is_asked_only_after_a_new_beginning():
    readings = arrived(("a", 100 - HORIZON), ("a", 99 - HORIZON))

    assert may_be_known(readings, ReadingState({"a": 100}, 100), HORIZON).tolist() == [True, False]
    assert may_be_known(readings, ReadingState({"a": 100}, 100, whole=True), HORIZON).tolist() == [True, True]


@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.tuples(st.sampled_from("abc"), st.integers(0, 60))), min_size=1, max_size=12),
        max_size=6,
    )
)
def test_over_many_batches_each_reading_within_the_horizon_is_kept_exactly_once(batches):
    state, silver, kept = ReadingState(), set(), []
    for batch in batches:
        readings = arrived(*batch)
        asked = may_be_known(readings, state, HORIZON)
        known = np.array([bool(ask) and reading in silver for ask, reading in zip(asked, batch, strict=True)])
        found = statuses(readings, known)
        fresh = [reading for reading, status in zip(batch, found, strict=True) if status == ACCEPTED]
        watermark = state.watermark
        for reading in fresh:
            within = watermark is None or reading[1] >= watermark - HORIZON
            assert reading not in silver or not within
        assert len(set(fresh)) == len(fresh)
        assert [status == QUARANTINED for status in found] == [reading is None for reading in batch]
        delivered = {reading for reading in batch if reading}
        silver |= set(fresh)
        assert delivered <= silver
        kept += fresh
        state = state.reached(newest_by_sensor(readings.chosen(found == ACCEPTED)), 10**9, HORIZON)
