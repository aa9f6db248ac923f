"""Predict every row of a model's table, and say which of them the model never saw."""

from pyspark.sql import functions as F

from tidemill.lake import Counts, Lake, RecordedRun, held, recorded_run
from tidemill.registry import Champion, Registry
from tidemill.scoring.predicting import TOLD_BY_DEFAULT, predictions
from tidemill.scoring.reasons import Reasons
from tidemill.scoring.source import JOB, open_source, predictions_of


def score_table(
    lake: Lake, registry: Registry, name: str, reasons: Reasons = TOLD_BY_DEFAULT, table: str | None = None
) -> tuple[Champion, RecordedRun]:
    """Make the champion's predictions of a table's newest version gold.NAME_predictions, and record the run.

    Args:
        lake: has the table and takes the predictions.
        registry: has the champion.
        name: of the model.
        reasons: what is told of each row.
        table: LAYER.NAME of another table than the one that the model was trained on.

    Raises:
        NoChampion: no model of this name is registered.
        NoSuchTable: the table does not exist.
        MissingColumns: it lacks a column that the model reads.
        NotANumber: a column that was a number in training is none.
    """
    champion = registry.champion(name)
    written = predictions_of(name)
    with held(lake.root, written, JOB):
        source = open_source(lake, champion, reasons, table)
        with recorded_run(lake, JOB, name, source.plan(champion, reasons, "whole")) as run:
            scored = predictions(source.rows, champion, reasons).withColumn("_run_id", F.lit(run.id))
            # Few large files, whatever the number of tasks that predict.
            lake.replace(written, scored.hint("rebalance"), run.mark)
            count = lake.read(written).count()
            run.counts = Counts(read=count, accepted=count)
            run.table_versions = {source.table: source.version, written: lake.version(written) or 0}
    return champion, run
