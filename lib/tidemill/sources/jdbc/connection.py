"""Short questions to a database from the driver, through the JDBC drivers that Spark reads with."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from tidemill.config import revealed
from tidemill.config.loading import find_conf_dir
from tidemill.contract.sources import JdbcSource as JdbcSettings
from tidemill.sources.jdbc.faults import answer_of

T = TypeVar("T")

# A list of tables is only for finding the nearest name.
MOST_TABLES = 1000
READABLE = ("TABLE", "VIEW", "PARTITIONED TABLE", "MATERIALIZED VIEW", "FOREIGN TABLE")
SECONDS_TO_CONNECT = 10


class SourceColumn(NamedTuple):
    """A column of a table or query, with the database's own name of its type."""

    name: str
    type: str
    jdbc_type: int


@dataclass(frozen=True)
class Address:
    """Where a database is and how to get in.

    Attributes:
        url: for the driver, an SQLite file's path absolute.
        properties: for the driver; among them the password, so not to be shown.
    """

    url: str
    properties: Mapping[str, str] = field(repr=False)

    @property
    def shown(self) -> str:
        """The URL without what may follow its path, for people and for `_source`."""
        return re.split(r"[?;#]", self.url, maxsplit=1)[0]

    @property
    def kind(self) -> str:
        """What follows `jdbc:`, such as postgresql."""
        return self.url.split(":")[1]


def address_of(settings: JdbcSettings) -> Address:
    """The address of a contract's database, its secrets read from the environment now.

    Raises:
        MissingSecret: one is not set.
    """
    url, properties = settings.url, {}
    for name, secret in (("user", settings.user), ("password", settings.password)):
        if secret is not None:
            properties[name] = revealed(secret)
    if url.startswith("jdbc:sqlite:"):
        file = url.removeprefix("jdbc:sqlite:").removeprefix("file:")
        url = f"jdbc:sqlite:{find_conf_dir().parent / file}"
        properties["open_mode"] = "1"  # SQLITE_OPEN_READONLY
    elif url.startswith("jdbc:postgresql:"):
        properties |= {"readOnly": "true", "tcpKeepAlive": "true", "ApplicationName": "tidemill"}
        properties["connectTimeout"] = str(SECONDS_TO_CONNECT)
    return Address(url, properties)


class Connection:
    """An open connection; one question at a time."""

    def __init__(self, spark: SparkSession, java: Any) -> None:
        self._spark = spark
        self._java = java

    def columns(self, sql: str) -> list[SourceColumn]:
        """What a query delivers; the database runs it for no rows.

        Raises:
            DatabaseAnswer: it refuses.
        """

        def read(result: Any) -> list[SourceColumn]:
            told = result.getMetaData()
            return [
                SourceColumn(told.getColumnLabel(place), told.getColumnTypeName(place), told.getColumnType(place))
                for place in range(1, told.getColumnCount() + 1)
            ]

        return self._asked(f"select * from {sql} where 1 = 0", read)

    def row(self, sql: str) -> list[str | None]:
        """The one row that a query gives, as texts.

        Raises:
            DatabaseAnswer: it refuses.
        """

        def read(result: Any) -> list[str | None]:
            result.next()
            return [result.getString(place) for place in range(1, result.getMetaData().getColumnCount() + 1)]

        return self._asked(sql, read)

    def tables(self) -> list[tuple[str | None, str]]:
        """Schema and name of the first tables and views that the user may know of."""

        def read(result: Any) -> list[tuple[str | None, str]]:
            found: list[tuple[str | None, str]] = []
            while len(found) < MOST_TABLES and result.next():
                if result.getString("TABLE_TYPE") in READABLE:
                    found.append((result.getString("TABLE_SCHEM"), str(result.getString("TABLE_NAME"))))
            return found

        with answering(self._spark):
            return _read(self._java.getMetaData().getTables(None, None, "%", None), read)

    @property
    def quote(self) -> str:
        """What stands around a name that SQL takes literally."""
        return str(self._java.getMetaData().getIdentifierQuoteString()).strip()

    def quoted(self, name: str) -> str:
        """A name as this database's SQL takes it literally."""
        return f"{self.quote}{name.replace(self.quote, self.quote * 2)}{self.quote}"

    def _asked(self, sql: str, read: Callable[[Any], T]) -> T:
        with answering(self._spark):
            statement = self._java.createStatement()
            try:
                return _read(statement.executeQuery(sql), read)
            finally:
                statement.close()


def _read(result: Any, read: Callable[[Any], T]) -> T:
    try:
        return read(result)
    finally:
        result.close()


@contextmanager
def answering(spark: SparkSession) -> Iterator[None]:
    """Within this block what a driver raises is a `DatabaseAnswer`."""
    try:
        yield
    except Py4JJavaError as error:
        answer = answer_of(spark, error)
        if answer is None:
            raise
        raise answer from error


def driver_of(spark: SparkSession, url: str) -> Any:
    """The driver on Spark's classpath, `--jars` and `--packages` included, that opens a URL; None where there is none.

    DriverManager would look at the classpath of the JVM's start alone.
    """
    java = spark._jvm.java  # type: ignore[union-attr]
    drivers = java.util.ServiceLoader.load(java.lang.Class.forName("java.sql.Driver")).iterator()
    while drivers.hasNext():
        driver = drivers.next()
        if driver.acceptsURL(url):
            return driver
    return None


@contextmanager
def connected(spark: SparkSession, driver: Any, address: Address) -> Iterator[Connection]:
    """A connection for the length of a with block.

    Raises:
        DatabaseAnswer: there is none to be had.
    """
    properties = spark._jvm.java.util.Properties()  # type: ignore[union-attr]
    for name, value in address.properties.items():
        properties.setProperty(name, value)
    with answering(spark):
        java = driver.connect(address.url, properties)
    try:
        yield Connection(spark, java)
    finally:
        java.close()
