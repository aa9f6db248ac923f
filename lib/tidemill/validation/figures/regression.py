"""Figures of predicted numbers, of many groups and on several scales at once, in one query.

Definitions are scikit-learn's, but for R2 of a constant target, which is not a number here.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tidemill.validation.figures.gathering import UNUSABLE, Figures, gather_figures

REGRESSION_FIGURES = ("mse", "rmse", "mae", "mape", "r2", "median_ae")

# By the ending of the figures' names, the columns of what was and of what was predicted.
Scales = Mapping[str, tuple[str, str]]
ONE_SCALE: Scales = MappingProxyType({"": ("label", "prediction")})

# scikit-learn divides by this where a target is 0.
SMALLEST = 2.220446049250313e-16


def regression_figures_by(
    predictions: DataFrame, by: Sequence[str], scales: Scales = ONE_SCALE, weight: str | None = None
) -> DataFrame:
    """The errors of each group's predictions, on one scale or several, in one query.

    Memory: without weights sums are made where the rows are, and the median holds one number and its count for each
    distinct error of a group in an executor (about 100 bytes). With weights a group's rows pass through one task.

    Args:
        predictions: one row a prediction: the group's columns, and numbers; those of a scale are in one unit.
        by: the columns of a group, such as candidate and fold; none makes all rows one group.
        scales: by the ending of the figures' names, the columns of what was and of what was predicted.
        weight: the column of the rows' weights, at least 0; without it each counts 1.

    Returns:
        One row a group: its columns; for each scale double: mse (the unit squared), rmse and mae (the unit), mape (1 is
        100 %; enormous where a target is 0), r2 (1 is perfect, 0 no better than the mean; null where the target is
        constant) and, without weights, median_ae (the unit); then unusable long, the rows in which a number is missing
        or not a number; the figures are of the others.
    """
    given = [
        F.col(column).cast("double").alias(f"_{side}_{place}")
        for place, pair in enumerate(scales.values())
        for side, column in zip(("was", "said"), pair, strict=True)
    ]
    row = predictions.select(
        *by, *given, (F.col(weight).cast("double") if weight else F.lit(1.0)).alias("_given_weight")
    )
    numbers = [f"_{side}_{place}" for place in range(len(scales)) for side in ("was", "said")]
    whole = " and ".join(f"{name} is not null and not isnan({name})" for name in numbers)
    usable = f"coalesce({whole} and _given_weight >= 0 and _given_weight < double('infinity'), false)"
    checked = row.withColumn("_usable", F.expr(usable))
    kept = checked.select(
        *by,
        *(F.expr(f"if(_usable, {name}, null)").alias(name) for name in numbers),
        F.expr("if(_usable, _given_weight, 0)").alias("_weight"),
        F.expr("if(_usable, 0, 1)").alias("_unusable"),
    )
    figures = _weighted(kept, by, len(scales)) if weight else _plain(kept, by, len(scales))
    names = REGRESSION_FIGURES[:-1] if weight else REGRESSION_FIGURES
    named = [F.col(f"_{name}_{place}").alias(f"{name}{end}") for place, end in enumerate(scales) for name in names]
    return figures.select(*by, *named, UNUSABLE)


def regression_figures(rows: DataFrame, scales: Scales = ONE_SCALE, weight: str | None = None) -> Figures:
    """The errors of one set of predictions: see `regression_figures_by`. Without a row none is a number.

    Raises:
        UnusablePredictions: a number is missing, or not a number, or a weight is negative.
    """
    return gather_figures(regression_figures_by(rows, (), scales, weight))[()]


def _plain(rows: DataFrame, by: Sequence[str], scales: int) -> DataFrame:
    sums = {UNUSABLE: "sum(_unusable)"}
    for place in range(scales):
        error = f"_was_{place} - _said_{place}"
        sums |= {
            f"_mse_{place}": f"avg(({error}) * ({error}))",
            f"_mae_{place}": f"avg(abs({error}))",
            f"_mape_{place}": f"avg(abs({error}) / greatest(abs(_was_{place}), {SMALLEST}))",
            f"_variance_{place}": f"var_pop(_was_{place})",
            f"_median_ae_{place}": f"percentile(abs({error}), 0.5)",
        }
    return _with_roots(rows.groupBy(*by).agg(*(F.expr(sql).alias(name) for name, sql in sums.items())), scales)


def _weighted(rows: DataFrame, by: Sequence[str], scales: int) -> DataFrame:
    # Spark has no weighted variance, and a difference of sums of squares loses its digits: so the mean comes first.
    group = Window.partitionBy(*by)
    share = (F.col("_weight") / F.expr("nullif(_total, 0)")).alias("_share")
    totals = rows.select("*", F.sum("_weight").over(group).alias("_total")).select("*", share)
    means = [F.sum(F.expr(f"_share * _was_{place}")).over(group).alias(f"_mean_{place}") for place in range(scales)]
    sums = {UNUSABLE: "sum(_unusable)"}
    for place in range(scales):
        error, gap = f"(_was_{place} - _said_{place})", f"(_was_{place} - _mean_{place})"
        sums |= {
            f"_mse_{place}": f"sum(_share * {error} * {error})",
            f"_mae_{place}": f"sum(_share * abs({error}))",
            f"_mape_{place}": f"sum(_share * abs({error}) / greatest(abs(_was_{place}), {SMALLEST}))",
            f"_variance_{place}": f"sum(_share * {gap} * {gap})",
        }
    summed = totals.select("*", *means).groupBy(*by).agg(*(F.expr(sql).alias(name) for name, sql in sums.items()))
    return _with_roots(summed, scales)


def _with_roots(figures: DataFrame, scales: int) -> DataFrame:
    return figures.select(
        "*",
        *(F.expr(f"sqrt(_mse_{place})").alias(f"_rmse_{place}") for place in range(scales)),
        *(F.expr(f"1 - try_divide(_mse_{place}, _variance_{place})").alias(f"_r2_{place}") for place in range(scales)),
    )
