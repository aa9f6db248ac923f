"""Files dropped into a folder, taken as they come: Structured Streaming finds them, the batch's own way loads them."""

from collections.abc import Callable, Sequence
from threading import Event

from pyspark.sql import DataFrame, SparkSession

from tidemill.contract import Contract
from tidemill.contract.sources import FilesSource
from tidemill.errors import RequestWrong
from tidemill.ingest import take
from tidemill.lake import Lake, RecordedRun, held
from tidemill.quality import require_sql
from tidemill.sources.files import FileFolder, files_in, list_files, listed
from tidemill.streams.taking import take_batches

# Of this many files a micro-batch the driver holds the names; a run in the ledger has as many.
FILES_PER_BATCH = 1000
TRIGGER = "10 seconds"
# A stream needs its schema told; the content is never read here.
BINARY_FILE = "path string, modificationTime timestamp, length bigint, content binary"


def stream_files(
    spark: SparkSession,
    lake: Lake,
    contract: Contract,
    checkpoint: str,
    once: bool,
    stopping: Event,
    heard: Callable[[Sequence[RecordedRun]], None] = lambda runs: None,
) -> list[RecordedRun]:
    """Load a dataset's files as they arrive.

    The ledger decides which files are taken, as in batch, so that a micro-batch which is tried again loads nothing
    twice; the checkpoint only remembers which files were seen. A file must be whole when it appears under its name
    (written elsewhere, then renamed): it is looked at once. One without a byte is passed over, as Spark does.

    Args:
        spark: the session.
        lake: where to write.
        contract: of a stream dataset.
        checkpoint: a folder for this query alone.
        once: take what is there and end; else go on until `stopping` is set, and end after the batch under way.
        stopping: set by another thread or a signal's handler.
        heard: is given the runs of each micro-batch when they have ended, before the next one begins.

    Returns:
        The runs that ended.

    Raises:
        WrongSql: a check of the contract is not valid SQL; nothing was read.
        RunFailed: see `tidemill.ingest.ingest_batch`.
    """
    require_sql(spark, contract)
    source = _files_of(contract)
    list_files(spark, source.path)
    ended: list[RecordedRun] = []

    def load(listing: DataFrame, _: int) -> None:
        files = files_in(listing)
        with held(lake.root, contract.name, "stream"):
            runs = take(lake, contract, lambda run: FileFolder(lake, contract, run, files), job="stream")
        ended.extend(runs)
        heard(runs)

    take_batches(
        _found(spark, source.path),
        load,
        checkpoint=checkpoint,
        name=contract.name,
        every=TRIGGER,
        once=once,
        stopping=stopping,
    )
    return ended


def _files_of(contract: Contract) -> FilesSource:
    if not isinstance(contract.source, FilesSource):
        raise RequestWrong(
            f"{contract.name}: a stream from {contract.source.kind} needs to know whose its readings are. Write "
            f"'stream: {{entity: [...], value: ...}}' and event_time into conf/datasets/{contract.name}.yaml."
        )
    return contract.source


def _found(spark: SparkSession, path: str) -> DataFrame:
    found = (
        spark.readStream.format("binaryFile")
        .schema(BINARY_FILE)
        .option("maxFilesPerTrigger", FILES_PER_BATCH)
        .option("recursiveFileLookup", "true")
        .load(path)
    )
    return listed(found)
