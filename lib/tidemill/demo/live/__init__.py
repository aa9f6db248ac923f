"""The demo's live minute: sensors that send by MQTT, two of them out of order, and the alerts that tell of it."""

from tidemill.demo.live.minute import FaultMissed, run_live
from tidemill.demo.live.record import LiveRecord, read_record
from tidemill.demo.live.section import live_section

__all__ = ["FaultMissed", "LiveRecord", "live_section", "read_record", "run_live"]
