"""Whether all ranks can run at once, where Spark does other work; the session has two slots."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from pyspark import InheritableThread
from pyspark.sql import SparkSession

from tests.waiting import until
from tidemill.models.images.backends import TooFewSlots
from tidemill.models.images.backends.slots import require_slots

OTHERS = "others"


@contextmanager
def other_work(spark: SparkSession, tasks: int, seconds: float) -> Iterator[InheritableThread]:
    """Tasks of somebody else, which hold a slot each until they end or this does."""
    context = spark.sparkContext

    with TemporaryDirectory() as begun:

        def held(_: object) -> list[int]:
            (Path(begun) / uuid4().hex).touch()
            time.sleep(seconds)  # the work itself
            return []

        def work() -> None:
            context.setJobGroup(OTHERS, "somebody else's", interruptOnCancel=True)
            with suppress(Exception):  # cancelled
                context.parallelize(range(tasks), tasks).mapPartitions(held).count()

        thread = InheritableThread(target=work, daemon=True)
        thread.start()
        try:
            until(lambda: len(list(Path(begun).iterdir())) == tasks)
            yield thread
        finally:
            context.cancelJobGroup(OTHERS)
            thread.join()


@pytest.mark.parametrize(("tasks", "free"), [(1, 1), (2, 0)])
def test_slots_that_other_work_holds_do_not_count(spark, tasks, free):
    few = rf"^2 ranks were asked for, but only {free} task\(s\) ran .* or wait for what else runs"
    with other_work(spark, tasks, seconds=60), pytest.raises(TooFewSlots, match=few):
        require_slots(spark, 2, patience=3)


def test_work_that_ends_in_time_makes_room(spark):
    with other_work(spark, 2, seconds=2) as other:
        require_slots(spark, 2)

        assert not other.is_alive()


def test_what_was_rehearsed_is_over_when_the_ranks_may_start(spark):
    require_slots(spark, 2, patience=90)  # its tasks would stay for three minutes

    with other_work(spark, 2, seconds=60) as other:
        assert other.is_alive()
