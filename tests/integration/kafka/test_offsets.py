"""Slices of a topic: every record once, whatever becomes of the topic meanwhile."""

import json

import pytest

from tests.services.kafka import PASSWORD, USER, Kafka
from tidemill.errors import RunFailed
from tidemill.session import explained


def message(number):
    return json.dumps({"id": number})


def ids(source, taken):
    return sorted(int(row["id"]) for row in source.rows(taken).collect())


def test_every_record_comes_once_over_several_slices(kafka, topic, opened):
    source = opened()
    kafka.send(topic, message(1), message(2), partition=0)
    kafka.send(topic, message(3), partition=1)
    first = source.waiting(None)
    kafka.send(topic, message(4), partition=1)
    second = source.waiting(first.progress)

    assert (ids(source, first), ids(source, second)) == ([1, 2, 3], [4])
    assert source.waiting(second.progress) is None
    # Asked for again, and through JSON as the ledger keeps it, a slice is the same.
    assert json.loads(json.dumps([second.range, second.progress])) == [second.range, second.progress]
    assert ids(opened(), first) == [1, 2, 3]
    source.release(first)


def test_an_empty_topic_has_nothing_waiting(opened):
    assert opened().waiting(None) is None


def test_a_first_run_may_begin_at_the_end(kafka, topic, opened):
    source = opened(start="latest")
    kafka.send(topic, message(1))
    first = source.waiting(None)
    kafka.send(topic, message(2))

    assert ids(source, first) == []
    assert ids(source, source.waiting(first.progress)) == [2]


def test_a_partition_that_is_added_is_taken_from_its_beginning(kafka, topic, opened):
    source = opened(start="latest")
    first = source.waiting(None)
    kafka.widen(topic, 3)
    kafka.send(topic, message(7), message(8), partition=2)

    assert ids(source, source.waiting(first.progress)) == [7, 8]


def test_records_that_retention_removed_are_told_and_left_out_where_the_contract_says_so(kafka, topic, opened):
    source = opened()
    kafka.send(topic, message(1), message(2))
    first = source.waiting(None)
    kafka.send(topic, *map(message, range(3, 9)))
    second = source.waiting(first.progress)
    kafka.forget(topic, 0, before=5)

    lost = r"3 records were removed .* \(3 of partition 0\)\. To go on .* set on_loss: report"
    with pytest.raises(RunFailed, match=lost):
        source.waiting(first.progress)
    with pytest.raises(RunFailed, match=lost):
        source.rows(second)
    left = opened(on_loss="report").waiting(first.progress)
    assert (ids(source, left), left.range["lost"]) == ([6, 7, 8], 3)


def test_a_loss_is_reported_once_even_where_nothing_is_left(kafka, topic, opened):
    source = opened(on_loss="report")
    kafka.send(topic, message(1))
    first = source.waiting(None)
    kafka.send(topic, message(2), message(3))
    kafka.forget(topic, 0, before=3)

    empty = source.waiting(first.progress)

    assert (empty.range["lost"], ids(source, empty)) == (2, [])
    assert source.waiting(empty.progress) is None


def test_records_that_go_while_they_are_read_are_told_and_not_left_out(kafka, topic, opened):
    source = opened()
    kafka.send(topic, message(1), message(2))
    rows = source.rows(source.waiting(None))
    kafka.forget(topic, 0, before=1)

    with pytest.raises(Exception, match="Cannot fetch offset 0") as raised:
        rows.collect()
    assert str(explained(raised.value, "/home")).startswith("the topic no longer has records that this run was to take")


def test_a_topic_that_was_created_anew_is_noticed_however_much_it_holds(kafka, topic, opened):
    source = opened()
    kafka.send(topic, message(1))
    first = source.waiting(None)
    kafka.remove(topic)
    kafka.topic(topic, partitions=2)
    kafka.send(topic, message(2), message(3))

    with pytest.raises(RunFailed, match=r"deleted and created again .*another id.* set on_loss: report"):
        source.waiting(first.progress)
    with pytest.raises(RunFailed, match="deleted and created again"):
        source.rows(first)
    assert ids(source, opened(on_loss="report").waiting(first.progress)) == [2, 3]

    without_id = {"topic_id": "", "offsets": {"0": 9, "1": 0}}
    with pytest.raises(RunFailed, match=r"partition 0 ends at 2, runs have taken it up to 9"):
        source.waiting(without_id)
    with pytest.raises(RunFailed, match="partition 2 is no more"):
        source.waiting({"topic_id": "", "offsets": {"2": 1}})


def test_an_open_or_aborted_transaction_is_not_delivered(kafka, topic, opened):
    source = opened()
    kafka.transaction(topic, [message(1), message(2)], commit=True)
    kafka.transaction(topic, [message(3)], commit=False)
    kafka.send(topic, message(4))

    assert ids(source, source.waiting(None)) == [1, 2, 4]


def test_a_topic_that_is_not_there_is_told_with_the_nearest_one_and_not_created(kafka, topic, opened):
    with pytest.raises(RunFailed, match=rf"there is no topic '{topic}x' .* Did you mean '{topic}'\?") as told:
        opened(topic=f"{topic}x").waiting(None)

    assert "\n" not in str(told.value)
    assert f"{topic}x" not in kafka.admin.list_topics().topics


def test_brokers_that_are_not_there_are_told_in_one_line(topic, opened):
    complaint = rf"kafka 127\.0\.0\.1:1: topic '{topic}' cannot be asked for: .*127\.0\.0\.1:1.*Check servers"
    with pytest.raises(RunFailed, match=complaint) as told:
        opened(servers="127.0.0.1:1", timeout=1).waiting(None)
    assert "\n" not in str(told.value)


def test_a_broker_that_goes_away_between_two_runs_is_told_in_one_line(opened, tmp_path):
    broker = Kafka(tmp_path).start()
    topic = broker.topic("short.lived")
    broker.send(topic, message(1))
    source = opened(servers=broker.servers, topic=topic, timeout=1)
    taken = source.waiting(None)
    broker.stop()

    for ask in (lambda: source.waiting(taken.progress), lambda: source.rows(taken)):
        with pytest.raises(RunFailed, match=r"topic 'short\.lived' cannot be asked for") as told:
            ask()
        assert "\n" not in str(told.value)


def test_a_login_serves_both_clients_and_a_wrong_one_is_told(kafka, topic, opened, monkeypatch):
    login = {"protocol": "SASL_PLAINTEXT", "mechanism": "PLAIN", "username": USER, "password": "${env:KAFKA_PASSWORD}"}
    monkeypatch.setenv("KAFKA_PASSWORD", PASSWORD)
    kafka.send(topic, message(1))
    source = opened(servers=kafka.secured, security=login)

    assert ids(source, source.waiting(None)) == [1]

    monkeypatch.setenv("KAFKA_PASSWORD", "wrong")
    with pytest.raises(RunFailed, match=r"cannot be asked for: .*[Aa]uthentication failed") as told:
        opened(servers=kafka.secured, security=login, timeout=3).waiting(None)
    assert "wrong" not in str(told.value)
