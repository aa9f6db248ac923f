"""Box and Cox's power transform (Journal of the Royal Statistical Society B 26, 1964), fitted by Spark.

(x^l - 1) / l, or ln(x) where l is 0, for positive x.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from tidemill.errors import RunFailed
from tidemill.features.columns import sql_number

# Ten powers around the best so far, ever closer together; the last ones' parabola gives the rest.
STEPS = (1.0, 0.2, 0.04)
OFFSETS = range(-5, 6)
# Nearer to 0 the logarithm is the transform to all digits that the figures have.
ZERO = 1e-9
SMALL = 1e-3


class NotPositive(RunFailed):
    """A column that is to be transformed has values that the transform does not have."""

    def __init__(self, column: str, rows: int, expected: str) -> None:
        super().__init__(
            f"{rows} training rows have a value of '{column}' that is not {expected}. Mend the rows in the gold table, "
            "or take the column as it is (features.numeric, or a target without a transform) in the model's file in "
            "conf/models/."
        )


class NoKnownValue(RunFailed):
    """A column has no value to learn from."""

    def __init__(self, column: str) -> None:
        super().__init__(
            f"no training row has a finite value of '{column}'. Look at the column in the gold table, and leave it out "
            "of the model's file in conf/models/, or give it a number under features.impute.columns."
        )


class Fitted(NamedTuple):
    """A column's power, and the training rows' lowest and highest value."""

    power: float
    lowest: float
    highest: float


def fit_box_cox(rows: DataFrame, columns: Mapping[str, str]) -> dict[str, Fitted]:
    """Find the powers of greatest likelihood between -5 and 5, of all columns in three passes over the rows.

    Args:
        rows: the training rows.
        columns: by the name that messages use, the SQL of a double; null is left out.

    Returns:
        For each column the power, to about four digits, and its range; a constant column has the power 1.

    Raises:
        NotPositive: a value is 0 or less.
        NoKnownValue: every value is null.
    """
    names = list(columns)
    centres = [0.0] * len(names)
    for step in STEPS:
        found = _pass(rows, list(columns.values()), centres, step)
        for place, name in enumerate(names):
            row = found[place]
            if row["outside"]:
                raise NotPositive(name, row["outside"], "positive, as Box-Cox needs")
            if not row["known"]:
                raise NoKnownValue(name)
        centres = [_best(found[place], centre, step) for place, centre in enumerate(centres)]
    return {name: Fitted(centres[at], found[at]["lowest"], found[at]["highest"]) for at, name in enumerate(names)}


def box_cox(value: float, power: float) -> float:
    """The transform of one positive number."""
    return math.log(value) if abs(power) < ZERO else math.expm1(power * math.log(value)) / power


def box_cox_sql(value: str, power: float) -> str:
    """The SQL of the transform; NaN where a value is not positive, null where it is null."""
    log = f"ln({value})"
    made = log if abs(power) < ZERO else f"expm1({sql_number(power)} * {log}) / {sql_number(power)}"
    return f"case when {value} > 0 then {made} when {value} is not null then double('NaN') end"


def inverse_sql(value: str, fitted: Fitted) -> str:
    """The SQL of the way back: positive, and the training rows' extreme where no value has such a transform."""
    if abs(fitted.power) < ZERO:
        return f"exp({value})"
    power = sql_number(fitted.power)
    extreme = sql_number(fitted.lowest if fitted.power > 0 else fitted.highest)
    return f"case when {power} * {value} > -1 then exp(log1p({power} * {value}) / {power}) else {extreme} end"


def _pass(rows: DataFrame, columns: Sequence[str], centres: Sequence[float], step: float) -> dict[int, Row]:
    items = ", ".join(
        f"struct({place} as place, {sql_number(centre)} as centre, {column} as x)"
        for place, (column, centre) in enumerate(zip(columns, centres, strict=True))
    )
    melted = rows.selectExpr(f"inline(array({items}))").selectExpr(
        "place", "centre", "x", "case when x > 0 then ln(x) end as z"
    )
    figures = [
        *("count(z) as known", "count_if(x <= 0) as outside", "avg(z) as log"),
        *("min(x) as lowest", "max(x) as highest", *(_variance(offset, step) for offset in OFFSETS)),
    ]
    grouped = melted.groupBy("place").agg(*(F.expr(each) for each in figures))
    return {row["place"]: row for row in grouped.toLocalIterator()}  # one row a column


def _variance(offset: int, step: float) -> str:
    power = f"(centre + {sql_number(offset * step)})"
    # Without the -1 a strongly negative power keeps its digits; near 0 only the form with it has any.
    near = f"if(abs({power}) < {ZERO}, z, expm1({power} * z) / {power})"
    return f"var_pop(if(abs({power}) < {SMALL}, {near}, exp({power} * z) / {power})) as `{offset}`"


def _best(row: Row, centre: float, step: float) -> float:
    """The power of greatest likelihood of one pass; after the last the top of the parabola through its neighbours."""
    powers = [centre + offset * step for offset in OFFSETS]
    heights = [_likelihood(row[str(offset)], row["log"], power) for offset, power in zip(OFFSETS, powers, strict=True)]
    if row["lowest"] == row["highest"]:
        return 1.0
    top = max(range(len(heights)), key=heights.__getitem__)
    if step != STEPS[-1] or top in (0, len(heights) - 1):
        return min(5.0, max(-5.0, powers[top]))
    before, here, after = heights[top - 1 : top + 2]
    bend = before - 2 * here + after
    return powers[top] + (0.5 * step * (before - after) / bend if bend < 0 else 0.0)


def _likelihood(variance: float | None, mean_log: float, power: float) -> float:
    """Of one row, but for a constant."""
    if variance is None or not math.isfinite(variance) or variance <= 0:
        return -math.inf
    return power * mean_log - 0.5 * math.log(variance)
