"""Where a model is wrong more often than elsewhere: the error by level of each category and quarter of each number."""

import math
from collections.abc import Mapping, Sequence

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.models.evaluation.findings import Segment
from tidemill.models.evaluation.predictions import PREDICTION, answer
from tidemill.models.settings import ModelSettings

LEAST_ROWS = 20
LEAST_SHARE = 0.01
MISSING = "missing"


def segments_of(settings: ModelSettings, judged: DataFrame, count: int) -> tuple[float, tuple[Segment, ...]]:
    """The error of all rows and that of the segments with enough of them, in two queries.

    Args:
        settings: the model's file.
        judged: `scorable` rows with the features' columns.
        count: of these rows.

    Returns:
        The mean error of all, and the segments of at least 20 rows and a hundredth of all, the worst first.
    """
    bounds = _quartiles(settings, judged)
    places = {name: F.lit(at).alias("place") for at, name in enumerate(settings.features.columns)}
    each = F.array(*(F.struct(place, _level(name, bounds).alias("level")) for name, place in places.items()))
    least = max(LEAST_ROWS, math.ceil(LEAST_SHARE * count))
    row = judged.select(
        error_of(settings).alias("error"),
        F.col(settings.target.column).cast("double").alias("actual"),
        F.col(answer(settings)).alias("predicted"),
        # The whole is a segment of its own.
        F.explode(F.concat(F.array(F.struct(F.lit(-1).alias("place"), F.lit("").alias("level"))), each)).alias("_"),
    )
    figures = [F.avg(name).alias(name) for name in ("error", "actual", "predicted")]
    sums = row.groupBy("_.place", "_.level").agg(
        F.count("error").alias("rows"), *figures, F.stddev_pop("error").alias("deviation")
    )
    # At most a hundred rows a column.
    found = [line.asDict() for line in sums.where((F.col("place") == -1) | (F.col("rows") >= least)).collect()]
    whole = next(line for line in found if line["place"] == -1)
    segments = [_segment(settings, line, whole) for line in found if line["place"] >= 0 and line["rows"] < count]
    return whole["error"], tuple(sorted(segments, key=lambda each: (-each.far, each.column, each.level)))


def error_of(settings: ModelSettings) -> SparkColumn:
    """A row's error: 1 for a wrong class; the size of a number's, relative where the target was learnt transformed."""
    target, said = F.col(settings.target.column).cast("double"), F.col(PREDICTION)
    if settings.task == "binary":
        return (said != target).cast("double")
    size = F.abs(said - target)
    return size if settings.target.transform == "none" else F.try_divide(size, F.abs(target))


def _segment(settings: ModelSettings, line: Mapping[str, float], whole: Mapping[str, float]) -> Segment:
    scatter = whole["deviation"] / math.sqrt(line["rows"])
    return Segment(
        column=settings.features.columns[int(line["place"])],
        level=str(line["level"]),
        rows=int(line["rows"]),
        error=line["error"],
        far=(line["error"] - whole["error"]) / scatter if scatter else 0.0,
        actual=line["actual"],
        predicted=line["predicted"],
    )


def _quartiles(settings: ModelSettings, judged: DataFrame) -> dict[str, list[float]]:
    """Where the quarters of each number end; fewer than three where many rows have the same value."""
    kinds = {field.name: field.dataType.simpleString() for field in judged.schema}
    numbers = [name for name in settings.features.numbers if kinds[name] != "boolean"]
    if not numbers:
        return {}
    doubles = [F.when(~F.isnan(F.col(name).cast("double")), F.col(name).cast("double")) for name in numbers]
    ends = [F.percentile_approx(each, [0.25, 0.5, 0.75], 1000).alias(str(at)) for at, each in enumerate(doubles)]
    found: Sequence[list[float] | None] = judged.agg(*ends).head(1)[0]
    return {name: sorted(set(ends or ())) for name, ends in zip(numbers, found, strict=True)}


def _level(name: str, bounds: Mapping[str, Sequence[float]]) -> SparkColumn:
    if name not in bounds:
        return F.coalesce(F.col(name).cast("string"), F.lit(MISSING))
    number = F.col(name).cast("double")
    level = F.when(number.isNull() | F.isnan(number), F.lit(MISSING))
    before = ""
    for end in bounds[name]:
        level = level.when(number <= end, F.lit(f"{before}up to {_short(end)}"))
        before = f"above {_short(end)}, "
    return level.otherwise(F.lit(before.rstrip(", ") or MISSING))


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 10_000 else f"{number:.5g}"
