"""Collect from MQTT brokers into a spool or Kafka, and read what was collected."""

from tidemill.sources.mqtt.collecting import run_bridge
from tidemill.sources.mqtt.forwarding import forwarded_rows
from tidemill.sources.mqtt.segments import release
from tidemill.sources.mqtt.spooled import SEGMENTS_PER_BATCH, spool_rows

__all__ = ["SEGMENTS_PER_BATCH", "forwarded_rows", "release", "run_bridge", "spool_rows"]
