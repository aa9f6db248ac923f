"""Rules that other rows must be asked for: the same values twice, values of another dataset, the same row twice."""

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.errors import RunFailed, suggestion
from tidemill.quality.bits import BITS, long, word_name, zero
from tidemill.quality.reasons import refused
from tidemill.quality.rules import Reference, Rule, Unique

# Types that a contract writes otherwise than Spark names them.
SPARK_NAMES = {"byte": "tinyint", "short": "smallint"}


class NoReference(RunFailed):
    """A check needs another dataset's table or column, and there is none."""

    def __init__(self, contract: Contract, check: str, wanted: str, step: str) -> None:
        super().__init__(f"{contract.name}: the check '{check}' needs {wanted}, which does not exist. {step}")


def across(
    judged: DataFrame,
    contract: Contract,
    rules: Sequence[Rule],
    references: Mapping[str, DataFrame],
    silver: DataFrame | None,
) -> DataFrame:
    """Add the failures that only other rows show.

    References come first; then each `unique`, among the rows that are not refused by then. Each costs at most one
    shuffle of the rows; a contract without such a rule none.

    Args:
        judged: typed rows with `_source`, `_position` and the words of their failures, `_failed_0` and so on.
        contract: the rows' contract.
        rules: `rules_of(contract)`.
        references: silver of each referenced dataset.
        silver: see `checked`.

    Returns:
        The same rows, the words with the bits of these rules.
    """
    for bit, rule in enumerate(rules):
        if isinstance(rule.across, Reference):
            judged = _referenced(judged, bit, contract, rule, references)
    for bit, rule in enumerate(rules):
        if isinstance(rule.across, Unique):
            taking_part = ~refused(rules) & ~_duplicate(judged)
            judged = _unique(judged, bit, contract, rule.across, taking_part, silver)
    return judged


def marked_duplicates(judged: DataFrame, rules: Sequence[Rule]) -> DataFrame:
    """Mark each row whose texts equal those of an earlier row that is not refused, itself not refused.

    Args:
        judged: rows with `_same` array<string>, the texts that are compared; null equals null, but a row without any
            is nobody's duplicate. `_source`, `_position` say which row is earlier.
        rules: `rules_of(contract)`.

    Returns:
        The same rows without _same, with _is_duplicate boolean.
    """
    any_text = F.exists("_same", lambda text: text.isNotNull())
    taking_part = ~refused(rules) & any_text
    alone = F.when(~taking_part, F.xxhash64("_source", "_position"))
    place = F.row_number().over(Window.partitionBy("_same", alone).orderBy("_source", "_position"))
    return judged.withColumn("_is_duplicate", taking_part & (place > 1)).drop("_same")


def _duplicate(judged: DataFrame) -> Column:
    return F.col("_is_duplicate") if "_is_duplicate" in judged.columns else F.lit(False)


def _referenced(
    judged: DataFrame, bit: int, contract: Contract, rule: Rule, references: Mapping[str, DataFrame]
) -> DataFrame:
    assert isinstance(rule.across, Reference)  # noqa: S101
    name, dataset, other = rule.across.column, rule.across.dataset, rule.across.other
    if dataset not in references:
        raise NoReference(contract, rule.name, f"silver.{dataset}", f"Ingest {dataset} first.")
    table = references[dataset]
    if other not in table.columns:
        step = suggestion(other, [name for name in table.columns if not name.startswith("_")])
        raise NoReference(contract, rule.name, f"the column '{other}' of silver.{dataset}", step)
    values = table.select(_as(table, other, contract.columns[name].type).alias("_value"))
    unknown = (
        f"rows.`{name}` is not null and not exists(select 1 from {{table}} kept where kept._value = rows.`{name}`)"
    )
    return _with_bit(_flagged(judged, values, unknown), bit)


def _unique(
    judged: DataFrame, bit: int, contract: Contract, unique: Unique, taking_part: Column, silver: DataFrame | None
) -> DataFrame:
    columns = [F.col(f"`{name}`") for name in unique.columns]
    with_values = reduce(lambda left, right: left & right, [column.isNotNull() for column in columns], taking_part)
    # A row that takes no part is put in a partition of its own, instead of one that all of them share.
    apart = F.when(with_values, F.xxhash64(*columns)).otherwise(F.xxhash64("_source", "_position"))
    rows = judged.withColumn("_part", with_values).withColumn("_apart", apart)
    window = Window.partitionBy(*columns, "_apart").orderBy("_source", "_position")
    if contract.key:
        # Several versions of one key are one row in the end.
        key = F.struct(*contract.key)
        repeated = F.col("_part") & (F.first(key).over(window) != key)
    else:
        repeated = F.col("_part") & (F.row_number().over(window) > 1)
    flagged = rows.withColumn("_fails", repeated)
    known = silver is not None and contract.write == "append" and set(unique.columns) <= set(silver.columns)
    if silver is not None and known:
        kept = [_as(silver, name, contract.columns[name].type).alias(name) for name in unique.columns]
        values = silver.select(*kept)
        values = values.withColumn("_apart", F.xxhash64(*columns))
        same = " and ".join(f"kept.`{name}` = rows.`{name}`" for name in (*unique.columns, "_apart"))
        flagged = _flagged(
            flagged, values, f"rows._fails or exists(select 1 from {{table}} kept where rows._part and {same})"
        )
    return _with_bit(flagged.drop("_part", "_apart"), bit)


def _flagged(rows: DataFrame, table: DataFrame, condition: str) -> DataFrame:
    """The rows with `_fails` from SQL, which alone can ask whether a row exists elsewhere without repeating any."""
    names = ", ".join(f"rows.`{name}`" for name in rows.columns if name != "_fails")
    query = f"select {names}, {condition} as _fails from {{rows}} rows"
    return rows.sparkSession.sql(query, rows=rows, table=table)


def _as(table: DataFrame, name: str, kind: str) -> Column:
    is_kind = dict(table.dtypes)[name] == SPARK_NAMES.get(kind, kind.replace(" ", ""))
    return F.col(f"`{name}`") if is_kind else F.expr(f"try_cast(`{name}` as {kind})")


def _with_bit(rows: DataFrame, bit: int) -> DataFrame:
    word = word_name("_failed", bit // BITS)
    set_bit = F.when(F.col("_fails"), long(1 << bit % BITS)).otherwise(zero())
    return rows.withColumn(word, F.col(word).bitwiseOR(set_bit)).drop("_fails")
