"""Why a model answers a row as it does: what its answer would be, were one column as it typically is.

The model is asked once for the row as it is, and once more for each column that does not hold its typical value, with
that value in its place. The difference is the column's contribution. This is attribution by replacing one feature at a
time (Robnik-Sikonja and Kononenko, Explaining classifications for individual instances, IEEE Transactions on Knowledge
and Data Engineering 20, 2008; occlusion in Zeiler and Fergus, 2014). It asks nothing of a model but its answers. It
does not share out what columns do together: contributions need not add up to the answer, two columns that say the same
may both seem to matter little, and a replaced value may not go with the others of its row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sys import float_info

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

REASONS = "array<struct<column:string,value:string,contribution:double>>"
MASK = "***"
ROW, VARIANT, VALUE, SCORE = "_row", "_variant", "_value", "_score"

Typical = Mapping[str, float | str | None]


@dataclass(frozen=True)
class Reasons:
    """What is told of a row.

    Attributes:
        most: so many of the contributions that are largest in size; 0 tells none and asks the model once a row.
        masked: the columns whose values are told as `***`.
    """

    most: int = 3
    masked: frozenset[str] = frozenset()


def with_variants(rows: DataFrame, key: Sequence[str], typical: Typical, masked: frozenset[str]) -> DataFrame:
    """Each row as it is, and once more for each of its columns that is not typical, with the typical value there.

    Args:
        rows: what a model reads, and its key.
        key: columns that mostly tell rows apart.
        typical: by column of `rows`, its typical value as `features.typical_values` gives it.
        masked: see `Reasons`.

    Returns:
        The columns of `rows`; _row bigint, the same for all variants of a row; _variant int, 0 for the row as it is,
        else the place of the replaced column in `typical`, from 1; _value string, what the row has there.
    """
    # The one shuffle, of the rows as they are: their variants then stay in one partition until they are gathered.
    spread = rows.repartition(*key).withColumn(ROW, F.monotonically_increasing_id())
    places = {column: place for place, column in enumerate(typical, start=1)}
    usual = {column: F.lit(typical[column]).cast(rows.schema[column].dataType) for column in typical}
    itself = F.struct(F.lit(0).alias(VARIANT), F.lit(None).cast("string").alias(VALUE))
    others = [
        F.when(~F.col(column).eqNullSafe(usual[column]), _variant(places[column], column, column in masked))
        for column in typical
    ]
    asked = F.filter(F.array(itself, *others), lambda variant: variant.isNotNull())
    spread = spread.select("*", F.inline(asked))
    replaced = {
        column: F.when(F.col(VARIANT) == places[column], usual[column]).otherwise(F.col(column)) for column in typical
    }
    return spread.withColumns(replaced)


def gathered(
    scored: DataFrame, key: Sequence[str], kept: Sequence[str], answers: Sequence[str], typical: Typical, most: int
) -> DataFrame:
    """Bring the variants of each row together again.

    Args:
        scored: the result of `with_variants`, with the model's answers and _score double, what contributions are
            differences of.
        key: as there.
        kept: columns that are the same for all variants of a row.
        answers: columns of which those of the row as it is are kept.
        typical: as there.
        most: how many reasons are told.

    Returns:
        One row a row: key, kept, answers and reasons, the largest first; a column that changes nothing is no reason.
    """
    itself = F.col(VARIANT) == 0
    answer = F.struct(SCORE, *answers)
    grouped = scored.groupBy(*key, ROW).agg(
        *(F.first(column).alias(column) for column in kept),
        F.first(F.when(itself, answer), ignorenulls=True).alias("_answer"),
        F.collect_list(F.when(~itself, F.struct(VARIANT, VALUE, SCORE))).alias("_others"),
    )
    named = [F.col(f"_answer.{column}").alias(column) for column in answers]
    return grouped.select(*key, *kept, *named, _largest(list(typical), most).alias("reasons"))


def _variant(place: int, column: str, masked: bool) -> Column:
    value = F.lit(MASK) if masked else F.col(column).cast("string")
    return F.struct(F.lit(place).alias(VARIANT), value.alias(VALUE))


def _largest(columns: Sequence[str], most: int) -> Column:
    def contribution(other: Column) -> Column:
        return F.col(f"_answer.{SCORE}") - other[SCORE]

    def sized(other: Column) -> Column:
        told = contribution(other)
        return F.struct((-F.abs(told)).alias("size"), other[VARIANT], other[VALUE], told.alias("contribution"))

    def reason(other: Column) -> Column:
        column = F.element_at(F.array(*map(F.lit, columns)), other[VARIANT])
        return F.struct(column.alias("column"), other[VALUE].alias("value"), other["contribution"])

    def matters(other: Column) -> Column:
        # Spark orders NaN above infinity.
        size = F.abs(contribution(other))
        return (size > 0) & (size <= float_info.max)

    changes = F.filter("_others", matters)
    ordered = F.sort_array(F.transform(changes, sized))
    return F.transform(F.slice(ordered, 1, most), reason).cast(REASONS)
