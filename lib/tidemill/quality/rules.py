"""Rules: a contract's checks on rows, each as an expression that is true where the row fails."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pyspark.sql import Column as Expression
from pyspark.sql import functions as F

from tidemill.contract import Column, Contract
from tidemill.contract.checks import ReferenceCheck, RowCheck, UniqueCheck
from tidemill.contract.columns import FRACTIONS
from tidemill.quality.images import asked_of

PARSE = "record.parse"


@dataclass(frozen=True)
class Unique:
    """A rule that no earlier row has the same values in these columns."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """A rule that a value of `column` is one of `dataset`'s column `other` in silver."""

    column: str
    dataset: str
    other: str


@dataclass(frozen=True)
class Rule:
    """One check on a row.

    Attributes:
        name: as it stands in quarantine and ops.checks.
        column: the column that it is about, None for a rule over several.
        failed: true where the row fails, null or false where it does not; over the typed columns, `_given_COLUMN`
            (whether there was a text; not for strings) and `_ingested_at`. None where other rows must be asked.
        on_fail: quarantine, warn or fail.
        expected: what was expected, for people.
        across: which other rows must be asked; None for a rule on the row alone.
    """

    name: str
    column: str | None
    failed: Expression | None
    on_fail: str
    expected: str
    across: Unique | Reference | None = None


def rules_of(contract: Contract) -> list[Rule]:
    """All rules on a row, in the contract's order; the first is that the record parsed at all.

    Of an image dataset see `tidemill.quality.images`.
    """
    if contract.images:
        return [Rule(asked.name, None, None, asked.on_fail, asked.expected) for asked in asked_of(contract.images)]
    parsed = Rule(PARSE, None, F.col("_raw").isNotNull(), "quarantine", "a record that parses")
    implied = [rule for name, column in contract.columns.items() for rule in _implied(name, column)]
    return [parsed, *implied, *_own(contract)]


def _own(contract: Contract) -> Iterator[Rule]:
    for check in contract.checks:
        if isinstance(check, RowCheck):
            yield Rule(check.name, None, ~F.expr(check.sql), check.on_fail, check.sql)
        elif isinstance(check, UniqueCheck):
            only = check.unique[0] if len(check.unique) == 1 else None
            expected = f"no other row with the same {', '.join(check.unique)}"
            yield Rule(check.name, only, None, check.on_fail, expected, Unique(check.unique))
        elif isinstance(check, ReferenceCheck):
            yield _reference(check.name, check.column, check.references, check.on_fail)


def _reference(name: str, column: str, references: str, on_fail: str) -> Rule:
    dataset, _, other = references.partition(".")
    return Rule(name, column, None, on_fail, f"a value of silver.{references}", Reference(column, dataset, other))


def _implied(name: str, column: Column) -> Iterator[Rule]:
    value = F.col(f"`{name}`")
    given = value.isNotNull() if column.type == "string" else F.col(f"`_given_{name}`")

    def rule(kind: str, failed: Expression, expected: str) -> Rule:
        return Rule(f"{name}.{kind}", name, failed, column.on_fail, expected)

    if column.required:
        yield rule("required", ~given, "a value")
    if column.type != "string":
        never_a_warning = "quarantine" if column.on_fail == "warn" else column.on_fail
        none = value.isNull() | (F.abs(value) == float("inf")) if column.type in FRACTIONS else value.isNull()
        yield replace(rule("type", none & given, _shape(column)), on_fail=never_a_warning)
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
        short = F.char_length(value) < low if low is not None else F.lit(False)
        long = F.char_length(value) > high if high is not None else F.lit(False)
        yield rule("length", short | long, f"{low or 0} to {'any' if high is None else high} characters")
    if column.not_in_future is not None:
        after = "" if column.not_in_future is True else f" and {column.not_in_future}"
        yield rule("not_in_future", value > _latest(column), f"nothing after its arrival{after}")
    if column.references is not None:
        yield _reference(f"{name}.references", name, column.references, column.on_fail)


def _shape(column: Column) -> str:
    finite = " that is finite" if column.type in FRACTIONS else ""
    article = "an" if column.type[0] in "aeiou" else "a"
    return f"{article} {column.type}{finite}" + (f" as {column.format}" if column.format else "")


def _latest(column: Column) -> Expression:
    # The row's own time, so that a run that is tried again decides alike.
    arrival = F.col("_ingested_at")
    latest = arrival if column.not_in_future is True else arrival + F.expr(f"interval {column.not_in_future}")
    return latest.cast("date") if column.type == "date" else latest


def _literal(bound: object, column: Column) -> Expression:
    return F.lit(str(bound)).cast(column.type)


def needs_arrival(contract: Contract) -> bool:
    """Whether a check compares with the time at which a row was delivered, `_ingested_at`."""
    moments = any(column.not_in_future is not None for column in contract.columns.values())
    return moments or any("_ingested_at" in check.table for check in contract.table_checks)
