"""The errors of a model of a number: their spread, their shape, and how they follow the prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.models.evaluation.predictions import PREDICTION, drawn

SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
SIZES = (0.5, 0.9, 0.99)
BINS = 30
DECILES = tuple(place / 10 for place in range(1, 10))


@dataclass(frozen=True)
class ErrorBin:
    """A tenth of the rows by their prediction: their mean prediction, and the mean and quartiles of their errors."""

    rows: int
    prediction: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Residuals:
    """What is only known of a model of a number, on the hold-out; an error is prediction - target, in its unit.

    Attributes:
        mean: of the errors.
        deviation: of the errors.
        target_mean: of the target.
        target_deviation: of the target.
        quantiles: of the errors, by their share such as "0.05".
        sizes: quantiles of the errors without their sign, by their share.
        edges: of the histogram's bins of equal width, one more than counts; the outer bins hold what lies beyond.
        counts: of the histogram.
        by_prediction: tenths, lowest predictions first.
        actual: of a bounded sample.
        predicted: of the same rows.
    """

    mean: float
    deviation: float
    target_mean: float
    target_deviation: float
    quantiles: Mapping[str, float]
    sizes: Mapping[str, float]
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    by_prediction: tuple[ErrorBin, ...]
    actual: tuple[float, ...]
    predicted: tuple[float, ...]


def residuals_of(judged: DataFrame, target: str, key: Sequence[str], count: int, scatter: int, seed: int) -> Residuals:
    """Describe the errors, prediction - target, in four queries.

    Args:
        judged: rows with target and prediction.
        target: the column of what was.
        key: the columns that tell rows apart.
        count: of the rows.
        scatter: about how many rows the sample has.
        seed: of the sample.
    """
    rows = judged.select(*key, F.col(target).cast("double").alias("_was"), F.col(PREDICTION).alias("_said"))
    rows = rows.withColumn("_error", F.col("_said") - F.col("_was"))
    whole = rows.agg(
        F.avg("_error").alias("mean"),
        F.stddev_pop("_error").alias("deviation"),
        F.avg("_was").alias("target_mean"),
        F.stddev_pop("_was").alias("target_deviation"),
        F.percentile_approx("_error", list(SHARES), 10_000).alias("quantiles"),
        F.percentile_approx(F.abs("_error"), list(SIZES), 10_000).alias("sizes"),
        F.percentile_approx("_said", list(DECILES), 10_000).alias("deciles"),
    ).head(1)[0]
    quantiles = {f"{share:g}": value for share, value in zip(SHARES, whole["quantiles"], strict=True)}
    edges, counts = _histogram(rows, whole["quantiles"][0], whole["quantiles"][-1])
    # At most about `scatter` rows, two numbers each.
    sample = drawn(rows, key, scatter, count, seed).select("_was", "_said").collect()
    return Residuals(
        mean=whole["mean"],
        deviation=whole["deviation"],
        target_mean=whole["target_mean"],
        target_deviation=whole["target_deviation"],
        quantiles=quantiles,
        sizes={f"{share:g}": value for share, value in zip(SIZES, whole["sizes"], strict=True)},
        edges=edges,
        counts=counts,
        by_prediction=_by_prediction(rows, whole["deciles"]),
        actual=tuple(row["_was"] for row in sample),
        predicted=tuple(row["_said"] for row in sample),
    )


def _histogram(rows: DataFrame, low: float, high: float) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Counts in bins of equal width between the outermost hundredths; the outer bins hold what lies beyond."""
    width = (high - low) / BINS
    if not width > 0:
        return (low, high), (int(rows.count()),)
    place = F.floor((F.col("_error") - low) / width)
    inside: Column = F.greatest(F.least(place, F.lit(BINS - 1)), F.lit(0))
    # One row a bin.
    found = {row["place"]: row["count"] for row in rows.groupBy(inside.alias("place")).count().collect()}
    return tuple(low + width * at for at in range(BINS + 1)), tuple(found.get(at, 0) for at in range(BINS))


def _by_prediction(rows: DataFrame, ends: Sequence[float]) -> tuple[ErrorBin, ...]:
    """The errors between neighbouring deciles of the predictions; equal predictions stand together."""
    tenth = sum((F.when(F.col("_said") > end, 1).otherwise(0) for end in sorted(set(ends))), start=F.lit(0))
    sums = rows.groupBy(tenth.alias("tenth")).agg(
        F.count("_error").alias("rows"),
        F.avg("_said").alias("prediction"),
        F.avg("_error").alias("mean"),
        F.percentile_approx("_error", [0.25, 0.75], 10_000).alias("quartiles"),
    )
    return tuple(
        ErrorBin(row["rows"], row["prediction"], row["mean"], *row["quartiles"])
        for row in sums.orderBy("tenth").collect()  # ten rows
    )
