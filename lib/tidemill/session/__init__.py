"""The only place that builds a SparkSession."""

from tidemill.session.building import UnwritableHome, spark_session
from tidemill.session.faults import SparkFault, explained

__all__ = ["SparkFault", "UnwritableHome", "explained", "spark_session"]
