"""The rows that a model learns from and is judged on."""

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark import StorageLevel
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RunFailed
from tidemill.features import require_columns, require_numbers
from tidemill.lake import Lake, NoSuchTable
from tidemill.models.candidates import LABEL, first_stage
from tidemill.models.settings import ModelSettings
from tidemill.models.tasks import figures_read, label_of, strata_of
from tidemill.registry import SplitCard
from tidemill.validation import (
    HOLDOUT,
    TRAIN,
    TooFewRows,
    assign_folds,
    assign_holdout,
    split_by_cuts,
    without_plan,
)
from tidemill.validation.splits import EVERY_ROW

MOST_CLASSES = 20


class WrongLabels(RunFailed):
    """The target of a binary model has other values than 0 and 1."""

    def __init__(self, table: str, column: str, found: list[str]) -> None:
        super().__init__(
            f"{table}: the target '{column}' is {', '.join(found)}, but a binary model learns 0 and 1. "
            "Make it so in the gold table."
        )


class NothingToHoldOut(RunFailed):
    """The hold-out would have no row of a class."""

    def __init__(self, table: str, stratum: str, rows: int, share: float) -> None:
        of = "" if stratum == EVERY_ROW else f" with the label {stratum}"
        super().__init__(
            f"{table} has {rows} rows{of}, of which a hold-out of {share:g} takes none, so that no model could be "
            "judged. Load more rows, or raise holdout in the model's file in conf/models/."
        )


def model_table(lake: Lake, settings: ModelSettings) -> tuple[DataFrame, int]:
    """The newest version of a model's table, and its number.

    Raises:
        NoSuchTable: it does not exist.
        MissingColumns: it lacks a column that the settings name.
        NotANumber: a column that is read as a number is none.
    """
    version = lake.version(settings.table)
    if version is None:
        raise NoSuchTable(settings.table, lake.root)
    table = lake.read(settings.table, version)
    require_columns(settings.table, table.columns, (*settings.key, settings.target.column, *settings.features.columns))
    require_numbers(settings.table, table.schema, settings.features.numbers)
    return table, version


def labelled(table: DataFrame, settings: ModelSettings) -> DataFrame:
    """The rows that can be learnt from, with label, split and fold.

    Args:
        table: the model's gold table.
        settings: the model's file.

    Returns:
        The key, the target, what the first feature stage makes of the features, label double (never null), split
        string and fold int (null where held out).
    """
    kept = (*settings.key, settings.target.column)
    rows = table.select(*dict.fromkeys((*kept, *settings.features.columns)), label_of(settings).alias(LABEL))
    raw = [column for column in settings.features.columns if column not in kept]
    rows = first_stage(settings).transform(rows.where(F.col(LABEL).isNotNull())).drop(*raw)
    strata = strata_of(settings)
    split = assign_holdout(rows, settings.key, settings.holdout, settings.seed, strata)
    training = split.where(F.col("split") == TRAIN)
    folds = assign_folds(training, settings.key, settings.folds, settings.seed, strata)
    return folds.unionByName(split.where(F.col("split") == HOLDOUT), allowMissingColumns=True)


@contextmanager
def prepared(table: DataFrame, settings: ModelSettings) -> Iterator[DataFrame]:
    """The labelled rows, cached: the model's columns of one table version, on disk where memory does not hold them."""
    rows = labelled(table, settings)
    # An order of its own: sums of floating-point numbers, and so the figures, then come out alike every time.
    ordered = rows.repartition(table.sparkSession.sparkContext.defaultParallelism, *settings.key)
    cached = ordered.sortWithinPartitions(*settings.key).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield cached
    finally:
        cached.unpersist()


@contextmanager
def held_out(table: DataFrame, settings: ModelSettings, split: SplitCard, model: PipelineModel) -> Iterator[DataFrame]:
    """The rows held out, with all their columns, label and what figures of the model are computed from, cached."""
    part = split_by_cuts(split.cuts, settings.key, split.seed, split.strata)
    rows = table.withColumn(LABEL, label_of(settings)).where(F.col(LABEL).isNotNull() & (part == HOLDOUT))
    read = dict.fromkeys([*rows.columns, *figures_read(settings)])
    cached = model.transform(rows).select(*read).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield without_plan(cached)
    finally:
        cached.unpersist()


def require_rows(rows: DataFrame, settings: ModelSettings) -> int:
    """How many rows there are, all classes together.

    Raises:
        WrongLabels: the target of a binary model has other values than 0 and 1.
        TooFewRows: a class has fewer training rows than there are folds.
        NothingToHoldOut: no row of a class is held out.
    """
    stratum = F.col(settings.target.column).cast("string") if strata_of(settings) else F.lit(EVERY_ROW)
    training = F.count(F.when(F.col("split") == TRAIN, True))
    counts = rows.groupBy(stratum.alias("stratum")).agg(training.alias("training"), F.count(F.lit(1)).alias("rows"))
    # One row a class; a target that is none has as many as it has values, and a few of them are told.
    few = counts.orderBy("stratum").limit(MOST_CLASSES)
    found = {row["stratum"]: (row["training"], row["rows"]) for row in few.collect()}
    expected = ("0", "1") if settings.task == "binary" else (EVERY_ROW,)
    if not set(found) <= set(expected):
        raise WrongLabels(settings.table, settings.target.column, sorted(found)[:5])
    for name in {**dict.fromkeys(expected), **found}:
        in_training, in_all = found.get(name, (0, 0))
        if in_training < settings.folds:
            raise TooFewRows(settings.table, name, in_training, settings.folds)
        if in_training == in_all:
            raise NothingToHoldOut(settings.table, name, in_all, settings.holdout)
    return sum(count for _, count in found.values())
