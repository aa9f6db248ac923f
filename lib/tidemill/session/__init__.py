"""The only place that builds a SparkSession."""

from tidemill.session.building import UnwritableHome, spark_session
from tidemill.session.faults import SparkFault, explained, is_transient
from tidemill.session.lookups import keep_lookups
from tidemill.session.progress import progress
from tidemill.session.retrying import repeated
from tidemill.session.settings import with_settings
from tidemill.session.stopping import on_sigterm

__all__ = [
    "SparkFault",
    "UnwritableHome",
    "explained",
    "is_transient",
    "keep_lookups",
    "on_sigterm",
    "progress",
    "repeated",
    "spark_session",
    "with_settings",
]
