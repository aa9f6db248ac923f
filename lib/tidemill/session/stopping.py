"""What SIGTERM does to a job that must end in its own time."""

import signal
from collections.abc import Callable

from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import SparkSession


class _Handler:
    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act

    def handle(self, _signal: object) -> None:
        self._act()

    class Java:
        implements = ("sun.misc.SignalHandler",)


def on_sigterm(spark: SparkSession, act: Callable[[], None]) -> None:
    """Do this when the job is told to stop, instead of dying.

    Under spark-submit the process that a service manager knows is the JVM: left to itself it ends at once, with 143,
    and takes Spark away from the Python that it had started. So both are told what to do.

    Args:
        spark: a running session.
        act: quick, and safe to be called from another thread, more than once.
    """
    signal.signal(signal.SIGTERM, lambda *_: act())
    gateway = spark.sparkContext._gateway
    ensure_callback_server_started(gateway)  # type: ignore[no-untyped-call]
    java = gateway.jvm.sun.misc  # type: ignore[union-attr]
    java.Signal.handle(java.Signal("TERM"), _Handler(act))
