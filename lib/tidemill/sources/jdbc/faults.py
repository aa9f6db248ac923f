"""What a database answers instead of rows, each fact in one line."""

import re
from collections.abc import Sequence
from enum import Enum

from py4j.java_gateway import is_instance_of
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from tidemill.errors import RunFailed, nearest, suggestion


class MissingDriver(RunFailed):
    """No driver on the classpath takes this URL."""

    def __init__(self, dataset: str, url: str) -> None:
        super().__init__(
            f"{dataset}: no JDBC driver here opens {url}. Drivers for PostgreSQL and SQLite are installed; for another "
            "database add its driver to conf/spark/packages.txt and run make setup."
        )


class DatabaseUnreachable(RunFailed):
    """Nothing answers at the database's address, or it does not let anybody in now."""

    def __init__(self, dataset: str, url: str, reason: str) -> None:
        super().__init__(
            f"{dataset}: the database {url} cannot be reached: {reason}. Start it, or mend source.url in "
            f"conf/datasets/{dataset}.yaml; then run it again. Nothing was taken."
        )


class AccessRefused(RunFailed):
    """The database does not accept the user, the password, or that this user reads the table."""

    def __init__(self, dataset: str, url: str, reason: str) -> None:
        super().__init__(
            f"{dataset}: the database {url} refuses access: {reason}. Check the environment variables of source.user "
            f"and source.password in conf/datasets/{dataset}.yaml, and what the user may read."
        )


class NoSuchSourceTable(RunFailed):
    """The database has no table of this name."""

    def __init__(self, dataset: str, url: str, table: str, known: Sequence[str]) -> None:
        super().__init__(
            f"{dataset}: the database {url} has no table '{table}'. {suggestion(table, known)} Set source.table in "
            f"conf/datasets/{dataset}.yaml."
        )


class NoSuchSourceColumn(RunFailed):
    """The table or query does not deliver a column that the contract names."""

    def __init__(self, dataset: str, key: str, column: str, known: Sequence[str]) -> None:
        hint = nearest(column, known)
        super().__init__(
            f"{dataset}: {key} names the column '{column}', which the source does not deliver. It delivers: "
            f"{', '.join(known[:20])}. {hint + ' ' if hint else ''}Mend conf/datasets/{dataset}.yaml."
        )


class WrongSourceColumn(RunFailed):
    """A column is not of a kind that a key of the contract can use."""

    def __init__(self, dataset: str, key: str, column: str, problem: str) -> None:
        super().__init__(f"{dataset}: {key}: '{column}' {problem}. Mend conf/datasets/{dataset}.yaml.")


class QueryRefused(RunFailed):
    """The database understands the request and refuses it, as for wrong SQL in source.query."""

    def __init__(self, dataset: str, url: str, reason: str) -> None:
        super().__init__(
            f"{dataset}: the database {url} refuses the query: {reason}. Mend source in conf/datasets/{dataset}.yaml."
        )


class Cause(Enum):
    """Why a database did not answer, as far as what to do next goes."""

    UNREACHABLE = "unreachable"
    BUSY = "busy"
    ACCESS = "access"
    NO_TABLE = "no table"
    OTHER = "other"


# The beginnings of SQLSTATE (ISO/IEC 9075, and PostgreSQL's own), the first that fits.
STATES = {
    "08": Cause.UNREACHABLE,
    "57P": Cause.UNREACHABLE,
    "53300": Cause.BUSY,
    "40": Cause.BUSY,
    "28": Cause.ACCESS,
    "42501": Cause.ACCESS,
    "3D000": Cause.UNREACHABLE,
    "42P01": Cause.NO_TABLE,
    "3F000": Cause.NO_TABLE,
    "42S02": Cause.NO_TABLE,
}
# SQLite has no SQLSTATE.
MESSAGES = {
    r"SQLITE_(BUSY|LOCKED)": Cause.BUSY,
    r"SQLITE_(CANTOPEN|NOTADB|IOERR|CORRUPT)|path to '.*' does not exist": Cause.UNREACHABLE,
    r"SQLITE_(AUTH|PERM)": Cause.ACCESS,
    r"no such table": Cause.NO_TABLE,
}


class DatabaseAnswer(Exception):
    """What a driver raised; told to a person as one of the facts above."""

    def __init__(self, cause: Cause, reason: str, lasting: bool) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason
        self.lasting = lasting

    @property
    def is_transient(self) -> bool:
        """Whether the same question may be answered a moment later."""
        return not self.lasting and self.cause in (Cause.UNREACHABLE, Cause.BUSY)


def answer_of(spark: SparkSession, error: Py4JJavaError) -> DatabaseAnswer | None:
    """What the SQLException in a Java error's chain of causes says; None where there is none."""
    thrown = error.java_exception
    while thrown is not None:
        if is_instance_of(spark.sparkContext._gateway, thrown, "java.sql.SQLException"):
            return _answer(str(thrown.getSQLState() or ""), str(thrown.getMessage()))
        thrown = thrown.getCause()
    return None


def _answer(state: str, message: str) -> DatabaseAnswer:
    by_state = [cause for beginning, cause in STATES.items() if state.startswith(beginning)]
    by_message = [cause for pattern, cause in MESSAGES.items() if re.search(pattern, message)]
    cause = (by_state + by_message + [Cause.OTHER])[0]
    reason = " ".join(message.split()).removeprefix("ERROR: ").removeprefix("FATAL: ").rstrip(".")
    # A missing database, like a missing file of SQLite, is not there a moment later either.
    lasting = state == "3D000" or bool(re.search(r"SQLITE_(CANTOPEN|NOTADB|CORRUPT)|does not exist", message))
    return DatabaseAnswer(cause, reason[:300], lasting)
