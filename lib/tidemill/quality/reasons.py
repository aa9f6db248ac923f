"""The failures of a row in words: spelled out for the rows that have any, and for no other."""

import json
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.quality.bits import BITS, any_bit, word_name
from tidemill.quality.rules import PARSE, Rule

FAILURES_TYPE = "array<struct<check:string,column:string,value:string,message:string>>"
# What is known of a rule before any row: its bit, its words, and which of the delivered values it is about.
KNOWN = "array<struct<word:int,bit:int,check:string,column:string,expected:string,place:int>>"
REFUSING = ("quarantine", "fail")


def refused(rules: Sequence[Rule]) -> Column:
    """Whether a row failed a rule that keeps it out of silver, over the words `_failed_0` and so on."""
    return any_bit("_failed", [bit for bit, rule in enumerate(rules) if rule.on_fail in REFUSING])


def explained(judged: DataFrame, contract: Contract, rules: Sequence[Rule], carried: Sequence[str] = ()) -> DataFrame:
    """Spell out failures and warnings, and leave the delivered texts behind.

    Args:
        judged: typed rows with the words of their failures, `_failed_0` and so on, `_cleansed`, and of each row that is
            refused `_delivered` array<string>: the text of each of the contract's columns, `_raw` and `_rescued`.
        contract: the rows' contract.
        rules: `rules_of(contract)`.
        carried: further columns to hand on.

    Returns:
        See `checked`.
    """
    is_refused = refused(rules)
    own = [name for name in ("_ingested_at", "_is_duplicate") if name in judged.columns]
    kept = list(dict.fromkeys([*own, *carried]))
    return judged.select(
        *[F.col(f"`{name}`") for name in contract.columns],
        *("_source", "_position", *kept),
        F.array(*_failed_words(rules)).alias("_failed"),
        "_cleansed",
        is_refused.alias("_refused"),
        _warnings(rules).alias("_warnings"),
        F.when(is_refused, _failures(contract, rules)).cast(FAILURES_TYPE).alias("_failures"),
        F.when(is_refused, _record(contract)).alias("_record"),
    )


def _failed_words(rules: Sequence[Rule]) -> list[Column]:
    return [F.col(word_name("_failed", place)) for place in range(-(-len(rules) // BITS))]


def _warnings(rules: Sequence[Rule]) -> Column:
    none = F.array().cast("array<string>")
    bits = [bit for bit, rule in enumerate(rules) if rule.on_fail == "warn"]
    if not bits:
        return none
    names = F.transform(_of_row(rules, ("warn",), {}), lambda known: known["check"])
    return F.when(any_bit("_failed", bits), names).otherwise(none)


def _failures(contract: Contract, rules: Sequence[Rule]) -> Column:
    places = {name: place for place, name in enumerate(contract.columns)}

    def reason(known: Column) -> Column:
        value = F.col("_delivered")[known["place"]]
        shown = F.coalesce(F.concat(F.lit("'"), F.substring(value, 1, 200), F.lit("'")), F.lit("nothing"))
        got = F.when(known["column"].isNotNull(), F.concat(F.lit(", got "), shown)).otherwise("")
        message = F.concat(F.lit("expected "), known["expected"], got)
        return F.struct(
            known["check"].alias("check"),
            known["column"].alias("column"),
            value.alias("value"),
            message.alias("message"),
        )

    return F.transform(_of_row(rules, REFUSING, {**places, PARSE: len(places)}), reason)


def _of_row(rules: Sequence[Rule], on_fail: Sequence[str], places: dict[str, int]) -> Column:
    """What is known of the rules that the row failed.

    One constant and a filter instead of a branch for every rule: the code stays small, and with it fast.
    """
    known = [
        {
            "word": bit // BITS,
            "bit": bit % BITS,
            "check": rule.name,
            "column": rule.column,
            "expected": rule.expected,
            "place": places.get(rule.column or rule.name),
        }
        for bit, rule in enumerate(rules)
        if rule.on_fail in on_fail
    ]
    failed = F.array(*_failed_words(rules))
    every = F.from_json(F.lit(json.dumps(known)), KNOWN)
    return F.filter(every, lambda one: F.getbit(failed[one["word"]], one["bit"]) == 1)


def _record(contract: Contract) -> Column:
    names = [*contract.delivered_names.values(), "_raw", "_rescued"]
    fields = {name: F.col("_delivered")[place].alias(name) for place, name in enumerate(names)}
    return F.to_json(F.struct(*[fields[name] for name in (*contract.delivered_names.values(), "_rescued", "_raw")]))
