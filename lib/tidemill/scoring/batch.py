"""Predict every row of a model's gold table, and say which of them the model never saw."""

from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.features import require_columns
from tidemill.lake import Counts, Lake, NoSuchTable, RecordedRun, recorded_run
from tidemill.registry import Champion, Registry
from tidemill.validation import split_by_cuts


def predictions(rows: DataFrame, champion: Champion) -> DataFrame:
    """Predict with a registered model.

    Args:
        rows: what the model reads, its key, and its target where that is known.
        champion: the model.

    Returns:
        One row a row: the key; the target (null where it is not known); probability double of class 1 (binary
        models); prediction in the target's type for classes, double in the target's unit for numbers; split string:
        holdout where the model never saw the row, else train, null where the target is not known; model_version int.
    """
    card = champion.card
    target = F.col(card.target) if card.target in rows.columns else F.lit(None).cast("double")
    known = rows.withColumn(card.target, target)
    split = split_by_cuts(card.split.cuts, card.key, card.split.seed, card.split.strata)
    answer: list[Column] = [F.col("prediction").alias("prediction")]
    if card.task == "binary":
        answer = [
            vector_to_array(F.col("probability"))[1].alias("probability"),
            F.col("prediction").cast("int").alias("prediction"),
        ]
    return champion.model.transform(known).select(
        *card.key,
        card.target,
        *answer,
        F.when(F.col(card.target).isNotNull(), split).alias("split"),
        F.lit(champion.version).cast("int").alias("model_version"),
    )


def score_table(lake: Lake, registry: Registry, name: str) -> tuple[Champion, RecordedRun]:
    """Write the champion's predictions of its gold table's newest version to gold.NAME_predictions, and record the run.

    Raises:
        NoChampion: no model of this name is registered.
        NoSuchTable: its gold table does not exist.
        MissingColumns: the table lacks a column that the model reads.
    """
    champion = registry.champion(name)
    card = champion.card
    version = lake.version(card.table)
    if version is None:
        raise NoSuchTable(card.table, lake.root)
    rows = lake.read(card.table, version)
    require_columns(card.table, rows.columns, (*card.key, *card.reads))
    written = f"gold.{name}_predictions"
    plan = {"table": card.table, "version": version, "model_version": champion.version}
    with recorded_run(lake, "score", name, plan) as run:
        scored = predictions(rows, champion).withColumn("_run_id", F.lit(run.id))
        lake.replace(written, scored.coalesce(1), run.mark)
        count = lake.read(written).count()
        run.counts = Counts(read=count, accepted=count)
        run.table_versions = {card.table: version, written: lake.version(written) or 0}
    return champion, run
