"""What a stream knows between two micro-batches, in a file and back."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemill.streams.readings.state import ReadingState, UnknownState

states = st.builds(
    ReadingState,
    st.dictionaries(st.text(max_size=5), st.integers(-(2**62), 2**62), max_size=5),
    st.one_of(st.none(), st.integers(-(2**62), 2**62)),
    st.booleans(),
    st.binary(max_size=50),
    st.one_of(st.none(), st.integers(0, 2**40)),
)


@given(states)
def test_a_state_comes_back_from_its_file_as_it_was(state):
    assert ReadingState.from_bytes(state.to_bytes()) == state


def test_a_state_of_another_version_is_refused():
    schema = pa.schema([("sensor", pa.string()), ("newest", pa.int64())], metadata={"format": "99"})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema):
        pass

    with pytest.raises(UnknownState, match="format 99, and this version reads 1"):
        ReadingState.from_bytes(bytes(sink.getvalue()))


def test_a_clock_that_runs_ahead_moves_the_watermark_no_further_than_its_arrival():
    state = ReadingState().reached({"a": 100, "ahead": 5000}, arrival=120, horizon=1000)

    assert state.watermark == 120
    assert state.newest == {"a": 100, "ahead": 5000}


def test_the_watermark_never_goes_back():
    assert ReadingState({"a": 100}, 100).reached({"b": 10}, arrival=200, horizon=1000).watermark == 100


def test_sensors_of_which_nothing_came_within_the_horizon_are_forgotten():
    before = ReadingState({"gone": 100, "here": 1000}, 1000)

    assert before.reached({"here": 1200}, arrival=2000, horizon=1000).newest == {"here": 1200}
    assert ReadingState({"gone": 1}, 5000, whole=True).reached({"here": 6000}, 9000, 10).newest == {
        "gone": 1,
        "here": 6000,
    }
