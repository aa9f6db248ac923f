"""Build a SparkSession from conf/spark/ and the configuration, and tell its failures in words."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

from tidemill.config import Config, revealed
from tidemill.errors import RunFailed, TidemillError
from tidemill.session.barrier_timer import cancel_barrier_timer
from tidemill.session.faults import explained
from tidemill.session.lookups import keep_lookups


class UnwritableHome(RunFailed):
    """The home folder cannot be written, so no table could be."""

    def __init__(self, home: str, reason: str) -> None:
        super().__init__(
            f"the home {home} cannot be written: {reason}. Free or mend it, or choose another with --home or "
            "TIDEMILL_HOME."
        )


@contextmanager
def spark_session(config: Config, app_name: str) -> Iterator[SparkSession]:
    """A SparkSession for the length of a with block.

    conf/spark/spark-defaults.conf is read by Spark itself when the JVM starts; only what the configuration lays over
    it is set here.

    Raises:
        UnwritableHome: the home is local and nothing can be written there.
        SparkFault: Spark failed for a reason that can be said in a line, such as a full disk.
    """
    _require_writable(config.home)
    # Python workers must be the driver's Python, where a cluster does not say otherwise.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName(app_name)
    for key, value in config.spark.settings.items():
        builder = builder.config(key, revealed(value))
    spark = builder.getOrCreate()
    keep_lookups(spark)
    try:
        yield spark
    except TidemillError:
        raise
    except Exception as error:
        fault = explained(error, config.home)
        if fault is None:
            raise
        raise fault from error
    finally:
        cancel_barrier_timer(spark)
        spark.stop()


def _require_writable(home: str) -> None:
    if "://" in home:
        return
    try:
        Path(home).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.write(b"\0" * 65536)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise UnwritableHome(home, error.strerror or str(error)) from error
