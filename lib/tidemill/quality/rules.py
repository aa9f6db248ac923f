"""Rules: a contract's checks on one row, each as an expression that is true where the row fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark.errors import PySparkException
from pyspark.sql import Column as Expression
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidemill.contract import Column, Contract
from tidemill.errors import RequestWrong

PARSE = "record.parse"


class WrongSql(RequestWrong):
    """A check's SQL cannot be understood, or names a column that silver does not have."""

    def __init__(self, dataset: str, check: str, sql: str, reason: str) -> None:
        super().__init__(
            f"{dataset}: the SQL of check '{check}' is wrong: {reason} (in: {sql}). Mend it in "
            f"conf/datasets/{dataset}.yaml."
        )


@dataclass(frozen=True)
class Rule:
    """One check on a row.

    Attributes:
        name: as it stands in quarantine and ops.checks.
        column: the column that it is about, None for a rule over several.
        failed: true where the row fails; over the typed columns and, for the text, `_text`.
        on_fail: quarantine, warn or fail.
        expected: what was expected, for people.
    """

    name: str
    column: str | None
    failed: Expression
    on_fail: str
    expected: str


def rules_of(contract: Contract) -> list[Rule]:
    """All rules on a row, in the contract's order; the first is that the record parsed at all."""
    parsed = Rule(PARSE, None, F.col("_raw").isNotNull(), "quarantine", "a record that parses")
    implied = [rule for name, column in contract.columns.items() for rule in _implied(name, column)]
    own = [
        Rule(check.name, None, ~F.coalesce(F.expr(check.sql), F.lit(True)), check.on_fail, check.sql)
        for check in contract.row_checks
    ]
    # A record that did not parse has no values to check, so it has that one reason.
    return [parsed, *(_where_parsed(rule) for rule in [*implied, *own])]


def _where_parsed(rule: Rule) -> Rule:
    failed = F.col("_raw").isNull() & F.coalesce(rule.failed, F.lit(False))
    return Rule(rule.name, rule.column, failed, rule.on_fail, rule.expected)


def _implied(name: str, column: Column) -> Iterator[Rule]:
    text, value = F.col(f"_text.`{name}`"), F.col(f"`{name}`")

    def rule(kind: str, failed: Expression, expected: str, on_fail: str = column.on_fail) -> Rule:
        return Rule(f"{name}.{kind}", name, failed, on_fail, expected)

    if column.required:
        yield rule("required", text.isNull(), "a value")
    if column.type != "string":
        never_a_warning = "quarantine" if column.on_fail == "warn" else column.on_fail
        shape = f" as {column.format}" if column.format else ""
        yield rule("type", text.isNotNull() & value.isNull(), f"a {column.type}{shape}", never_a_warning)
    if column.min is not None:
        yield rule("min", value < _literal(column.min, column), f"at least {column.min}")
    if column.max is not None:
        yield rule("max", value > _literal(column.max, column), f"at most {column.max}")
    if column.one_of is not None:
        allowed = [_literal(one, column) for one in column.one_of]
        yield rule("one_of", ~value.isin(*allowed), f"one of {', '.join(column.one_of)}")
    if column.pattern is not None:
        yield rule("pattern", ~value.rlike(column.pattern), f"a text like {column.pattern}")
    if column.length is not None:
        low, high = column.length.min, column.length.max
        short = F.length(value) < low if low is not None else F.lit(False)
        long = F.length(value) > high if high is not None else F.lit(False)
        yield rule("length", short | long, f"{low or 0} to {'any' if high is None else high} characters")


def _literal(bound: object, column: Column) -> Expression:
    return F.lit(str(bound)).cast(column.type)


def require_sql(spark: SparkSession, contract: Contract) -> None:
    """Let Spark analyse every check against an empty frame of silver's schema; no data are read.

    Raises:
        WrongSql: for the first check that Spark does not accept.
    """
    schema = ", ".join(f"`{name}` {column.type}" for name, column in contract.columns.items())
    empty = spark.createDataFrame([], schema)
    texts = spark.createDataFrame([], ", ".join(f"`{name}` string" for name in contract.columns))
    for step in contract.cleanse:
        for name, sql in (step.set or {}).items():
            with _telling(contract.name, f"cleanse.set.{name}", sql):
                texts.select(F.expr(sql).cast("string"))
    for check in contract.row_checks:
        with _telling(contract.name, check.name, check.sql):
            empty.where(check.sql)
    for table_check in contract.table_checks:
        with _telling(contract.name, table_check.name, table_check.table):
            empty.agg(F.expr(table_check.table).alias("held")).where("held")


@contextmanager
def _telling(dataset: str, check: str, sql: str) -> Iterator[None]:
    try:
        yield
    except PySparkException as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0].split(" SQLSTATE")[0]
        raise WrongSql(dataset, check, sql, reason) from error
