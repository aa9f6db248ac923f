"""Query A: a dataset's readings from Kafka or the spool into bronze, silver, quarantine and alerts."""

from collections.abc import Callable, Sequence
from threading import Event

from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.ingest.evolution import require_readable
from tidemill.lake import Lake, Ledger, RecordedRun, held
from tidemill.quality import require_sql
from tidemill.streams.readings.alerting import Alerting
from tidemill.streams.readings.arriving import judged_readings
from tidemill.streams.readings.batches import Batches
from tidemill.streams.readings.checkpoint import Checkpoint
from tidemill.streams.readings.spooling import Spooling
from tidemill.streams.readings.topics import kafka_messages, messages_waiting, require_messages
from tidemill.streams.taking import take_batches

# Micro-batches follow each other at least so far apart: more often only makes more commits.
TRIGGER = "200 milliseconds"


def stream_readings(
    lake: Lake,
    contract: Contract,
    checkpoint: str,
    spool: str,
    once: bool,
    stopping: Event,
    heard: Callable[[Sequence[RecordedRun]], None] = lambda runs: None,
    alerting: Alerting | None = None,
) -> list[RecordedRun]:
    """Bring readings into the lake as they arrive.

    Args:
        lake: where to write.
        contract: of a dataset with `stream`.
        checkpoint: a folder for this dataset's readings alone.
        spool: the folder in which the MQTT bridge keeps what it collects.
        once: take what is there and end; else go on until `stopping` is set, and end after the batch under way.
        stopping: set by another thread or a signal's handler.
        heard: is given each run when it has committed.
        alerting: watches the readings; None: nothing does.

    Returns:
        The runs that ended; of a continuous stream one a minute.

    Raises:
        WrongSql: a check of the contract is not valid SQL; nothing was read.
        Held: another stream of the dataset runs.
        WouldBreakReaders: the contract's columns no longer fit silver; nothing was read.
        CheckpointGone, OtherCheckpoint, UnknownState: the stream cannot go on where it was.
        BrokersUnavailable, NoSuchTopic, MessagesGone: a topic has not what is to be taken next; nothing was read.
        FailedCheck: a check that must hold does not; bronze has the batch.
    """
    require_sql(lake.spark, contract)
    ended: list[RecordedRun] = []

    def hear(recorded: RecordedRun) -> None:
        ended.append(recorded)
        heard([recorded])

    with held(lake.root, f"{contract.name}.readings", "stream", wait=False):
        place = Checkpoint(lake.spark, checkpoint)
        store = place.store(contract.name, lake.exists(f"silver.{contract.name}"))
        require_readable(lake, Ledger(lake), contract)
        batches = Batches(lake, contract, place, store, hear, alerting)
        if contract.source.kind == "mqtt" and contract.source.kafka is None:
            spooling = Spooling(lake, contract, spool, place)
            spooling.run(batches.take, once, stopping, lambda: batches.tick(spooling.rows_left(batches.rows)))
        else:
            require_messages(contract, place.taken())
            # In a stream the current time is the micro-batch's own, and the same when that is tried again.
            messages = kafka_messages(lake.spark, contract, place.again)
            rows = judged_readings(messages, lake, contract, F.current_timestamp())
            take_batches(
                rows,
                batches.take,
                checkpoint=place.queries,
                name=f"{contract.name} readings",
                every=TRIGGER,
                once=once,
                stopping=stopping,
                tick=lambda query: batches.tick(messages_waiting(query)),
            )
        batches.end()
    return ended


def begin_again(lake: Lake, contract: Contract, checkpoint: str) -> None:
    """Have the next stream begin at the source's beginning, whatever was taken; what silver has is not taken twice.

    Args:
        lake: where the dataset is.
        contract: of a dataset with `stream`.
        checkpoint: as for `stream_readings`; what it knew is gone afterwards.

    Raises:
        Held: a stream of the dataset runs.
    """
    with held(lake.root, f"{contract.name}.readings", "stream", wait=False):
        Checkpoint(lake.spark, checkpoint).begin(contract.name, again=True)
