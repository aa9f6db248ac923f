"""Areas under the ROC curve of many candidates in one query, equal to those of pyspark's evaluator without bins."""

from collections.abc import Sequence
from functools import reduce

from pyspark.ml.evaluation import BinaryClassificationEvaluator, Evaluator
from pyspark.ml.functions import vector_to_array
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

CANDIDATE = "_candidate"
# Of one candidate: they pass through one task. Of more, pyspark's own evaluator sorts in many.
MOST_ROWS = 500_000


def is_exact_area(evaluator: Evaluator) -> bool:
    """Whether an evaluator computes the exact area under the ROC curve of rows without weights."""
    return (
        type(evaluator) is BinaryClassificationEvaluator
        and evaluator.getMetricName() == "areaUnderROC"
        and evaluator.getNumBins() == 0
        and not evaluator.isSet("weightCol")
    )


def areas(evaluator: BinaryClassificationEvaluator, predicted: Sequence[DataFrame]) -> list[float] | None:
    """Each candidate's area, ties counting half; None where it is not defined and the evaluator is to be asked.

    Args:
        evaluator: names the columns: label (1 above 0.5) and rawPrediction, a vector or a number.
        predicted: the same rows as each candidate predicts them, at most MOST_ROWS.
    """
    label, raw = F.col(evaluator.getLabelCol()), evaluator.getRawPredictionCol()

    def scored(at: int, rows: DataFrame) -> DataFrame:
        score = vector_to_array(F.col(raw))[1] if isinstance(rows.schema[raw].dataType, VectorUDT) else F.col(raw)
        return rows.select(
            F.lit(at).alias(CANDIDATE), score.cast("double").alias("score"), (label > 0.5).cast("double").alias("is")
        )

    each = reduce(DataFrame.unionAll, (scored(at, rows) for at, rows in enumerate(predicted)))
    ties = each.groupBy(CANDIDATE, "score").agg(F.sum("is").alias("ones"), F.sum(1 - F.col("is")).alias("zeros"))
    above = Window.partitionBy(CANDIDATE).orderBy(F.desc("score")).rowsBetween(Window.unboundedPreceding, -1)
    # Counts are whole numbers, so that their sums are exact in any order.
    beaten = F.col("zeros") * (F.coalesce(F.sum("ones").over(above), F.lit(0.0)) + F.col("ones") / 2)
    sums = ties.withColumn("beaten", beaten).groupBy(CANDIDATE)
    found = sums.agg(*(F.sum(name).alias(name) for name in ("beaten", "ones", "zeros"))).collect()  # one a candidate
    by_place = {row[CANDIDATE]: row for row in found}
    if len(by_place) < len(predicted) or any(not row["ones"] or not row["zeros"] for row in found):
        return None
    rows = (by_place[at] for at in range(len(predicted)))
    return [row["beaten"] / (row["ones"] * row["zeros"]) for row in rows]
