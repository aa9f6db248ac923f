"""Fit all numbers of the vector at once: their stand-ins, powers and scales, from one pass over the training rows."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pyspark.ml import Estimator
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from tidemill.errors import RunFailed
from tidemill.features.added_columns import AddedColumns
from tidemill.features.box_cox import NoKnownValue, NotPositive, box_cox, box_cox_sql, fit_box_cox
from tidemill.features.columns import sql_number
from tidemill.features.prepared import READY, UNLISTED, Number
from tidemill.features.settings import MOST_FREQUENT

FIGURES = (
    "count(1) as rows",
    "count_if(isnan(x)) as outside",
    "count(k) as known",
    "percentile_approx(k, array(0.25D, 0.5D, 0.75D)) as quartiles",
    "avg(k) as mean",
    "var_pop(k) as variance",
    "min(k) as lowest",
    "max(k) as highest",
)


class UnlistedLevel(RunFailed):
    """Training rows have a level that the list of an ordinal column does not name."""

    def __init__(self, column: str, rows: int, examples: Sequence[str]) -> None:
        super().__init__(
            f"{rows} training rows have a level of '{column}' that its list does not name, such as "
            f"{', '.join(examples)}. Add it in its place to features.ordinal.{column} in the model's file in "
            "conf/models/, or name the column under categorical."
        )


class Scale(NamedTuple):
    """A number becomes (x - centre) / width; a width of 0 makes it 0."""

    centre: float
    width: float


class NumberPreparer(Estimator[AddedColumns]):
    """Learn the stand-ins and scales of all numbers, and what their Box-Cox powers are.

    An Imputer and a StandardScaler take a pass each, and hundreds of milliseconds to plan; here one pass over the rows
    serves all columns, and the fitted stage is one select. Box-Cox columns take three passes more, together; the most
    frequent values one.

    Quartiles are of known values and right to one in ten thousand ranks; exact up to some thousand rows. Mean and
    standard deviation (of a sample) are those of the rows with their stand-ins. A constant column becomes 0; where the
    quartiles agree but the column is not constant, robust scaling only shifts it.

    Args:
        numbers: what the first stage makes.
        scale: standard, robust, min_max or none.
    """

    def __init__(self, numbers: Sequence[Number], scale: str) -> None:
        super().__init__()
        self.numbers = tuple(numbers)
        self.scale = scale

    def _fit(self, dataset: DataFrame) -> AddedColumns:
        skewed = {number.columns[0]: f"`{number.prepared}`" for number in self.numbers if number.box_cox}
        powers = {name: fitted.power for name, fitted in fit_box_cox(dataset, skewed).items()} if skewed else {}
        values = [_value(number, powers) for number in self.numbers]
        frequent = [at for at, number in enumerate(self.numbers) if number.fill == MOST_FREQUENT]
        most = _most_frequent(dataset, {at: values[at] for at in frequent}) if frequent else {}
        found = _figures(dataset, values)
        made = {}
        for at, number in enumerate(self.numbers):
            _require_usable(dataset, number, found[at])
            fill = _fill(number, found[at], most.get(at), powers)
            scale = _scale(self.scale, found[at], fill)
            made[f"{READY}{number.name}"] = _scaled(values[at], fill, scale)
        return AddedColumns(made)


def _value(number: Number, powers: Mapping[str, float]) -> str:
    column = f"`{number.prepared}`"
    return box_cox_sql(column, powers[number.columns[0]]) if number.box_cox else column


def _figures(rows: DataFrame, values: Sequence[str]) -> dict[int, Row]:
    # Rows of (place, number) need a short plan; an aggregate for each column and figure takes three times as long.
    melted = rows.selectExpr(f"posexplode(array({', '.join(values)})) as (place, x)")
    known = melted.selectExpr("place", "x", "if(isnan(x), null, x) as k")
    grouped = known.groupBy("place").agg(*(F.expr(figure) for figure in FIGURES))
    return {row["place"]: row for row in grouped.toLocalIterator()}  # one row a number


def _most_frequent(rows: DataFrame, values: Mapping[int, str]) -> dict[int, float]:
    """Of equally frequent values the smallest, whatever the order of the rows."""
    items = ", ".join(f"struct({place} as place, {value} as x)" for place, value in values.items())
    melted = rows.selectExpr(f"inline(array({items}))").where("x is not null and not isnan(x)")
    counted = melted.groupBy("place", "x").agg(F.expr("count(1) as n"))
    top = counted.groupBy("place").agg(F.expr("max_by(x, struct(n, -x)) as x"))
    return {row["place"]: row["x"] for row in top.toLocalIterator()}  # one row a number


def _require_usable(rows: DataFrame, number: Number, found: Row | None) -> None:
    if found is None or (not found["known"] and isinstance(number.fill, str) and not found["outside"]):
        raise NoKnownValue(number.name)
    if not found["outside"]:
        return
    if "list" not in number.domain:
        raise NotPositive(number.columns[0], found["outside"], number.domain)
    named = rows.selectExpr(f"explode(split(`{UNLISTED}`, ', ')) as level")
    of_column = named.where(F.col("level").startswith(f"{number.columns[0]}=")).distinct().orderBy("level").limit(3)
    levels = [row["level"].partition("=")[2] for row in of_column.toLocalIterator()]
    raise UnlistedLevel(number.columns[0], found["outside"], [f"'{level}'" for level in levels])


def _fill(number: Number, found: Row, most: float | None, powers: Mapping[str, float]) -> float:
    if not isinstance(number.fill, str):
        return box_cox(number.fill, powers[number.columns[0]]) if number.box_cox else number.fill
    if number.fill == MOST_FREQUENT:
        return most if most is not None else 0.0
    return float(found["mean"] if number.fill == "mean" else found["quartiles"][1])


def _scale(kind: str, found: Row, fill: float) -> Scale | None:
    if kind == "none":
        return None
    known, missing = found["known"], found["rows"] - found["known"]
    values = [*((found["lowest"], found["highest"]) if known else ()), *((fill,) if missing else ())]
    lowest, highest = min(values), max(values)
    if lowest == highest:
        return Scale(lowest, 0.0)
    if kind == "min_max":
        return Scale(lowest, highest - lowest)
    if kind == "robust":
        low, middle, high = found["quartiles"]
        return Scale(middle, high - low or 1.0)
    mean_known, variance = found["mean"] or 0.0, found["variance"] or 0.0
    mean = (known * mean_known + missing * fill) / found["rows"]
    squares = known * (variance + (mean_known - mean) ** 2) + missing * (fill - mean) ** 2
    return Scale(mean, math.sqrt(squares / (found["rows"] - 1)))


def _scaled(value: str, fill: float, scale: Scale | None) -> str:
    filled = f"coalesce(nanvl({value}, {sql_number(fill)}), {sql_number(fill)})"
    if scale is None:
        return filled
    if not scale.width:
        return "0.0D"
    return f"({filled} - {sql_number(scale.centre)}) / {sql_number(scale.width)}"
