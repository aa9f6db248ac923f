"""Permutation importance (Breiman, Machine Learning 45, 2001), measured on rows that the model never saw."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from pyspark import StorageLevel
from pyspark.ml import Transformer
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tidemill.features.columns import require_columns

FigureBy = Callable[[DataFrame, str], Mapping[int, float]]
SHUFFLED = "_shuffled"
# Rows are shuffled among so many at a time, which one task sorts in memory.
BLOCK = 100_000


class Importance(NamedTuple):
    """What a column is worth to a model.

    Attributes:
        column: of the table.
        mean: how much worse the figure gets, in its unit, when the column's values are shuffled; about 0 or below for a
            column that the model can do without.
        deviation: over the folds and repetitions (of a population).
    """

    column: str
    mean: float
    deviation: float


def permutation_importance(
    folds: Sequence[tuple[Transformer, DataFrame]],
    columns: Sequence[str],
    figure_by: FigureBy,
    larger_is_better: bool,
    key: Sequence[str],
    repeats: int = 1,
    seed: int = 0,
) -> list[Importance]:
    """Shuffle one column at a time in held-out rows, and see how much worse the predictions become.

    Of two columns that say the same neither seems important: the model reads the other. Shuffling gives each row the
    next row's value in the order of a hash of the key, so that the same rows give the same figures. Each fold and
    repetition is one query, over the held-out rows times one more than the columns: give a sample where they are many.

    Args:
        folds: fitted models and the rows that each never saw, with the columns and whatever the figure reads; one pair
            is enough for one hold-out. Models read the table's own columns, the first feature stage included.
        columns: to be shuffled, each as a whole with all places that it has in the vector.
        figure_by: of a DataFrame of predictions the figure for each value of a column of it, an int, in one query.
        larger_is_better: whether a high figure is a good one.
        key: columns that tell rows apart.
        repeats: other shuffles of the same rows.
        seed: another seed shuffles otherwise.

    Returns:
        One for each column, the most important first.

    Raises:
        MissingColumns: held-out rows lack a column.
    """
    sign = 1.0 if larger_is_better else -1.0
    losses: dict[str, list[float]] = {column: [] for column in columns}
    for model, held_out in folds:
        require_columns("the held-out rows", held_out.columns, (*key, *columns))
        for repeat in range(repeats):
            with _shuffled(held_out, columns, key, seed + repeat) as rows:
                figures = figure_by(model.transform(_one_at_a_time(rows, columns)), SHUFFLED)
                for place, column in enumerate(columns, start=1):
                    losses[column].append(sign * (figures[0] - figures[place]))
    found = [Importance(name, statistics.fmean(each), float(np.std(each))) for name, each in losses.items()]
    return sorted(found, key=lambda each: (-each.mean, each.column))


def _one_at_a_time(rows: DataFrame, columns: Sequence[str]) -> DataFrame:
    """Each row as it is, with `_shuffled` 0, and once for each column with another row's value there."""
    each = rows.withColumn(SHUFFLED, F.explode(F.sequence(F.lit(0), F.lit(len(columns)))))
    swapped = {
        column: F.when(F.col(SHUFFLED) == place, F.col(f"_other.{column}")).otherwise(F.col(column))
        for place, column in enumerate(columns, start=1)
    }
    return each.withColumns(swapped)


@contextmanager
def _shuffled(rows: DataFrame, columns: Sequence[str], key: Sequence[str], seed: int) -> Iterator[DataFrame]:
    """The rows, each with another row's values of the columns, cached for the block."""
    blocks = rows.count() // BLOCK + 1
    place = F.xxhash64(F.lit(seed), *key)
    of_block = Window.partitionBy(F.pmod(place, F.lit(blocks))).orderBy(place, *key)
    whole_block = of_block.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    values = F.struct(*columns)
    other = F.coalesce(F.lead(values).over(of_block), F.first(values).over(whole_block))
    # A block is one task's; the model then works on as many parts as there are cores. On disk where memory is short.
    parts = rows.sparkSession.sparkContext.defaultParallelism
    kept = rows.withColumn("_other", other).repartition(parts, *key).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()
