"""What a column typically holds, as a measure for what is special about a row."""

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from tidemill.features.columns import sql_text
from tidemill.features.prepared import finite
from tidemill.features.settings import FeatureSettings

# Of equally frequent levels the first by name; no level at all is one too, as "no pool" is of a house.
MOST = "min_by(struct(level, rows, known, middle), struct(-rows, level)) as most"


def typical_values(rows: DataFrame, settings: FeatureSettings) -> dict[str, float | str | None]:
    """The typical value of each column that becomes a feature: one query, one row a column to the driver.

    Args:
        rows: training rows with the columns as the gold table has them.
        settings: which columns are numbers and which are categories.

    Returns:
        By column, for a number or a boolean (true is 1) the median of its finite values (right to one in ten thousand
        ranks), for a category the text of its most frequent level; null where that is what most rows have. Empty where
        there are no rows.
    """
    texts = [column for column in settings.columns if column not in settings.numbers]
    items = [_item(column, "cast(null as string)", finite(column)) for column in settings.numbers]
    items += [_item(column, f"cast(`{column}` as string)", "cast(null as double)") for column in texts]
    melted = rows.selectExpr(f"inline(array({', '.join(items)}))")
    figures = ("count(1) as rows", "count(number) as known", "percentile_approx(number, 0.5D) as middle")
    counted = melted.groupBy("column", "level").agg(*(F.expr(figure) for figure in figures))
    found = counted.groupBy("column").agg(F.expr(MOST)).toLocalIterator()  # one row a column
    most = {row["column"]: row["most"] for row in found}
    return {
        column: _number(most[column]) if column in settings.numbers else most[column]["level"]
        for column in settings.columns
        if column in most
    }


def _item(column: str, level: str, number: str) -> str:
    return f"struct({sql_text(column)} as column, {level} as level, {number} as number)"


def _number(most: Row) -> float | None:
    return float(most["middle"]) if 2 * most["known"] >= most["rows"] and most["known"] else None
