"""Run the streams of several datasets side by side until they have ended or are told to stop."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import partial
from threading import Event, Thread

import structlog
from pyspark import inheritable_thread_target
from pyspark.sql import SparkSession

from tidemill.alerts import Deliverer
from tidemill.config import Config
from tidemill.contract import Contract
from tidemill.lake import Lake, RecordedRun
from tidemill.streams.files import stream_files
from tidemill.streams.readings import begin_again, stream_readings
from tidemill.streams.readings.alerting import Alerting
from tidemill.streams.series import stream_series
from tidemill.streams.series.sending import SeriesStore
from tidemill.streams.windows import stream_windows

Heard = Callable[[Sequence[RecordedRun]], None]
Work = Callable[[], list[RecordedRun] | None]

# What a micro-batch costs is mostly what Spark and Delta do around it: none of this changes a row.
SETTINGS = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.writeChecksumFile.enabled": "false",
    "spark.databricks.delta.merge.materializeSource": "none",
    # A micro-batch is kept for seconds: looking for how to compress it takes a quarter of judging it.
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    # A list of numbers is handed to the generated code, where a short one would be written into it, anew each time.
    "spark.sql.optimizer.inSetConversionThreshold": "0",
}


def stream_all(
    spark: SparkSession,
    config: Config,
    contracts: Sequence[Contract],
    stopping: Event,
    heard: Mapping[str, Heard],
    once: bool = False,
    restart: bool = False,
) -> list[RecordedRun]:
    """Stream datasets, each in threads of its own.

    Args:
        spark: the session, whose settings are made those of streams.
        config: where things are.
        contracts: of stream datasets.
        stopping: once it is set, every stream ends after the micro-batch under way; so when one of them fails.
        heard: by dataset, is given its runs when they have ended, while the stream goes on.
        once: take what is there now and end.
        restart: read the sources again from their beginning.

    Returns:
        The runs that ended.

    Raises:
        Exception: the first that a stream ended with; the others have ended too. Where only what is sent to a
            time-series store failed, they have done all their work before.
    """
    if config.series.url and any(contract.stream for contract in contracts):
        # A secret that is missing is told before anything is read.
        SeriesStore(config.series, None, stopping).close()
    for key, value in SETTINGS.items():
        spark.conf.set(key, value)
    lake, deliverer, told = Lake(spark, config.lake_root), Deliverer(config), Event()
    delivering = Thread(target=deliverer.run, args=(told,), name="alerts", daemon=True)
    delivering.start()
    with ThreadPoolExecutor(1) as telling:
        taking, following, failures = [], [], list[Exception]()
        for contract in contracts:
            tell = partial(_tell, telling, heard[contract.name])
            taking.append(partial(_take, lake, config, contract, once, stopping, tell, restart, deliverer.wake))
            following += _following(lake, config, contract, once, stopping, failures)
        try:
            if once:
                taken = _together(taking, stopping)
                _together(following, stopping)
            else:
                taken = _together([*taking, *following], stopping)
        finally:
            # What is not told by then is told by the next stream, or by `tidemill alerts deliver`.
            told.set()
            delivering.join()
    if failures:
        raise failures[0]
    return [run for runs in taken for run in runs or ()]


def _take(
    lake: Lake,
    config: Config,
    contract: Contract,
    once: bool,
    stopping: Event,
    heard: Heard,
    restart: bool,
    wake: Callable[[], None],
) -> list[RecordedRun]:
    checkpoint = f"{config.checkpoints}/{contract.name}"
    if contract.stream is None:
        return stream_files(lake.spark, lake, contract, checkpoint, once, stopping, heard)
    alerting, place = Alerting(config, contract, wake), f"{checkpoint}/readings"
    if restart:
        begin_again(lake, contract, place)
    return stream_readings(lake, contract, place, config.spool, once, stopping, heard, alerting)


def _following(
    lake: Lake, config: Config, contract: Contract, once: bool, stopping: Event, failures: list[Exception]
) -> list[Work]:
    """What keeps up with silver: windows, and a time-series store where one is configured."""
    if contract.stream is None:
        return []
    given, checkpoint = (lake.spark, lake, contract), f"{config.checkpoints}/{contract.name}"
    works: list[Work] = [partial(stream_windows, *given, f"{checkpoint}/windows", once, stopping)]
    if config.series.url:
        sending = partial(stream_series, *given, config.series, f"{checkpoint}/series", once, stopping)
        works.append(partial(_aside, sending, contract.name, failures))
    return works


def _aside(sending: Callable[[], None], dataset: str, failures: list[Exception]) -> None:
    """Send readings to the store; a failure stops nothing else, so it is told now and kept until all have ended."""
    try:
        sending()
    except Exception as error:
        structlog.get_logger().error("series_ended", dataset=dataset, reason=" ".join(str(error).split())[:500])
        failures.append(error)


def _together(works: Sequence[Work], stopping: Event) -> list[list[RecordedRun] | None]:
    """Do works side by side; when one fails the others are told to stop, and its error is raised when they have."""
    if not works:
        return []
    with ThreadPoolExecutor(len(works)) as threads:
        running = [threads.submit(inheritable_thread_target(work)) for work in works]
        ended, _ = wait(running, return_when=FIRST_EXCEPTION)
        if any(each.exception() for each in ended):
            stopping.set()
    for failure in (each.exception() for each in running):
        if failure:
            raise failure
    return [each.result() for each in running]


def _tell(telling: ThreadPoolExecutor, heard: Heard, runs: Sequence[RecordedRun]) -> None:
    telling.submit(heard, runs)
