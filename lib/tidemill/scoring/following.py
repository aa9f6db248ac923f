"""Keep a model's predictions up with a table that changes: only new and changed rows are predicted."""

from collections.abc import Sequence
from threading import Event

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.lake import Counts, Lake, Ledger, RecordedRun, Run, held
from tidemill.lake.ledger import finishing, has_plan
from tidemill.registry import Champion, Registry
from tidemill.scoring.changes import Changes, Found
from tidemill.scoring.predicting import ROW_HASH, TOLD_BY_DEFAULT, inputs, predictions
from tidemill.scoring.reasons import Reasons
from tidemill.scoring.source import JOB, Source, open_source, predictions_of
from tidemill.session import repeated

EVERY = 60.0


class Following:
    """A model's champion on a table, as both change.

    Args:
        lake: has the table and takes the predictions.
        registry: has the champion.
        name: of the model.
        reasons: what is told of each row.
        table: LAYER.NAME of another table than the one that the model was trained on.
    """

    def __init__(
        self,
        lake: Lake,
        registry: Registry,
        name: str,
        reasons: Reasons = TOLD_BY_DEFAULT,
        table: str | None = None,
    ) -> None:
        self._lake, self._registry, self._name, self._reasons = lake, registry, name, reasons
        self._table = table
        self._seen: tuple[str, int] | None = None
        self._loaded: Champion | None = None

    def follow(self, once: bool, stopping: Event, every: float = EVERY) -> list[RecordedRun]:
        """Predict what is new or changed, now and, unless once, whenever the table has a new version.

        Args:
            once: end when that is done; else go on until `stopping` is set, and end after the run under way.
            stopping: set by another thread or a signal's handler.
            every: seconds between two looks at the table, and so between two runs.

        Returns:
            The runs that ended.

        Raises:
            RequestWrong: as `score_table` does.
            NoKey: a key of the table is null or stands there twice.
        """
        ended: list[RecordedRun] = []
        while True:
            run = repeated(self.catch_up, self._lake.root)
            ended += [run] if run else []
            if once or stopping.wait(every):
                return ended

    def catch_up(self) -> RecordedRun | None:
        """Predict what is new or changed since the predictions were made, and delete those of rows that are gone.

        The champion of this moment predicts; what an earlier one predicted stands as long as its row is as it was. A
        run that was killed is finished under its own id. None where nothing was to do.
        """
        if self._seen and self._lake.version(self._seen[0]) == self._seen[1]:
            return None
        champion = self._champion()
        with held(self._lake.root, predictions_of(self._name), JOB):
            source = open_source(self._lake, champion, self._reasons, self._table)
            ended = _CatchingUp(self._lake, champion, source, self._reasons).run()
        self._seen = (source.table, source.version)
        return ended

    def _champion(self) -> Champion:
        """That of this moment, loaded when it is another than the last time."""
        if self._loaded is None or self._loaded.version != self._registry.champion_version(self._name):
            self._loaded = self._registry.champion(self._name)
        return self._loaded


class _CatchingUp:
    """One run: what its steps share."""

    def __init__(self, lake: Lake, champion: Champion, source: Source, reasons: Reasons) -> None:
        self._lake, self._champion, self._source, self._reasons = lake, champion, source, reasons
        self._written = predictions_of(champion.card.name)
        self._key = champion.card.key
        self._inputs = inputs(source.rows, champion.card)

    def run(self) -> RecordedRun | None:
        ledger, plan = Ledger(self._lake), self._source.plan(self._champion, self._reasons, "changes")
        last = ledger.last(JOB, self._champion.card.name)
        unfinished = last is not None and last.event != "committed" and has_plan(last, plan)
        changes = self._changes()
        found = changes.found(self._source.table) if changes else None
        if found == (0, 0) and not unfinished:
            return None
        run = ledger.plan(JOB, self._champion.card.name, plan, last, again=unfinished)
        with finishing(ledger, run) as recorded:
            if not self._lake.committed(self._written, run.mark):
                self._write(run, changes if found else None)
            self._tell(recorded, found)
        return recorded

    def _changes(self) -> Changes | None:
        """The table against its predictions; None where there are none, or none that tell what they were made of."""
        if not self._lake.exists(self._written):
            return None
        standing = self._lake.read(self._written)
        needed = [(column, self._inputs.schema[column].dataType) for column in (*self._key, ROW_HASH)]
        if not set(needed) <= {(field.name, field.dataType) for field in standing.schema}:
            return None
        return Changes(self._inputs, standing, self._key)

    def _write(self, run: Run, changes: Changes | None) -> None:
        if changes:
            scored = self._predicted(self._inputs.join(changes.changed, list(self._key), "left_semi"), run)
            if _columns(scored) == _columns(self._lake.read(self._written)):
                rows = scored.withColumn("_gone", F.lit(False))
                gone = changes.gone.withColumn("_gone", F.lit(True))
                together = rows.unionByName(gone, allowMissingColumns=True)
                self._lake.upsert(self._written, together, self._key, run.mark, gone="_gone")
                return
        # Nothing to compare with, or predictions of another kind: all are made, as in batch.
        self._lake.replace(self._written, self._predicted(self._inputs, run).hint("rebalance"), run.mark)

    def _predicted(self, rows: DataFrame, run: Run) -> DataFrame:
        return predictions(rows, self._champion, self._reasons).withColumn("_run_id", F.lit(run.id))

    def _tell(self, recorded: RecordedRun, found: Found | None) -> None:
        own = F.count_if(F.col("_run_id") == recorded.id)
        row: Sequence[int] = self._lake.read(self._written).agg(F.count(F.lit(1)), own).collect()[0]  # one row
        recorded.counts = Counts(read=row[0], accepted=row[1], unchanged=row[0] - row[1])
        recorded.table_versions = {
            self._source.table: self._source.version,
            self._written: self._lake.version(self._written) or 0,
        }
        if found and found.gone:
            recorded.notes = [f"predictions of {found.gone} rows that {self._source.table} no longer has were deleted"]


def _columns(rows: DataFrame) -> set[tuple[str, str]]:
    return {(field.name, field.dataType.simpleString()) for field in rows.schema}
