"""A database as a source: what waits behind the watermark, its rows, and the keys that it has now."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from pyspark.sql import DataFrame, SparkSession
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from tidemill.contract import Contract
from tidemill.contract.sources import JdbcSource as JdbcSettings
from tidemill.sources.jdbc.connection import Address, Connection, address_of, connected, driver_of
from tidemill.sources.jdbc.dialects import dialect_of
from tidemill.sources.jdbc.faults import (
    AccessRefused,
    Cause,
    DatabaseAnswer,
    DatabaseUnreachable,
    MissingDriver,
    QueryRefused,
)
from tidemill.sources.jdbc.origin import Ordered, Origin, origin_of
from tidemill.sources.jdbc.reading import delivered_rows, division, key_rows, rows_of
from tidemill.sources.jdbc.watermark import Window, ahead, moved, overlapping, since
from tidemill.sources.source import Json, Slice, Source

T = TypeVar("T")
ALL = "1 = 1"
ATTEMPTS = 5
SECONDS_BEFORE_SECOND_ATTEMPT = 0.5


class JdbcSource(Source):
    """The table or query of a contract whose source is a database.

    Args:
        spark: the session.
        contract: with a source of kind jdbc.
    """

    def __init__(self, spark: SparkSession, contract: Contract) -> None:
        assert isinstance(contract.source, JdbcSettings)  # noqa: S101
        self._spark = spark
        self._contract = contract
        self._settings = contract.source
        self._dialect = dialect_of(self._address.kind)

    def waiting(self, progress: Json | None) -> Slice | None:
        """What no run has taken: without a watermark the whole, with one what may have changed since the last slice.

        Where neither the watermark nor what can be seen of the overlap has changed, nothing waits. Under
        `deletes: find` the number of all rows counts too.

        Raises:
            RunFailed: the database cannot be reached, after some attempts, or does not have what the contract names.
        """
        return self._asked(lambda connection: self._waiting(connection, progress))

    def rows(self, taken: Slice) -> DataFrame:
        """The rows of a slice in the layout of `formats.delivered`.

        Read again, a slice has the rows that it had, less those whose watermark rose since, which a later slice has;
        without a watermark it has the rows of the moment. Each connection reads in a transaction of its own.
        """
        place = [self._contract.delivered_name(name) for name in self._contract.key] or [
            column for column in [self._settings.partition_by] if column is not None
        ]
        rows = self._asked(lambda connection: self._rows(connection, taken.range))
        return delivered_rows(rows, self._contract.delivered_names, self._source, place)

    def keys(self, _taken: Slice) -> DataFrame:
        """The keys of all rows that the source has now: strings as delivered, under the contract's names."""

        def read(connection: Connection) -> DataFrame:
            origin = self._origin(connection)
            divided = division(connection, origin, self._settings.partition_by, self._settings.partitions, ALL)
            return self._rows(connection, {"division": divided})

        fields = {name: self._contract.delivered_name(name) for name in self._contract.key}
        return key_rows(self._asked(read), fields)

    def release(self, taken: Slice) -> None:
        """Nothing is kept for a slice."""

    def _waiting(self, connection: Connection, progress: Json | None) -> Slice | None:
        if self._settings.watermark is None:
            # An appended table cannot tell its rows apart, so that all earlier ones give way.
            replaced = (self._source,) if self._contract.write == "append" else ()
            return Slice(self._range(connection, ALL), {}, replaced)
        is_known = progress is not None and progress.get("column") == self._settings.watermark
        return self._behind(connection, self._settings.watermark, progress if is_known else None)

    def _behind(self, connection: Connection, column: str, progress: Json | None) -> Slice | None:
        """What waits behind the watermark, given the progress under this very watermark."""
        origin, settings = self._origin(connection), self._settings
        upto = progress["upto"] if progress else None
        kind = progress["kind"] if progress and upto is not None else None
        ordered = origin.ordered(connection, "source.watermark", column, kind)
        start = self._start(ordered, upto)
        now = ordered.text(ordered.now) if ordered.now is not None else "null"
        mark = self._dialect.mark("q")
        figures = f"{moved(ordered, upto)}, {now}, {ahead(ordered)}, count(*), {mark}"
        news, ceiling, to_come, count, seen = connection.row(
            f"select {figures} from {origin.sql} where {since(ordered, start)}"
        )
        rows = connection.row(f"select count(*) from {origin.sql}")[0] if settings.deletes == "find" else None
        if progress is None and count == "0":
            return None
        if progress is not None and news is None and (seen, rows) == (progress["seen"], progress["rows"]):
            return None
        window = Window(column, ordered.kind, start, news or upto, ceiling, to_come)
        tail = replace(window, start=self._start(ordered, window.upto))
        (seen,) = connection.row(f"select {mark} from {origin.sql} where {tail.condition(ordered)}")
        then = {"column": column, "kind": ordered.kind, "upto": window.upto, "seen": seen, "rows": rows}
        return Slice({**self._range(connection, window.condition(ordered)), "window": window.as_json()}, then)

    def _start(self, ordered: Ordered, upto: str | None) -> str | None:
        """Where the slice after a bound starts."""
        return overlapping(self._contract.name, ordered, upto, self._settings.overlap_distance)

    def _range(self, connection: Connection, where: str) -> dict[str, Any]:
        origin = self._origin(connection)
        return {"division": division(connection, origin, self._settings.partition_by, self._settings.partitions, where)}

    def _rows(self, connection: Connection, taken: Json) -> DataFrame:
        origin, where, divided = self._origin(connection), ALL, None
        if taken.get("window"):
            window = Window.from_json(taken["window"])
            where = window.condition(origin.ordered(connection, "source.watermark", window.column, window.kind))
        if taken["division"]:
            by = taken["division"]
            divided = origin.ordered(connection, "source.partition_by", by["column"], by["kind"]), by["cuts"]
        driver = str(self._driver.getClass().getName())
        return rows_of(self._spark, self._address, driver, origin, where, divided, self._settings.fetch_size)

    def _origin(self, connection: Connection) -> Origin:
        return origin_of(connection, self._contract, self._settings, self._address.shown, self._dialect)

    @cached_property
    def _address(self) -> Address:
        return address_of(self._settings)

    @cached_property
    def _driver(self) -> Any:
        driver = driver_of(self._spark, self._address.url)
        if driver is None:
            raise MissingDriver(self._contract.name, self._address.shown)
        return driver

    @property
    def _source(self) -> str:
        return f"{self._address.shown}#{self._settings.table or 'query'}"

    def _asked(self, ask: Callable[[Connection], T]) -> T:
        """Ask in a connection of its own, again where the database may answer a moment later."""
        attempts = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, DatabaseAnswer) and error.is_transient),
            wait=wait_exponential_jitter(initial=SECONDS_BEFORE_SECOND_ATTEMPT, max=8),
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        try:
            return attempts(self._once, ask)
        except DatabaseAnswer as answer:
            fact = {
                Cause.UNREACHABLE: DatabaseUnreachable,
                Cause.BUSY: DatabaseUnreachable,
                Cause.ACCESS: AccessRefused,
            }.get(answer.cause, QueryRefused)
            raise fact(self._contract.name, self._address.shown, answer.reason) from None

    def _once(self, ask: Callable[[Connection], T]) -> T:
        with connected(self._spark, self._driver, self._address) as connection:
            return ask(connection)
