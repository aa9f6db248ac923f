"""What only Spark can tell to be wrong in a contract: its SQL, patterns, formats and time zones, before any data."""

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.errors import PySparkException
from pyspark.sql import Column as Expression
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidemill.contract import Column, Contract
from tidemill.errors import RequestWrong


class WrongSql(RequestWrong):
    """A check's SQL cannot be understood, or names a column that silver does not have."""

    def __init__(self, dataset: str, check: str, sql: str, reason: str) -> None:
        super().__init__(
            f"{dataset}: the SQL of check '{check}' is wrong: {reason} (in: {sql}). Mend it in "
            f"conf/datasets/{dataset}.yaml."
        )


class WrongWriting(RequestWrong):
    """A pattern, a format or a time zone is none that Spark knows."""

    def __init__(self, dataset: str, key: str, value: str, reason: str) -> None:
        super().__init__(
            f"{dataset}: '{key}': {value!r} is nothing that Spark can use: {reason}. Mend it in "
            f"conf/datasets/{dataset}.yaml."
        )


def require_sql(spark: SparkSession, contract: Contract) -> None:
    """Let Spark analyse every check against an empty frame of silver's schema; no data are read, no job is started.

    Raises:
        WrongSql: for the first check that Spark does not accept.
        WrongWriting: for the first pattern, format or time zone that it does not accept.
    """
    schema = [f"`{name}` {kind}" for name, kind in contract.checked_types.items()]
    empty = spark.createDataFrame([], ", ".join([*schema, "_ingested_at timestamp"]))
    texts = spark.createDataFrame([], ", ".join(f"`{name}` string" for name in contract.checked_types))
    for step in contract.cleanse:
        for name, sql in (step.set or {}).items():
            with _telling(contract.name, f"cleanse.set.{name}", sql):
                texts.select(F.expr(sql).cast("string"))
    for check in contract.row_checks:
        with _telling(contract.name, check.name, check.sql):
            empty.drop("_ingested_at").where(check.sql)
    for table_check in contract.table_checks:
        with _telling(contract.name, table_check.name, table_check.table):
            empty.agg(F.expr(table_check.table).alias("held")).where("held")
    _require_writing(spark, contract)


def _require_writing(spark: SparkSession, contract: Contract) -> None:
    uses = list(_uses(contract))
    # One row without a source is computed where the query is planned; all at once where all is well.
    row = spark.sql("select 'x' as text, timestamp'2024-01-01 00:00:00' as moment")
    try:
        row.select(*[use.alias(str(place)) for place, (_, _, use) in enumerate(uses)]).first()
    except Exception:
        for key, value, use in uses:
            try:
                row.select(use).first()
            except Exception as error:
                raise WrongWriting(contract.name, key, value, _reason(error)) from error
        raise


def _uses(contract: Contract) -> Iterator[tuple[str, str, Expression]]:
    """Every pattern, format and time zone with its key and an expression that uses it."""
    text, moment = F.col("text"), F.col("moment")
    for name, column in contract.columns.items():
        if column.pattern is not None:
            yield f"columns.{name}.pattern", column.pattern, text.rlike(column.pattern)
        if column.format is not None:
            yield f"columns.{name}.format", column.format, F.try_to_timestamp(text, F.lit(column.format))
        for key, bound in _bounds(column):
            yield f"columns.{name}.{key}", bound, F.lit(bound).cast(column.type)
        if column.time_zone is not None:
            yield f"columns.{name}.time_zone", column.time_zone, F.to_utc_timestamp(moment, column.time_zone)
    for place, step in enumerate(contract.cleanse):
        for name, patterns in (step.regex_replace or {}).items():
            for pattern in patterns:
                yield f"cleanse.{place}.regex_replace.{name}", pattern, F.regexp_replace(text, pattern, "")
        for name, formats in (step.dates or {}).items():
            for each in formats:
                yield f"cleanse.{place}.dates.{name}", each, F.try_to_timestamp(text, F.lit(each))


def _bounds(column: Column) -> Iterator[tuple[str, str]]:
    yield from ((key, str(getattr(column, key))) for key in ("min", "max") if getattr(column, key) is not None)
    yield from (("one_of", one) for one in column.one_of or ())


def _reason(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0].split(" SQLSTATE")[0].rstrip(".")


@contextmanager
def _telling(dataset: str, check: str, sql: str) -> Iterator[None]:
    try:
        yield
    except PySparkException as error:
        raise WrongSql(dataset, check, sql, _reason(error)) from error
