"""The rows that each fold learns from and is scored on."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RunFailed


class WrongFolds(RunFailed):
    """A column of folds does not hold what as many folds need."""

    def __init__(self, column: str, folds: int, problem: str, found: list[int]) -> None:
        super().__init__(
            f"the column '{column}' must hold the folds 0 to {folds - 1}: {problem}. It holds "
            f"{', '.join(map(str, found[:20])) or 'nothing'}. Assign the folds anew, or set numFolds to their number."
        )


def fold_rows(rows: DataFrame, column: str, folds: int, forward: bool = False) -> list[tuple[DataFrame, DataFrame]]:
    """Part the rows, for each fold, into those to learn from and those to score.

    Args:
        rows: with a fold int.
        column: its name.
        folds: how many, numbered from 0.
        forward: learn from the folds before alone; fold -1 is then learnt from and never scored.

    Raises:
        WrongFolds: a row has another fold or none, or a fold has no row.
    """
    first = -1 if forward else 0
    # At most one row a fold, and a few wrong ones that the message names.
    counted = rows.groupBy(F.col(column).cast("int").alias("fold")).count().orderBy("fold").take(folds + 20)
    found = [row["fold"] for row in counted]
    if None in found:
        raise WrongFolds(column, folds, "a row has none", [fold for fold in found if fold is not None])
    wrong = [fold for fold in found if not first <= fold < folds]
    if wrong:
        raise WrongFolds(column, folds, f"a row has {wrong[0]}", found)
    missing = [fold for fold in range(first, folds) if fold not in found]
    if missing:
        raise WrongFolds(column, folds, f"no row has {missing[0]}", found)
    fold = F.col(column)
    return [(rows.where(fold < at if forward else fold != at), rows.where(fold == at)) for at in range(folds)]
