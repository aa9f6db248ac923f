"""Train a model: split, cross-validate the candidates, score the best once on the hold-out, register it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyspark import StorageLevel
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.features import FEATURES, require_columns
from tidemill.lake import Counts, Lake, NoSuchTable, RecordedRun, recorded_run
from tidemill.models.progress import Progress
from tidemill.models.settings import ModelSettings
from tidemill.models.tasks import LABEL, candidates_of, figures_of, first_stage, label_of, strata_of
from tidemill.registry import ModelCard, Registered, Registry, SplitCard, Trial
from tidemill.validation import (
    HOLDOUT,
    TRAIN,
    FigureEvaluator,
    Search,
    TooFewRows,
    assign_folds,
    assign_holdout,
    cross_validate,
    holdout_cuts,
)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """What a training came to.

    Attributes:
        registered: the model's version and its MLflow run.
        algorithm: the winner's.
        parameters: what the search chose for it.
        cross_validation: the winner's mean and deviation of each figure over the folds.
        holdout: its figures on the rows that neither it nor the search saw.
        run: what the ledger recorded.
    """

    registered: Registered
    algorithm: str
    parameters: dict[str, Any]
    cross_validation: dict[str, dict[str, float]]
    holdout: dict[str, float]
    run: RecordedRun

    def result(self) -> dict[str, Any]:
        """What the job reports."""
        return {
            "version": self.registered.version,
            "algorithm": self.algorithm,
            "parameters": self.parameters,
            "cross_validation": self.cross_validation,
            "holdout": self.holdout,
            "mlflow_run": self.registered.run_id,
            "rows_read": self.run.counts.read,
            "runs": [self.run.result()],
        }


def train_model(lake: Lake, registry: Registry, settings: ModelSettings, tell: Tell = lambda line: None) -> Trained:
    """Train, validate and register a model, and record the run.

    The same table version and settings give the same figures: every choice comes from hashes of the key and the seed.

    Args:
        lake: has the model's gold table.
        registry: takes the model.
        settings: the model's file.
        tell: is given a line for a person after each fit.

    Raises:
        NoSuchTable: the gold table does not exist.
        MissingColumns: it lacks a column that the settings name.
        TooFewRows: a class has fewer rows than there are folds.
    """
    version = lake.version(settings.table)
    if version is None:
        raise NoSuchTable(settings.table, lake.root)
    table = lake.read(settings.table, version)
    needed = (*settings.key, settings.target.column, *settings.features.columns)
    require_columns(settings.table, table.columns, needed)
    plan = {"table": settings.table, "version": version, "settings": settings.model_dump(mode="json")}
    with recorded_run(lake, f"train_{settings.name}", settings.name, plan) as run, _prepared(table, settings) as rows:
        rows_in = _require_rows(rows, settings)
        search = _search(rows.where(F.col("split") == TRAIN), settings, tell)
        holdout = figures_of(settings, search.model.transform(rows.where(F.col("split") == HOLDOUT)))
        tell(f"hold-out: {settings.metric} {holdout[settings.metric]:.4f}; registering the model")
        card = _card(rows, settings, version, run)
        model = PipelineModel([first_stage(settings), *search.model.stages])
        registered = registry.record(
            card, model, table.schema, _parameters(settings), _trials(search, settings), search.best, holdout
        )
        run.counts = Counts(read=rows_in, accepted=rows_in)
        run.table_versions = {settings.table: version}
    winner = candidates_of(settings)[search.best]
    folds = {"mean": search.mean(search.best), "deviation": search.deviation(search.best)}
    return Trained(registered, winner.name, winner.parameters, folds, holdout, run)


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
def _prepared(table: DataFrame, settings: ModelSettings) -> Iterator[DataFrame]:
    """The labelled rows, cached: the model's columns of one table version, on disk where memory does not hold them."""
    rows = labelled(table, settings)
    # An order of its own: sums of floating-point numbers, and so the figures, then come out alike every time.
    ordered = rows.repartition(table.sparkSession.sparkContext.defaultParallelism, *settings.key)
    cached = ordered.sortWithinPartitions(*settings.key).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield cached
    finally:
        cached.unpersist()


def _require_rows(rows: DataFrame, settings: ModelSettings) -> int:
    stratum = F.col(settings.target.column).cast("string") if strata_of(settings) else F.lit("all")
    training = F.count(F.when(F.col("split") == TRAIN, True))
    counts = rows.groupBy(stratum.alias("stratum")).agg(training.alias("training"), F.count(F.lit(1)).alias("rows"))
    found = {row["stratum"]: (row["training"], row["rows"]) for row in counts.toLocalIterator()}  # one row a class
    expected = ("0", "1") if settings.task == "binary" else ("all",)
    for name in {**dict.fromkeys(expected), **found}:
        in_training = found.get(name, (0, 0))[0]
        if in_training < settings.folds:
            raise TooFewRows(settings.table, name, in_training, settings.folds)
    return sum(count for _, count in found.values())


def _search(training: DataFrame, settings: ModelSettings, tell: Tell) -> Search:
    candidates = candidates_of(settings)
    progress = Progress(candidates, settings, tell)
    evaluator = FigureEvaluator(partial(figures_of, settings), settings.metric, settings.larger_is_better)
    needed = dict.fromkeys((FEATURES, LABEL, settings.target.column))
    return cross_validate(
        training, candidates, settings.folds, evaluator, tuple(needed), settings.parallelism, progress.heard
    )


def _card(rows: DataFrame, settings: ModelSettings, version: int, run: RecordedRun) -> ModelCard:
    strata = strata_of(settings)
    cuts = holdout_cuts(rows, settings.key, settings.seed, strata)
    return ModelCard(
        name=settings.name,
        task=settings.task,
        table=settings.table,
        table_version=version,
        key=settings.key,
        target=settings.target.column,
        reads=settings.features.columns,
        split=SplitCard(seed=settings.seed, strata=strata, cuts=cuts),
        run=run.id,
    )


def _trials(search: Search, settings: ModelSettings) -> list[Trial]:
    return [
        Trial(each.name, each.parameters, search.by_fold(place), search.mean(place), search.deviation(place))
        for place, each in enumerate(candidates_of(settings))
    ]


def _parameters(settings: ModelSettings) -> dict[str, Any]:
    named = ("task", "metric", "folds", "holdout", "seed")
    return {name: getattr(settings, name) for name in named}
