"""What a Spark exception means, where that can be said in one line."""

import re

from pyspark.errors import AnalysisException

from tidemill.errors import RunFailed

# What the operating system says, wherever in the chain of causes it stands, and what to do about it.
KNOWN = (
    (
        r"\.(?:PSQL|SQLite|SQL\w*)Exception: ",
        "the database failed while it was read",
        "run it again: it begins where the last finished run ended",
    ),
    (r"No space left on device|Disk quota exceeded", "the disk is full", "free some space and run it again"),
    (r"Read-only file system", "the file system is read-only", "mount it writable, or choose another home with --home"),
    (r"Permission denied|AccessDenied", "access was denied", "check who owns the home folder and its tables"),
    (r"OutOfMemoryError", "Spark ran out of memory", "give spark-submit more, as in --driver-memory 8g"),
    (
        r"FileNotFoundError|FileNotFoundException|File \S+ does not exist",
        "a file is gone that was there a moment before",
        "run it again: it takes what is there then",
    ),
    (
        r"Cannot fetch offset \d+|OffsetOutOfRangeException",
        "the topic no longer has records that this run was to take",
        "run it again: it says what is lost and how to go on",
    ),
    (
        r"Failed to get records for|Timeout of \d+ms expired before the position",
        "Kafka's brokers do not answer",
        "check that they run, and run it again",
    ),
    (r"Connection refused", "a service refused the connection", "start it, or mend its address in conf/"),
)
# Which task of which job failed where, before the reason.
TASK = re.compile(r"^.*\(\S+ executor \S+\): ")
# The Java classes that a message begins with.
CLASSES = re.compile(r"^(?:Caused by|[\s:]|(?:[\w$]+\.)+[\w$]*(?:Error|Exception)(?=:))+")
# An error of our own that was raised on an executor, as the last line of the trace that came with it.
OWN = re.compile(r"^tidemill(?:\.\w+)*\.[A-Z]\w*: (.+)$", re.MULTILINE)


class SparkFault(RunFailed):
    """Spark could not go on, for a reason that lies outside the data."""

    def __init__(self, what: str, detail: str, home: str, step: str) -> None:
        super().__init__(f"{what}: {detail[:300]} (the home is {home}). Nothing half-written can be seen; {step}.")


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
    for pattern, what, step in KNOWN:
        found = re.search(rf"[^\n]*(?:{pattern})[^\n]*", text)
        if found:
            return SparkFault(what, CLASSES.sub("", TASK.sub("", found.group(0))).strip(), home, step)
    if isinstance(error, AnalysisException):
        reason = text.strip().split("\n", maxsplit=1)[0]
        return SparkFault("Spark refused the query", reason, home, "mend what it names")
    return None
