"""Checking: all rules in one pass, failures as bits, reasons spelled out for the rows that have one."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.quality.casting import cast_expression
from tidemill.quality.cleansing import cleansed
from tidemill.quality.rules import PARSE, Rule

# One bit a rule; the sign bit stays free, and a contract with more rules than this has more words.
BITS = 63
FAILURES_TYPE = "array<struct<check:string,column:string,value:string,message:string>>"


def checked(delivered: DataFrame, contract: Contract, rules: Sequence[Rule], carried: Sequence[str] = ()) -> DataFrame:
    """Cleanse, cast and check delivered rows.

    Args:
        delivered: bronze's columns: the contract's as strings, _rescued, _raw, _source, _position (all string).
        contract: the rows' contract.
        rules: `rules_of(contract)`.
        carried: further columns to hand on as they are.

    Returns:
        One row a delivered row: the contract's columns, typed; _source, _position; _failed array<bigint>, the bits of
        the failed rules; _refused boolean; _warnings array<string>; and for refused rows alone _failures
        (FAILURES_TYPE) and _record, the record as delivered (string, JSON).
    """
    kept = F.struct(*[F.col(f"`{name}`") for name in contract.columns])
    own = cleansed(delivered.withColumn("_delivered", kept), contract)
    text = own.withColumn("_text", kept)
    typed = text.select(
        *[cast_expression(name, column).alias(name) for name, column in contract.columns.items()],
        *(F.col(name) for name in ("_source", "_position", "_raw", "_rescued", "_delivered", "_text", *carried)),
    )
    failed = typed.withColumn("_failed", _words(rules))
    judged = failed.withColumn("_refused", _any_of(rules, ("quarantine", "fail")))
    return judged.select(
        *[F.col(f"`{name}`") for name in contract.columns],
        *(F.col(name) for name in ("_source", "_position", "_failed", "_refused", *carried)),
        _warnings(rules).alias("_warnings"),
        F.when(F.col("_refused"), _failures(contract, rules)).alias("_failures"),
        F.when(F.col("_refused"), _record(contract)).alias("_record"),
    )


def failure_counts(rules: Sequence[Rule]) -> dict[str, Column]:
    """For each rule the aggregate that counts the rows which failed it."""
    return {rule.name: F.count(F.when(_bit(index), True)) for index, rule in enumerate(rules)}


def _words(rules: Sequence[Rule]) -> Column:
    words = []
    for start in range(0, len(rules), BITS):
        bits = [F.when(rule.failed, F.lit(1 << bit)) for bit, rule in enumerate(rules[start : start + BITS])]
        word = F.lit(0).cast("bigint")
        for bit in bits:
            word = word.bitwiseOR(F.coalesce(bit.cast("bigint"), F.lit(0).cast("bigint")))
        words.append(word)
    return F.array(*words)


def _bit(index: int) -> Column:
    mask = F.lit(1 << (index % BITS)).cast("bigint")
    return F.col("_failed")[index // BITS].bitwiseAND(mask) != 0


def _any_of(rules: Sequence[Rule], on_fail: Sequence[str]) -> Column:
    masks: dict[int, int] = {}
    for index, rule in enumerate(rules):
        if rule.on_fail in on_fail:
            masks[index // BITS] = masks.get(index // BITS, 0) | 1 << (index % BITS)
    found = F.lit(False)
    for word, mask in masks.items():
        found = found | (F.col("_failed")[word].bitwiseAND(F.lit(mask).cast("bigint")) != 0)
    return found


def _warnings(rules: Sequence[Rule]) -> Column:
    names = [F.when(_bit(index), F.lit(rule.name)) for index, rule in enumerate(rules) if rule.on_fail == "warn"]
    return F.filter(F.array(*names), lambda name: name.isNotNull()) if names else F.array().cast("array<string>")


def _failures(contract: Contract, rules: Sequence[Rule]) -> Column:
    reasons = []
    for index, rule in enumerate(rules):
        value = F.col(f"_delivered.`{rule.column}`") if rule.column else F.lit(None).cast("string")
        if rule.name == PARSE:
            value = F.col("_raw")
        shown = F.coalesce(F.concat(F.lit("'"), F.substring(value, 1, 200), F.lit("'")), F.lit("nothing"))
        got = (
            F.concat(F.lit(f"expected {rule.expected}, got "), shown)
            if rule.column
            else F.lit(f"expected {rule.expected}")
        )
        reason = F.struct(
            F.lit(rule.name).alias("check"),
            F.lit(rule.column).cast("string").alias("column"),
            value.alias("value"),
            got.alias("message"),
        )
        if rule.on_fail != "warn":
            reasons.append(F.when(_bit(index), reason))
    return F.filter(F.array(*reasons), lambda reason: reason.isNotNull()).cast(FAILURES_TYPE)


def _record(contract: Contract) -> Column:
    columns = [F.col(f"_delivered.`{name}`").alias(source) for name, source in contract.delivered_names.items()]
    return F.to_json(F.struct(*columns, F.col("_rescued"), F.col("_raw")))
