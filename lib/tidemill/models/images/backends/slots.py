"""Whether Spark can run all ranks of a training at once."""

import time
from contextlib import suppress
from threading import Thread
from uuid import uuid4

from py4j.java_gateway import JavaObject
from pyspark import InheritableThread
from pyspark.sql import SparkSession

from tidemill.errors import RequestWrong

# Below the half minute in which a person is to know, with room for what comes before and after. Executors come one by
# one, so it counts anew with each that does; a cluster that has none yet is only starting, and takes longer.
PATIENCE = 20.0
STARTING = 120.0
LOOK = 0.1


class TooFewSlots(RequestWrong):
    """More ranks are asked for than Spark runs at the same time."""

    def __init__(self, ranks: int, running: int, waited: float) -> None:
        super().__init__(
            f"{ranks} ranks were asked for, but only {running} task(s) ran at the same time, and no other began in "
            f"{waited:.0f} s. Set ranks to {max(1, running)} in the model's file (--set NAME.ranks=...), give Spark "
            f"more cores (--master local[{ranks}], or more executors), or wait for what else runs there."
        )


def require_slots(spark: SparkSession, ranks: int, patience: float = PATIENCE) -> None:
    """Rehearse: as many tasks as there will be ranks must be running at the same moment.

    Neither launcher says so by itself before ten minutes are over.

    Args:
        spark: a running session.
        ranks: how many.
        patience: how long to wait for one more of them once Spark has an executor, seconds.

    Raises:
        TooFewSlots: they did not run together.
    """
    group = f"tidemill-rehearsal-{uuid4().hex}"
    rehearsal = InheritableThread(target=_rehearse, args=(spark, ranks, group, patience * ranks), daemon=True)
    rehearsal.start()
    most, executors, since = 0, _executors(spark), time.monotonic()
    while most < ranks and time.monotonic() - since < (patience if executors else STARTING):
        time.sleep(LOOK)
        running, there = _running(spark, group), _executors(spark)
        if running > most or there > executors:
            most, executors, since = max(most, running), there, time.monotonic()
    spark.sparkContext.cancelJobGroup(group)
    _join(rehearsal)
    if most < ranks:
        raise TooFewSlots(ranks, most, patience if executors else STARTING)


def _rehearse(spark: SparkSession, ranks: int, group: str, longest: float) -> None:
    context = spark.sparkContext
    context.setJobGroup(group, "can all ranks run at once?", interruptOnCancel=True)

    def wait(_: object) -> list[int]:
        time.sleep(longest)
        return []

    # Its cancellation is how it always ends.
    with suppress(Exception):
        context.parallelize(range(ranks), ranks).mapPartitions(wait).count()


def _running(spark: SparkSession, group: str) -> int:
    """By the scheduler's own books: the status store may learn of a task only with the next heartbeat, 10 s later."""
    queue = spark.sparkContext._jsc.sc().taskScheduler().rootPool().getSortedTaskSetQueue()
    ours = [work for work in map(queue.apply, range(queue.size())) if _group(work) == group]
    return sum(work.runningTasks() for work in ours)


def _group(work: JavaObject) -> str | None:
    properties = work.taskSet().properties()
    return properties.getProperty("spark.jobGroup.id") if properties else None


def _executors(spark: SparkSession) -> int:
    """How many have come; where the driver runs the tasks itself it is one."""
    context = spark.sparkContext._jsc.sc()
    return int(context.getExecutorMemoryStatus().size()) - (0 if context.isLocal() else 1)


def _join(thread: Thread) -> None:
    thread.join(timeout=10)
