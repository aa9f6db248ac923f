"""How many rows there are of each class, counted before anything is fitted to them."""

from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RunFailed


class NotTwoClasses(RunFailed):
    """The label has values other than 0 and 1."""

    def __init__(self, stage: str, label: str, others: int) -> None:
        super().__init__(
            f"{stage} learns two classes, but {others} rows have a '{label}' that is neither 0 nor 1. "
            "Leave these rows out, or map the label to 0 and 1."
        )


class OneClassOnly(RunFailed):
    """All rows are of one class."""

    def __init__(self, stage: str, label: str, rows: int) -> None:
        super().__init__(
            f"{stage} needs rows of both classes, but all {rows} rows have the same '{label}'. "
            "Load rows of the other class, or make the folds by class."
        )


class TooFewOfAClass(RunFailed):
    """A class has fewer rows than the method needs."""

    def __init__(self, stage: str, label: str, name: int, rows: int, needed: int, why: str) -> None:
        super().__init__(
            f"{stage}: {rows} rows have the {label} {name}, but at least {needed} are needed, {why}. "
            "Load more rows, or lower that number."
        )


class Classes(NamedTuple):
    """A number for each class: rows or a sum of weights."""

    zeros: float
    ones: float

    @property
    def minority(self) -> int:
        """The class with fewer; of equals, 1."""
        return 0 if self.zeros < self.ones else 1

    @property
    def fewer(self) -> float:
        """The smaller number."""
        return min(self)

    @property
    def more(self) -> float:
        """The larger number."""
        return max(self)


def count_classes(rows: DataFrame, label: str, stage: str) -> Classes:
    """Count the rows of each class in one pass.

    Args:
        rows: have the label, a number.
        label: its column.
        stage: who asks, for the message.

    Raises:
        NotTwoClasses: a label is null, not a number, or other than 0 and 1.
        OneClassOnly: one class has no rows.
    """
    value = F.col(label)
    zeros, ones, every = rows.agg(_rows(value == 0), _rows(value == 1), F.count(F.lit(1))).head(1)[0]
    if zeros + ones < every:
        raise NotTwoClasses(stage, label, every - zeros - ones)
    if not zeros or not ones:
        raise OneClassOnly(stage, label, every)
    return Classes(zeros, ones)


def weigh_classes(rows: DataFrame, label: str, weight: str | None) -> Classes:
    """The sum of the weights of each class; without a weight column, its rows."""
    each = F.col(weight) if weight else F.lit(1.0)
    value = F.col(label)
    zeros, ones = rows.agg(F.sum(F.when(value == 0, each)), F.sum(F.when(value == 1, each))).head(1)[0]
    return Classes(zeros or 0.0, ones or 0.0)


def _rows(condition: Column) -> Column:
    return F.count(F.when(condition, True))
