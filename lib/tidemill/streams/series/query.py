"""Query C: follow a stream dataset's silver and send its readings to a time-series store.

It is a query of its own, with a checkpoint of its own, so that a store that is slow or down holds up nothing else: the
readings wait in silver, and the checkpoint knows up to where they were taken.
"""

from threading import Event
from time import monotonic, time

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from tidemill.config import SeriesConfig
from tidemill.contract import Contract
from tidemill.lake import Lake, held
from tidemill.streams.progress import Progress
from tidemill.streams.series.lines import blocks, lines
from tidemill.streams.series.sending import SeriesPending, SeriesRefused, SeriesStore
from tidemill.streams.taking import take_batches
from tidemill.streams.windows.query import NotWindowed
from tidemill.streams.windows.readings import readings, stream_of
from tidemill.streams.windows.tables import WindowTables

QUERY = "series"
TRIGGER = "3 seconds"
LINES_PER_REQUEST = 5000
FILES_PER_BATCH = 200
# How long `once` waits for a store that does not answer.
PATIENCE = 30.0
LOOK_FOR_SILVER_EVERY = 1.0


def stream_series(
    spark: SparkSession,
    lake: Lake,
    contract: Contract,
    config: SeriesConfig,
    checkpoint: str,
    once: bool,
    stopping: Event,
    patience: float = PATIENCE,
) -> None:
    """Send a dataset's readings, corrected and in the windows' units, to a time-series store; at least once each.

    A line that is sent again replaces itself. Readings that were sent under an older calibration stay as they were.

    Args:
        spark: the session.
        lake: with the dataset's silver.
        contract: with `stream`.
        config: with the store's `url`; without one nothing is done.
        checkpoint: a folder for this query alone. Without it every reading is sent again.
        once: send what is there and end; else go on until `stopping` is set.
        stopping: set by another thread or a signal's handler.
        patience: with `once`, the seconds to wait for the store; a continuous query waits as long as it runs.

    Raises:
        NotWindowed: the contract has no `stream`.
        SeriesRefused: with `once`: the store will not take the lines; they wait in silver. A continuous query tells of
            it and tries again, as the store may be mended.
        SeriesPending: it did not answer in time; they wait in silver.
        MissingSecret: the environment lacks the token or password.
    """
    if config.url is None:
        return
    if contract.stream is None:
        raise NotWindowed(contract.name)
    while not lake.exists(f"silver.{contract.name}"):
        if once or stopping.wait(LOOK_FOR_SILVER_EVERY):
            return
    waits = patience if once else None
    with held(lake.root, f"{contract.name}.series", "stream"), SeriesStore(config, waits, stopping) as store:
        _Sending(lake, contract, store).run(spark, checkpoint, once, stopping)


class _Sending:
    """One run of the query."""

    def __init__(self, lake: Lake, contract: Contract, store: SeriesStore) -> None:
        self._lake, self._contract, self._store = lake, contract, store
        self._tables = WindowTables(lake, contract)
        self._progress = Progress(lake, contract.name, QUERY)
        self._rows_per_file = 0.0

    def run(self, spark: SparkSession, checkpoint: str, once: bool, stopping: Event) -> None:
        reader = spark.readStream.format("delta").option("skipChangeCommits", "true")
        rows = reader.option("maxFilesPerTrigger", FILES_PER_BATCH).load(self._lake.table(self._tables.silver))
        try:
            take_batches(
                rows,
                self._send,
                checkpoint=checkpoint,
                name=f"{self._contract.name} {QUERY}",
                every=TRIGGER,
                once=once,
                stopping=stopping,
                tick=self._tick,
            )
        except (SeriesPending, SeriesRefused):
            # What was asked to stop is not told that it stopped.
            if not stopping.is_set():
                raise
        finally:
            self._progress.flush()

    def _send(self, batch: DataFrame, _: int) -> None:
        began, sent = monotonic(), 0
        table = stream_of(self._contract).calibration
        calibration = self._lake.read(table.table) if table else None
        found = readings(batch, self._contract, calibration)
        entity = [name for name in stream_of(self._contract).entity if name in found.columns]
        told = blocks(lines(found, self._contract.name, entity), LINES_PER_REQUEST)
        # One partition of blocks at a time is on the driver.
        for row in told.toLocalIterator():
            self._store.send(row["block"])
            sent += row["lines"]
        loaded = batch.agg(F.unix_micros(F.min("_loaded_at"))).collect()[0][0]  # one row
        delays = [time() - loaded / 1e6] if loaded is not None else []
        self._progress.batch(sent, monotonic() - began, delays=delays)
        self._rows_per_file = sent / max(len(batch.inputFiles()), 1)

    def _tick(self, query: StreamingQuery) -> None:
        last = query.lastProgress
        waiting = (((last or {}).get("sources") or [{}])[0].get("metrics") or {}).get("numFilesOutstanding", 0)
        self._progress.behind(round(float(waiting) * self._rows_per_file))
        self._progress.tick()
