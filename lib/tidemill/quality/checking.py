"""Checking: all rules on a row in one pass, failures as bits, then those that other rows must be asked for."""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.quality.across import across, marked_duplicates
from tidemill.quality.bits import has_bit, word_name, words, zero
from tidemill.quality.casting import cast_expression
from tidemill.quality.cleansing import Cleansing
from tidemill.quality.reasons import REFUSING, explained, refused
from tidemill.quality.rules import Rule, needs_arrival


def checked(
    delivered: DataFrame,
    contract: Contract,
    rules: Sequence[Rule],
    references: Mapping[str, DataFrame] | None = None,
    silver: DataFrame | None = None,
    carried: Sequence[str] = (),
) -> DataFrame:
    """Cleanse, cast and check delivered rows.

    Args:
        delivered: bronze's columns: the contract's as strings, _rescued, _raw, _source, _position (all string), and
            _ingested_at where `needs_arrival`.
        contract: the rows' contract.
        rules: `rules_of(contract)`.
        references: silver of each of `contract.referenced`, at a version.
        silver: this dataset's table before the run, without the rows that give way to this delivery; for `unique` of
            a dataset that appends. None where there is none.
        carried: further columns of `delivered` to hand on as they are.

    Returns:
        One row a delivered row: the contract's columns, typed; _source, _position (and _ingested_at, as above);
        _failed array<bigint>, the bits of the failed rules; _cleansed array<bigint>, see `change_counts`; _refused
        boolean; _warnings array<string>; for refused rows alone _failures (FAILURES_TYPE) and _record, the record as
        delivered (string, JSON); and, where the contract drops duplicates, _is_duplicate boolean.

    Raises:
        NoReference: a referenced table or column is missing.
    """
    judged = _judged(delivered, contract, rules, carried)
    if contract.drop_duplicates:
        judged = marked_duplicates(judged, rules)
    return explained(across(judged, contract, rules, references or {}, silver), contract, rules, carried)


def failure_counts(rules: Sequence[Rule]) -> dict[str, Column]:
    """For each rule the aggregate that counts the rows which failed it."""
    return {rule.name: F.count(F.when(has_bit("_failed", index), True)) for index, rule in enumerate(rules)}


def _judged(delivered: DataFrame, contract: Contract, rules: Sequence[Rule], further: Sequence[str]) -> DataFrame:
    """The typed rows with the words of their failures, `_failed_0` and so on, and `_delivered`."""
    arrival = ["_ingested_at"] if needs_arrival(contract) else []
    carried = ["_source", "_position", "_raw", "_rescued", *arrival, *further]
    as_delivered = [F.col(f"`{name}`").alias(f"_delivered_{name}") for name in contract.columns]
    given = delivered.select(*[F.col(f"`{name}`") for name in contract.columns], *as_delivered, *carried)
    cleansing = Cleansing(given, contract)
    cleansing.as_columns()
    texts = cleansing.texts
    same = [F.array(*[texts[name] for name in contract.drop_duplicates]).alias("_same")]
    typed = cleansing.frame.select(
        *[cast_expression(name, column).alias(name) for name, column in contract.columns.items()],
        *[
            texts[name].isNotNull().alias(f"_given_{name}")
            for name, column in contract.columns.items()
            if column.type != "string"
        ],
        *[F.col(f"_delivered_{name}") for name in contract.columns],
        *carried,
        F.array(*cleansing.changed).cast("array<bigint>").alias("_cleansed"),
        *(same if contract.drop_duplicates else []),
    )
    failed = [word.alias(word_name("_failed", place)) for place, word in enumerate(_failed(rules))]
    judged = typed.select(*[name for name in typed.columns if not name.startswith("_given_")], *failed)
    texts_and_rest = [*[f"_delivered_{name}" for name in contract.columns], "_raw", "_rescued"]
    # Only a refused row needs its delivered texts any more; before other rows were asked, each may become one.
    asks = any(rule.across is not None and rule.on_fail in REFUSING for rule in rules)
    needed = F.lit(True) if asks else refused(rules)
    others = [name for name in judged.columns if name not in texts_and_rest]
    return judged.select(*others, F.when(needed, F.array(*texts_and_rest)).alias("_delivered"))


def _failed(rules: Sequence[Rule]) -> list[Column]:
    facts = {bit: rule.failed for bit, rule in enumerate(rules) if rule.failed is not None}
    unparsed = words({0: facts.pop(0)}, 1)[0]
    # A record that did not parse has no values to check, so it has that one reason.
    first, *rest = words(facts, len(rules))
    parsed = F.col("_raw").isNull()
    return [F.when(parsed, first).otherwise(unparsed), *[F.when(parsed, word).otherwise(zero()) for word in rest]]
