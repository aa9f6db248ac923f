"""A topic that has not what a stream is to take next: told in a line before anything is read."""

import pytest

from tests.services.kafka import free_ports
from tidemill.lake import Counts
from tidemill.sources.kafka.offsets import BrokersUnavailable, NoSuchTopic
from tidemill.streams.readings.topics import MessagesGone


def test_a_topic_that_is_not_there_is_told_with_the_nearest_one(own, stream, topic):
    with pytest.raises(NoSuchTopic, match=f"Did you mean '{topic}'"):
        stream(own(source={"topic": topic[:-1]}))


def test_brokers_that_do_not_answer_are_told(own, stream, monkeypatch):
    monkeypatch.setattr("tidemill.streams.readings.topics.ANSWER_SECONDS", 1.0)
    (port,) = free_ports(1)

    with pytest.raises(BrokersUnavailable, match=f"127.0.0.1:{port}.*Connection refused"):
        stream(own(source={"servers": f"127.0.0.1:{port}"}))


def test_messages_that_retention_removed_are_refused_until_the_contract_or_a_restart_goes_on_without_them(
    kafka, topic, own, send, stream, silver
):
    send(("a", 0, 1.0), ("a", 1, 1.0))
    stream(own())
    send(("a", 2, 1.0), ("a", 3, 1.0), ("a", 4, 1.0))
    kafka.forget(topic, 0, 4)

    with pytest.raises(MessagesGone, match=r"partition 0 begins at 4, and was taken up to 2.*--restart.*on_loss"):
        stream(own())
    (run,) = stream(own(source={"on_loss": "report"}))
    (again,) = stream(own(), restart=True)

    assert (run.counts, again.counts) == (Counts(read=1, accepted=1), Counts(read=1, duplicate=1))
    assert [seconds for _, seconds, _ in silver()] == [0, 1, 4]


def test_a_topic_that_was_created_again_is_refused_where_it_ends_before_what_was_taken(kafka, topic, own, send, stream):
    send(("a", 0, 1.0), ("a", 1, 1.0))
    stream(own())
    kafka.remove(topic)
    kafka.topic(topic, 2)
    send(("a", 2, 1.0))

    with pytest.raises(MessagesGone, match="partition 0 ends at 1, and was taken up to 2"):
        stream(own())
    (run,) = stream(own(), restart=True)

    assert run.counts == Counts(read=1, accepted=1)
