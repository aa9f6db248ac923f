"""The bridge against a real broker: everything, in order, and acknowledged only when it is safe."""

import pytest

from tests.services.mosquitto import PASSWORD, USER
from tests.waiting import until


def numbered(bridge, count, first=0):
    return [(f"{bridge.topic}/{number % 7}", b"%d" % number) for number in range(first, first + count)]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_all_messages_come_in_their_order_with_topic_and_time(bridge, mosquitto, version):
    collecting = bridge(version=version).start()
    mosquitto.send(numbered(collecting, 3000))
    until(lambda: len(collecting.payloads()) == 3000)

    assert collecting.stop() == 0
    messages = collecting.messages()
    assert [message.payload for message in messages] == [b"%d" % number for number in range(3000)]
    assert messages[8].topic == f"{collecting.topic}/1".encode()
    assert 0 <= messages[-1].received - messages[0].received < 120_000


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_what_comes_while_the_bridge_is_down_is_collected_when_it_is_up_again(bridge, mosquitto, version):
    collecting = bridge(version=version).start()
    assert collecting.stop() == 0
    mosquitto.send(numbered(collecting, 200))

    collecting.start()

    until(lambda: len(collecting.payloads()) == 200)
    assert collecting.told("connected")[1]["session_kept"]


def test_a_stop_acknowledges_what_was_taken_so_that_nothing_comes_twice(bridge, mosquitto):
    collecting = bridge().start()
    mosquitto.send(numbered(collecting, 500))
    until(lambda: len(collecting.payloads()) > 0)
    assert collecting.stop() == 0
    mosquitto.send(numbered(collecting, 1, first=500))

    collecting.start()

    until(lambda: b"500" in collecting.payloads())
    assert sorted(map(int, collecting.payloads())) == list(range(501))


def test_a_sensors_properties_and_what_the_broker_kept_come_along(bridge, mosquitto):
    collecting = bridge()
    mosquitto.send([(f"{collecting.topic}/a", "kept")], retain=True, sent={"unit": "celsius"})

    collecting.start()

    (message,) = until(collecting.messages)
    assert (message.retained, message.properties) == (True, b'[["unit", "celsius"]]')


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_what_the_broker_retains_comes_once_and_again_where_the_broker_lost_the_session(bridge, mosquitto, version):
    collecting = bridge(version=version)
    mosquitto.send([(f"{collecting.topic}/a", "kept")], retain=True)
    collecting.start()
    until(lambda: collecting.payloads() == [b"kept"])
    collecting.stop()

    collecting.start()
    mosquitto.send([(f"{collecting.topic}/a", "next")])
    until(lambda: b"next" in collecting.payloads())
    collecting.stop()
    assert collecting.payloads() == [b"kept", b"next"]

    mosquitto.forget(collecting.contract["source"]["client_id"])
    collecting.start()
    until(lambda: collecting.payloads() == [b"kept", b"next", b"kept"])


def test_ten_megabytes_pass(bridge, mosquitto):
    collecting = bridge().start()
    mosquitto.send([(f"{collecting.topic}/a", b"x" * 10_000_000)] * 3)

    until(lambda: [len(value) for value in collecting.payloads()] == [10_000_000] * 3)


def test_a_filter_that_changed_no_longer_collects_what_the_old_one_did(bridge, mosquitto):
    collecting = bridge().start()
    collecting.stop()
    collecting.contract["source"]["topic"] = f"{collecting.topic}/new/+station"
    collecting.write()
    collecting.start()

    mosquitto.send([(f"{collecting.topic}/a", "old"), (f"{collecting.topic}/new/a", "new")])

    until(lambda: collecting.payloads() == [b"new"])


@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_a_password_opens_or_the_refusal_is_one_clear_line(bridge, mosquitto, version, password):
    url = f"mqtt://127.0.0.1:{mosquitto.guarded}"
    collecting = bridge(url=url, version=version, user=USER, password="${env:MQTT_PASSWORD}")
    if password == PASSWORD:
        collecting.start(MQTT_PASSWORD=password)
        return
    running = collecting.process(MQTT_PASSWORD=password)

    assert running.wait(60) == 2
    (line,) = [line for line in collecting.log.splitlines() if not line.startswith("{")]
    assert line.startswith(f"tidemill: {url} refuses client '")
    assert password not in line


def test_with_tls_the_broker_is_checked_and_so_is_the_client(bridge, mosquitto):
    tls = {"url": f"mqtts://127.0.0.1:{mosquitto.mutual}", "ca": str(mosquitto.ca)}
    collecting = bridge(**tls, certificate=str(mosquitto.certificate), key=str(mosquitto.key)).start()
    mosquitto.send(numbered(collecting, 1000))

    until(lambda: len(collecting.payloads()) == 1000)


def test_a_broker_that_nobody_vouches_for_is_refused(bridge, mosquitto):
    collecting = bridge(url=f"mqtts://127.0.0.1:{mosquitto.secured}")

    assert collecting.process().wait(60) == 2
    assert "TLS failed" in collecting.log


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"ca": "/nowhere/ca.pem"}, "source.ca: /nowhere/ca.pem: No such file or directory"),
        ({"ca": "/etc/hostname"}, "source.ca: /etc/hostname: no certificates in it"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told(bridge, keys, complaint):
    collecting = bridge(url="mqtts://127.0.0.1:1", **keys)

    assert collecting.process().wait(60) == 2
    assert complaint in collecting.log


def test_a_second_bridge_of_a_dataset_is_told_who_has_it(bridge):
    collecting = bridge().start()

    assert collecting.process().wait(60) == 1
    assert f"is being collected by tidemill bridge (process {collecting.running.pid} on " in collecting.log


def test_a_dataset_of_another_kind_is_refused(bridge):
    collecting = bridge()
    collecting.contract["source"] = {"kind": "kafka", "servers": "127.0.0.1:1", "topic": "t"}
    collecting.write()

    assert collecting.process().wait(60) == 2
    assert "the bridge is for source kind mqtt, this one's is kafka" in collecting.log


def test_when_the_spool_is_full_the_broker_waits_and_nothing_is_lost(bridge, mosquitto):
    collecting = bridge(spool_mb=1, in_flight=100).start()
    mosquitto.send([(f"{collecting.topic}/a", b"%06d" % number + b"x" * 4000) for number in range(1000)])
    until(lambda: collecting.told("spool_full"))
    taken = []

    def drain():
        held = sum(path.stat().st_size for path in collecting.spool.glob("*segment*"))
        assert held <= 1 << 20
        taken.extend(value[:6] for value in collecting.payloads())
        for path in collecting.spool.glob("segment-*"):
            path.unlink()
        return len(taken) == 1000

    until(drain)
    assert taken == [b"%06d" % number for number in range(1000)]
