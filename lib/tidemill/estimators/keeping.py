"""Rows that several fits read, computed once; and several fits at a time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.pool import ThreadPool
from typing import TypeVar

from pyspark import StorageLevel, inheritable_thread_target
from pyspark.sql import DataFrame

Job = TypeVar("Job")
Result = TypeVar("Result")


@contextmanager
def kept(rows: DataFrame) -> Iterator[DataFrame]:
    """Keep rows in memory or on disk for the block, unless their owner keeps them already."""
    if rows.storageLevel.useMemory or rows.storageLevel.useDisk:
        yield rows
        return
    held = rows.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield held
    finally:
        held.unpersist()


def at_once(work: Callable[[Job], Result], jobs: Sequence[Job], parallelism: int) -> list[Result]:
    """Do jobs in so many threads, each with the session's local properties; the results in the jobs' order."""
    tasks = [inheritable_thread_target(lambda job=job: work(job)) for job in jobs]
    with ThreadPool(max(1, min(parallelism, len(tasks)))) as pool:
        return pool.map(lambda task: task(), tasks, chunksize=1)
