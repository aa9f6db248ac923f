import pytest
from pyspark.errors import PythonException

from tidemill.session import explained

QUERY = "[STREAM_FAILED] Query [id = 7d2d6ac2, runId = 70c3c421] terminated with exception: "
ON_AN_EXECUTOR = """
  An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "worker.py", line 1247, in main
    process()
tidemill.formats.location.MissingFile: /landing/a.csv is gone. Run it again.
"""


def test_an_error_of_our_own_that_was_raised_on_an_executor_keeps_its_words():
    assert str(explained(PythonException(ON_AN_EXECUTOR), "/home")) == "/landing/a.csv is gone. Run it again."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "x\nCaused by: : org.apache.hadoop.fs.FSError: java.io.IOException: No space left on device\n\tat y",
            "the disk is full: No space left on device (the home is /home)",
        ),
        (
            "Job aborted: Lost task 0.0 in stage 3.0 (TID 5) (localhost executor driver): "
            "org.postgresql.util.PSQLException: FATAL: terminating connection\n\tat org.postgresql.core.v3",
            "the database failed while it was read: FATAL: terminating connection (the home",
        ),
        ("mkdir /x: Read-only file system", "the file system is read-only"),
        (
            QUERY + "Partition t-0's offset was changed from 2 to 1, some data may have been missed. \nSome data may",
            "the topic no longer has records that this run was to take: Partition t-0's offset was changed from 2 to 1",
        ),
        (
            QUERY + "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this "
            "topic-partition.",
            "Kafka no longer has the topic: This server does not host this topic-partition.",
        ),
        (
            QUERY + "org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: "
            "describeTopics",
            "Kafka's brokers do not answer: Timed out waiting for a node assignment.",
        ),
        ("java.io.FileNotFoundException: File file:/landing/b.csv does not exist", "a file is gone"),
    ],
)
def test_what_the_system_says_is_told_in_a_line_with_what_to_do(text, said):
    told = str(explained(Exception(text), "/home"))

    assert told.startswith(said)
    assert "\n" not in told
    assert told.endswith(".")


def test_an_unknown_fault_is_left_as_it_is():
    assert explained(ValueError("something else"), "/home") is None
