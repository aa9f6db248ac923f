"""Time and memory of this process with all that it has started: the JVM and Spark's Python workers."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psutil
from pyspark.sql import SparkSession

FEWEST_LOOKS, MOST_LOOKS, SETTLED_MB = 4, 60, 2


class Taken(NamedTuple):
    """Processor and wall seconds."""

    cpu_seconds: float
    wall_seconds: float


def cpu_seconds() -> float:
    """Processor seconds of the process tree, of its ended children too."""
    own = psutil.Process()
    total = 0.0
    for process in (own, *own.children(recursive=True)):
        try:
            total += sum(process.cpu_times()[:4])  # user, system, and both of the children that it has waited for
        except psutil.NoSuchProcess:
            continue
    return total


def timed(work: Callable[..., Any], *given: Any) -> tuple[Any, Taken]:
    """Do some work: what it returned, and what it took."""
    cpu, wall = cpu_seconds(), time.monotonic()
    made = work(*given)
    return made, Taken(cpu_seconds() - cpu, time.monotonic() - wall)


def heap_in_use(spark: SparkSession, wait: float = 0.0) -> float:
    """MB of the JVM's heap that are in use so many seconds after a collection."""
    jvm = spark.sparkContext._jvm
    jvm.System.gc()
    time.sleep(wait)
    runtime = jvm.Runtime.getRuntime()
    return float(runtime.totalMemory() - runtime.freeMemory()) / 2**20


def memory_left(spark: SparkSession) -> tuple[float, float]:
    """MB of the JVM's heap that are still used when nothing more is let go of, and of this Python process.

    Spark's cleaner frees what a collection finds to be unused, and the next collection gives it back; after gigabytes
    that takes a while.
    """
    left: list[float] = []
    while len(left) < FEWEST_LOOKS or (left[-1] < left[-2] - SETTLED_MB and len(left) < MOST_LOOKS):
        left.append(heap_in_use(spark, wait=1))
    return left[-1], psutil.Process().memory_info().rss / 2**20
