"""The only place that builds a SparkSession."""

from tidemill.session.building import UnwritableHome, spark_session
from tidemill.session.faults import SparkFault, explained
from tidemill.session.lookups import keep_lookups
from tidemill.session.progress import progress
from tidemill.session.stopping import on_sigterm

__all__ = ["SparkFault", "UnwritableHome", "explained", "keep_lookups", "on_sigterm", "progress", "spark_session"]
