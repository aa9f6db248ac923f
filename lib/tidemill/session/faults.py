"""What a Spark exception means, where that can be said in one line."""

import re
from typing import NamedTuple

from pyspark.errors import AnalysisException

from tidemill.errors import RunFailed, TidemillError


class Known(NamedTuple):
    """What is known of a fault by the words in its message."""

    pattern: str
    what: str
    step: str
    transient: bool = False


# What the operating system says, wherever in the chain of causes it stands, and what to do about it.
KNOWN = (
    Known(
        r"Concurrent(?:Append|DeleteRead|DeleteDelete|Transaction|Write|Modification)Exception|"
        r"(?:Metadata|Protocol)ChangedException",
        "another writer changed the table at the same time",
        "run it again: it finishes what it had begun",
        transient=True,
    ),
    Known(
        r"\.(?:PSQL|SQL\w*)Exception: .*(?i:connection|I/O error|shutting down|starting up|deadlock|serialize|_BUSY)",
        "the database failed while it was read",
        "run it again: it begins where the last finished run ended",
        transient=True,
    ),
    Known(
        r"\.(?:PSQL|SQLite|SQL\w*)Exception: ",
        "the database failed while it was read",
        "run it again: it begins where the last finished run ended",
    ),
    Known(
        r"SdkClientException|NoHttpResponseException|SocketTimeoutException|Connection reset|SlowDown|AWSStatus500",
        "a store did not answer",
        "run it again: it finishes what it had begun",
        transient=True,
    ),
    Known(r"No space left on device|Disk quota exceeded", "the disk is full", "free some space and run it again"),
    Known(
        r"Read-only file system",
        "the file system is read-only",
        "mount it writable, or choose another home with --home",
    ),
    Known(r"Permission denied|AccessDenied", "access was denied", "check who owns the home folder and its tables"),
    Known(r"OutOfMemoryError", "Spark ran out of memory", "give spark-submit more, as in --driver-memory 8g"),
    Known(
        r"FileNotFoundError|FileNotFoundException|File \S+ does not exist",
        "a file is gone that was there a moment before",
        "run it again: it takes what is there then",
        transient=True,
    ),
    Known(
        r"Cannot fetch offset \d+|OffsetOutOfRangeException|[Ss]ome data may have been missed",
        "the topic no longer has records that this run was to take",
        "run it again: it says what is lost and how to go on",
    ),
    Known(
        r"UnknownTopicOrPartitionException",
        "Kafka no longer has the topic",
        "create it, or mend its name in the contract, and run it again",
    ),
    Known(
        r"Failed to get records for|Timeout of \d+ms expired before the position|kafka\S+\.TimeoutException",
        "Kafka's brokers do not answer",
        "check that they run, and run it again",
        transient=True,
    ),
    Known(r"Connection refused", "a service refused the connection", "start it, or mend its address in conf/"),
)
# Which task of which job, or which query, failed where, before the reason.
TASK = re.compile(r"^.*(?:\(\S+ executor \S+\)|terminated with exception): ")
# The Java classes that a message begins with.
CLASSES = re.compile(r"^(?:Caused by|[\s:]|(?:[\w$]+\.)+[\w$]*(?:Error|Exception)(?=:))+")
# An error of our own that was raised on an executor, as the last line of the trace that came with it.
OWN = re.compile(r"^tidemill(?:\.\w+)*\.[A-Z]\w*: (.+)$", re.MULTILINE)


class SparkFault(RunFailed):
    """Spark could not go on, for a reason that lies outside the data."""

    def __init__(self, what: str, detail: str, home: str, step: str, transient: bool = False) -> None:
        super().__init__(f"{what}: {detail[:300]} (the home is {home}). Nothing half-written can be seen; {step}.")
        self.transient = transient


def explained(error: BaseException, home: str) -> RunFailed | None:
    """The error as one that a person can act on, or None where it is not a known one.

    Args:
        error: what Spark raised.
        home: where data are, to be named.
    """
    text = str(error)
    own = OWN.search(text)
    if own:
        return RunFailed(own.group(1))
    for pattern, what, step, transient in KNOWN:
        found = re.search(rf"[^\n]*(?:{pattern})[^\n]*", text)
        if found:
            return SparkFault(what, CLASSES.sub("", TASK.sub("", found.group(0))).strip(), home, step, transient)
    if isinstance(error, AnalysisException):
        reason = text.strip().split("\n", maxsplit=1)[0]
        return SparkFault("Spark refused the query", reason, home, "mend what it names")
    return None


def is_transient(error: BaseException) -> bool:
    """Whether the same step, done again a moment later, may go well."""
    fault = error if isinstance(error, TidemillError) else explained(error, "")
    return fault is not None and fault.transient
