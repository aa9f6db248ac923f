"""Settings of a session for the length of a block."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.sql import SparkSession


@contextmanager
def with_settings(spark: SparkSession, settings: Mapping[str, str | int]) -> Iterator[None]:
    """Within this block a session has these settings; afterwards those that it had, or none.

    They are the session's: other threads that use it have them too.

    Args:
        spark: the session.
        settings: by name.
    """
    before = {name: spark.conf.get(name, None) for name in settings}
    for name, wanted in settings.items():
        spark.conf.set(name, str(wanted))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                spark.conf.unset(name)
            else:
                spark.conf.set(name, value)
