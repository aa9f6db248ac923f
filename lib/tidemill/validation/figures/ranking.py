"""Binary predictions brought into one form and ranked by probability, which figures, thresholds and curves start from.

One group's rows pass through one task, sorted: nothing goes to the driver, and what does not fit into the task's memory
goes to its disk. So a group of a few million rows takes that many rows' sort; where there are far more and no groups,
round the probabilities and sum equal rows into a weight first.
"""

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

# What a mean of probabilities may lie beyond 0 or 1 by rounding; it is taken for 0 or 1.
ROUNDING = 1e-9


def scored(
    predictions: DataFrame,
    by: Sequence[str],
    label: str,
    probability: str,
    prediction: str | None = None,
    weight: str | None = None,
) -> DataFrame:
    """Check the predictions and give them one form.

    Args:
        predictions: label and prediction 0 or 1, probability of class 1 from 0 to 1, weight at least 0.
        by: the columns of a group.
        label: the column of what was.
        probability: the column of the probability.
        prediction: the column of what was predicted, where it is needed.
        weight: the column of the rows' weights; without it each counts 1.

    Returns:
        The group; `_p` double; `_pos` and `_neg` double, the weight where the label is 1 and where it is 0; `_said_pos`
        and `_said_neg` double, the same where 1 was predicted; `_unusable` int, 1 for a row that breaks the above,
        whose weights are 0 and whose `_p` is null.
    """
    row = predictions.select(
        *by,
        F.col(label).cast("double").alias("_was"),
        F.col(probability).cast("double").alias("_given"),
        (F.col(prediction).cast("double") if prediction else F.lit(0.0)).alias("_said"),
        (F.col(weight).cast("double") if weight else F.lit(1.0)).alias("_weight"),
    )
    usable = (
        f"coalesce(_was in (0, 1) and _said in (0, 1) and _given between -{ROUNDING} and 1 + {ROUNDING} "
        "and _weight >= 0 and _weight < double('infinity'), false)"
    )
    checked = row.selectExpr(*_quoted(by), "_was", "_given", "_said", "_weight", f"{usable} as _usable")
    counted = checked.selectExpr(
        *_quoted(by),
        "if(_usable, greatest(least(_given, 1), 0), null) as _p",
        "if(_usable and _was = 1, _weight, 0) as _pos",
        "if(_usable and _was = 0, _weight, 0) as _neg",
        "_said",
        "if(_usable, 0, 1) as _unusable",
    )
    said = ["if(_said = 1, _pos, 0) as _said_pos", "if(_said = 1, _neg, 0) as _said_neg"]
    return counted.selectExpr(*_quoted(by), "_p", "_pos", "_neg", *said, "_unusable")


def ranked(rows: DataFrame, by: Sequence[str]) -> DataFrame:
    """Add to each row what lies at its probability and above.

    The rows of a group come sorted by probability, highest first, and equal ones in an order of their own, so that a
    sum over them comes out alike to the last bit whatever the partitioning was.

    Args:
        rows: the result of `scored`.
        by: the columns of a group.

    Returns:
        The rows and, double: `_tps` and `_fps`, the weight of the positives and of the negatives whose probability is
        at least this one; `_all_pos` and `_all_neg`, those of the whole group.
    """
    together = rows.repartition(*by) if by else rows.repartition(1)
    ordered = together.sortWithinPartitions(*by, F.desc("_p"), "_pos", "_neg")
    group = Window.partitionBy(*by).orderBy(F.desc("_p"))
    # A range, not rows: it takes in all the rows that tie with this one.
    above = group.rangeBetween(Window.unboundedPreceding, Window.currentRow)
    whole = group.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    return ordered.select(
        "*",
        F.sum("_pos").over(above).alias("_tps"),
        F.sum("_neg").over(above).alias("_fps"),
        F.sum("_pos").over(whole).alias("_all_pos"),
        F.sum("_neg").over(whole).alias("_all_neg"),
    )


def _quoted(names: Sequence[str]) -> list[str]:
    return [f"`{name}`" for name in names]
