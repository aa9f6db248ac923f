"""`tidemill doctor`: is this machine ready, and what to do where it is not."""

from tidemill.cli.doctor.command import doctor
from tidemill.cli.doctor.finding import Finding

__all__ = ["Finding", "doctor"]
