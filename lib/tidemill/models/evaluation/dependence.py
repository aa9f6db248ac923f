"""Partial dependence (Friedman, "Greedy function approximation", 2001), of all columns in one query."""

from collections.abc import Mapping, Sequence

from pyspark.ml import PipelineModel
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.models.evaluation.findings import Dependence
from tidemill.models.evaluation.predictions import USUAL_THRESHOLD, answer, scorable
from tidemill.models.settings import ModelSettings

Values = tuple[float | str | None, ...]
COLUMN, POINT, VALUE = "_of_column", "_of_point", "_given"


def dependences_of(
    settings: ModelSettings, model: PipelineModel, rows: DataFrame, columns: Sequence[str], points: int
) -> tuple[Dependence, ...]:
    """How the mean answer follows each of the columns.

    Numbers are set to their quantiles, categories to their most frequent levels, one column at a time. Where columns go
    together, as a tenure and what was paid in it, some of the rows so made could not be real.

    Args:
        settings: the model's file.
        model: reads the table's own columns.
        rows: a bounded sample with those columns; it is scored once for each point of each column.
        columns: some of the features.
        points: of each column, at most.
    """
    if not columns:
        return ()
    grids = _grids(settings, rows, columns, points)
    predicted = scorable(settings, model.transform(varied(rows, grids)), USUAL_THRESHOLD)
    means = predicted.groupBy(COLUMN, POINT).agg(F.avg(answer(settings)).alias("answer"))
    # One row a column and point.
    found = {(row[COLUMN], row[POINT]): row["answer"] for row in means.collect()}
    return tuple(
        Dependence(name, _is_number(settings, rows, name), grid, tuple(found[at, place] for place in range(len(grid))))
        for at, (name, grid) in enumerate(grids.items())
    )


def varied(rows: DataFrame, grids: Mapping[str, Values]) -> DataFrame:
    """Every row once for each value of each column, with that value in the column's place.

    Args:
        rows: have the columns.
        grids: by column its values; None is a missing one.

    Returns:
        The rows with `_of_column` and `_of_point` int, the places in `grids`.
    """
    variants = [
        F.struct(F.lit(at).alias(COLUMN), F.lit(place).alias(POINT), F.lit(_text(value)).cast("string").alias(VALUE))
        for at, grid in enumerate(grids.values())
        for place, value in enumerate(grid)
    ]
    each = rows.withColumn("_variant", F.explode(F.array(*variants))).select(*rows.columns, "_variant.*")
    given = {
        name: F.when(F.col(COLUMN) == at, F.col(VALUE).cast(rows.schema[name].dataType)).otherwise(F.col(name))
        for at, name in enumerate(grids)
    }
    return each.withColumns(given).drop(VALUE)


def _grids(settings: ModelSettings, rows: DataFrame, columns: Sequence[str], points: int) -> dict[str, Values]:
    """The values of each column; one without a known value has none."""
    numbers = [name for name in columns if _is_number(settings, rows, name)]
    # From the first to the last twentieth: beyond, a few rows make the curve.
    shares = [0.05 + 0.9 * place / max(points - 1, 1) for place in range(points)]
    quantiles = [F.percentile_approx(_finite(name), shares, 1000).alias(name) for name in numbers]
    ranges = rows.agg(*quantiles).head(1)[0].asDict() if numbers else {}
    levels = _levels(rows, [name for name in columns if name not in numbers], points)
    grids = {name: tuple(sorted(set(ranges.get(name) or ()))) if name in numbers else levels[name] for name in columns}
    return {name: grid for name, grid in grids.items() if len(grid) > 1}


def _levels(rows: DataFrame, columns: Sequence[str], most: int) -> dict[str, Values]:
    """The most frequent levels of each column, in one query of at most `most` rows a column."""
    if not columns:
        return {}
    texts = [F.struct(F.lit(name).alias("name"), F.col(name).cast("string").alias("level")) for name in columns]
    counts = rows.select(F.explode(F.array(*texts)).alias("_")).groupBy("_.name", "_.level").count()
    order = F.struct(-F.col("count"), "level")
    kept = counts.groupBy("name").agg(F.slice(F.array_sort(F.collect_list(order)), 1, most).alias("levels"))
    return {row["name"]: tuple(each["level"] for each in row["levels"]) for row in kept.collect()}


def _finite(name: str) -> SparkColumn:
    return F.when(F.abs(F.col(name).cast("double")) < float("inf"), F.col(name))


def _is_number(settings: ModelSettings, rows: DataFrame, name: str) -> bool:
    return name in settings.features.numbers and rows.schema[name].dataType.simpleString() != "boolean"


def _text(value: float | str | None) -> str | None:
    return None if value is None else str(value)
