"""Rows kept for many passes, without the plan that made them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from pyspark.sql import DataFrame


@contextmanager
def kept(*frames: DataFrame) -> Iterator[tuple[DataFrame, ...]]:
    """Keep the rows of frames on the executors, on disk where memory does not hold them, for the length of a block.

    Unlike `persist`, which leaves the frame its plan, for Spark to analyse, optimise and compare again in each query:
    for the plan of forty features that takes longer than a small fit. Rows lost with their executor are not made again,
    so that the fit fails and is to be repeated; that is what a local checkpoint is.

    Args:
        frames: rows that will be read often.

    Returns:
        The same rows, in the same partitions and order.
    """
    with ExitStack() as stack:
        yield tuple(stack.enter_context(_kept(frame)) for frame in frames)


@contextmanager
def _kept(frame: DataFrame) -> Iterator[DataFrame]:
    made = frame.localCheckpoint(eager=True)
    try:
        yield made
    finally:
        _rows_of(made).unpersist(False)


def without_plan(cached: DataFrame) -> DataFrame:
    """The same rows in the same partitions and order, for Spark to plan with as a table of their own.

    What is made of them is analysed without the plan behind them, as it is of a checkpoint; but they are read from the
    cache, and made again where an executor was lost with them. A query reads all their columns, so keep few.

    Args:
        cached: rows that the caller keeps cached, which they must be before they are first read.
    """
    session = cached.sparkSession
    rows = cached._jdf.queryExecution().toRdd()
    return DataFrame(session._jsparkSession.internalCreateDataFrame(rows, cached._jdf.schema(), False), session)


def _rows_of(checkpointed: DataFrame) -> Any:
    # A checkpoint's plan is one node that holds its rows; pyspark has no call that lets go of them.
    return checkpointed._jdf.queryExecution().analyzed().rdd()
