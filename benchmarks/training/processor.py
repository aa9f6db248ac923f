"""Time and memory of this process with all that it has started: the JVM and Spark's Python workers."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psutil
from pyspark.sql import SparkSession


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


def memory_left(spark: SparkSession) -> tuple[float, float]:
    """MB of the JVM's heap that survive a collection, and of this Python process."""
    jvm = spark.sparkContext._jvm
    for _ in range(3):  # the cleaner frees what the first collection finds to be unused
        jvm.System.gc()
        time.sleep(1)
    runtime = jvm.Runtime.getRuntime()
    heap = runtime.totalMemory() - runtime.freeMemory()
    return heap / 2**20, psutil.Process().memory_info().rss / 2**20
