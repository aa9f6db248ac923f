"""Run a streaming query: one micro-batch after another is taken, until nothing is left or it is told to stop."""

from collections.abc import Callable
from threading import Event, Lock
from time import monotonic

from pyspark.sql import DataFrame
from pyspark.sql.streaming.query import StreamingQuery

from tidemill.contract.stream import span
from tidemill.errors import TidemillError

# How long a query that finds nothing waits before it looks again, in milliseconds; read when a query is started.
POLLING = "spark.sql.streaming.pollingDelay"
_starting = Lock()


class Stopped(Exception):
    """The query is to end, and a micro-batch that would begin does not."""


def take_batches(
    rows: DataFrame,
    take: Callable[[DataFrame, int], None],
    *,
    checkpoint: str,
    name: str,
    every: str,
    once: bool,
    stopping: Event,
    tick: Callable[[StreamingQuery], None] = lambda query: None,
) -> None:
    """Give a stream's rows to `take`, and return when all are taken or the batch under way has ended after a stop.

    Spark's own trigger waits for a time of day: where the clock is set back by hours, its query stands still for hours.
    Here a micro-batch that ends too soon holds up the next one, by a clock that nobody sets.

    Args:
        rows: a streaming frame.
        take: is given a micro-batch and its number.
        checkpoint: a folder for this query alone.
        name: of the query.
        every: micro-batches begin at least so far apart, as in `200 milliseconds`.
        once: take what is there and end; else go on until `stopping` is set.
        stopping: set by another thread or a signal's handler.
        tick: done about once a second meanwhile.

    Raises:
        TidemillError: what `take` raised.
        StreamingQueryException: the query failed for another reason.
    """
    pause, refused = span(every).total_seconds(), list[Exception]()

    def paced(batch: DataFrame, number: int) -> None:
        began = monotonic()
        try:
            if stopping.is_set():
                # Nothing of this batch is done; the next start brings it again.
                raise Stopped
            take(batch, number)
        except (TidemillError, Stopped) as error:
            refused.append(error)
            raise
        if not once:
            stopping.wait(max(0.0, pause - (monotonic() - began)))

    writer = rows.writeStream.foreachBatch(paced).option("checkpointLocation", checkpoint).queryName(name)
    with _starting:
        rows.sparkSession.conf.set(POLLING, round(pause * 1000))
        query = (writer.trigger(availableNow=True) if once else writer.trigger(processingTime="0 seconds")).start()
    try:
        _await_end(query, stopping, tick)
    except Exception:
        # What comes out of the query wraps the error in Spark's own and in a trace.
        if not refused:
            raise
        if not isinstance(refused[0], Stopped):
            raise refused[0] from None


def _await_end(query: StreamingQuery, stopping: Event, tick: Callable[[StreamingQuery], None]) -> None:
    while not query.awaitTermination(1):
        tick(query)
        if stopping.is_set() and not query.status["isTriggerActive"]:
            query.stop()
