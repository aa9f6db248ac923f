"""What must be in place before a bridge begins: a folder of its own on this machine, whatever the home is."""

from threading import Event

import pytest

from tests.stream_contracts import site_contract
from tidemill.sources.mqtt.collecting import SpoolElsewhere, run_bridge
from tidemill.sources.mqtt.segments import SpoolUnwritable

STORE = "s3a://tidemill/spool"
KAFKA = {"kafka": {"servers": "127.0.0.1:1", "topic": "site"}}


def collected(spool, own=None, **source):
    """Of a bridge that is told to stop before it begins."""
    stopping = Event()
    stopping.set()
    contract = site_contract(source={"kind": "mqtt", "url": "mqtt://127.0.0.1:1", "topic": "site/+station", **source})
    return run_bridge(contract, spool, stopping, own=own)


def test_a_bridge_into_kafka_needs_no_spool_and_keeps_its_lock_on_this_machine(tmp_path):
    assert collected(STORE, str(tmp_path / "own"), **KAFKA) == 0

    assert (tmp_path / "own" / ".locks" / "dataset.site").is_file()
    assert (tmp_path / "own" / "site").is_dir()


def test_a_spool_on_a_store_is_refused(tmp_path):
    with pytest.raises(SpoolElsewhere, match="collect into Kafka"):
        collected(STORE, str(tmp_path / "own"))


def test_a_spool_that_cannot_be_made_is_told_in_one_line(tmp_path):
    (tmp_path / "home").write_text("a file")

    with pytest.raises(SpoolUnwritable, match=r"home/spool/site: messages cannot be kept \(Not a directory\)"):
        collected(str(tmp_path / "home" / "spool"))
