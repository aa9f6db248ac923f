"""What the spool keeps: through crashes, damage, and up to its bound."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidemill.sources.mqtt import release
from tidemill.sources.mqtt.records import MAGIC, Message, batch_of, record_of
from tidemill.sources.mqtt.segments import recover, segments_in
from tidemill.sources.mqtt.sinks import Receipt
from tidemill.sources.mqtt.spool import Spool

MESSAGES = st.builds(
    Message,
    st.integers(0, 2**63),
    st.binary(max_size=30),
    st.booleans(),
    st.binary(max_size=10),
    st.binary(max_size=50),
)


def message(number, size=0):
    return Message(1_700_000_000_000 + number, b"site/a", False, b"", b"%d" % number + b"x" * size)


def filled(spool, numbers, size=0):
    """The ids that the spool says are safe."""
    for number in numbers:
        spool.add(message(number, size), Receipt(1, number))
    return [receipt.id for receipt in spool.settle(idle=True)]


def kept(folder):
    found = [each for path in segments_in(folder) for each in batch_of(path.read_bytes()).messages]
    return [int(each.payload.rstrip(b"x")) for each in found]


def crashed(spool):
    """End it as a kill does: no file is completed."""
    if spool._file >= 0:
        os.close(spool._file)
        spool._file = -1


@given(st.lists(MESSAGES, max_size=8))
def test_a_message_is_read_as_it_was_written(messages):
    content = MAGIC + b"".join(map(record_of, messages))

    assert batch_of(content).messages == messages


@settings(max_examples=200)
@given(st.lists(MESSAGES, min_size=1, max_size=8), st.binary(max_size=60), st.data())
def test_what_a_crash_tears_off_or_garbles_costs_nothing_before_it(messages, garbage, data):
    records = [record_of(each) for each in messages]
    whole = data.draw(st.integers(0, len(messages)))
    content = MAGIC + b"".join(records[:whole])
    if whole < len(messages):
        content += records[whole][: data.draw(st.integers(0, len(records[whole]) - 1))]
    content += garbage if data.draw(st.booleans()) else b""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / ".segment-000000000000007.mqtt").write_bytes(content)

        cut = recover(folder)

        found = [each for path in segments_in(folder) for each in batch_of(path.read_bytes()).messages]
        assert found[:whole] == messages[:whole]
        assert not list(folder.glob(".segment*"))
        assert cut == len(content) - sum(path.stat().st_size for path in segments_in(folder))


@given(st.lists(MESSAGES, min_size=2, max_size=5), st.data())
def test_a_byte_that_changed_on_the_disk_is_noticed(messages, data):
    content = bytearray(MAGIC + b"".join(map(record_of, messages)))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))

    read = batch_of(bytes(content))

    assert read.whole < len(content)
    assert read.messages == messages[: len(read.ends)]


def test_only_what_is_safe_is_told_and_a_kill_loses_none_of_it(tmp_path):
    spool = Spool(tmp_path, 1, 100)
    safe = filled(spool, range(10))
    spool.add(message(10), Receipt(1, 10))
    crashed(spool)

    Spool(tmp_path, 1, 100)

    assert safe == kept(tmp_path) == list(range(10))


def test_a_batch_is_written_before_the_broker_waits_for_an_answer(tmp_path):
    spool = Spool(tmp_path, 1, in_flight=10)
    told = []
    for number in range(10):
        spool.add(message(number), Receipt(1, number))
        told += spool.settle(idle=False)

    assert len(told) >= 5


def test_no_number_is_used_again_not_even_when_all_segments_are_gone(tmp_path):
    names = []
    for _ in range(3):
        spool = Spool(tmp_path, 1, 10)
        filled(spool, range(3))
        spool.close()
        (segment,) = segments_in(tmp_path)
        names.append(segment.name)
        assert release(str(tmp_path.parent), tmp_path.name, [segment.as_uri()]) == 1

    assert names == sorted(set(names))


def test_a_full_spool_says_nothing_is_safe_until_there_is_room_and_loses_nothing(tmp_path):
    spool = Spool(tmp_path, 1, 1000)
    safe = filled(spool, range(300), size=8000)

    assert 100 < len(safe) < 150
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1 << 20
    taken = []
    while spool.pending:
        taken += kept(tmp_path)
        release(str(tmp_path.parent), tmp_path.name, [path.name for path in segments_in(tmp_path)])
        spool._again = 0.0
        spool.settle(idle=True)
    spool.close()
    assert taken + kept(tmp_path) == list(range(300))


def test_a_message_larger_than_the_spool_passes_when_there_is_no_other(tmp_path):
    spool = Spool(tmp_path, 1, 10)

    assert filled(spool, [1], size=3 << 20) == [1]


def test_a_complete_segment_has_no_dot_and_an_empty_one_is_none(tmp_path):
    Spool(tmp_path, 1, 10).close()
    assert segments_in(tmp_path) == []

    spool = Spool(tmp_path, 1, 10)
    filled(spool, [1])
    assert segments_in(tmp_path) == []
    spool.close()
    assert kept(tmp_path) == [1]


@pytest.mark.parametrize("name", ["../other/segment-000000000000001.mqtt", "notes.txt", "segment-1.mqtt"])
def test_only_segments_of_the_dataset_are_let_go(tmp_path, name):
    (tmp_path / "readings").mkdir()
    (tmp_path / "other").mkdir()
    for file in ("other/segment-000000000000001.mqtt", "readings/notes.txt", "readings/segment-1.mqtt"):
        (tmp_path / file).write_bytes(b"")

    assert release(str(tmp_path), "readings", [name]) == 0
    assert len(list(tmp_path.glob("*/*"))) == 3
