"""A thread of Spark's that would keep a finished job from ending."""

import os
from contextlib import suppress

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

# Set by spark-submit, whose JVM is the job's and ends with it; another JVM may have a session after this one.
SUBMITTED = "PYSPARK_GATEWAY_PORT"


def cancel_barrier_timer(spark: SparkSession) -> None:
    """Cancel the timer of barrier tasks, by which XGBoost learns, at the end of a submitted job.

    In Spark 3.5 it is no daemon thread, and stands in the JVM that ran such a task. In local mode that is the driver's:
    spark-submit would wait for it for ever.
    """
    if SUBMITTED not in os.environ or not (spark.sparkContext.master or "").startswith("local"):
        return
    with suppress(Py4JError, OSError):  # A JVM that is gone has no timer.
        companion = getattr(spark._jvm.org.apache.spark, "BarrierTaskContext$")  # type: ignore[union-attr]
        getattr(getattr(companion, "MODULE$"), "org$apache$spark$BarrierTaskContext$$timer")().cancel()
