"""A sensor's readings by window, kept up in gold tables."""

from tidemill.streams.windows.calibration import WrongCalibration
from tidemill.streams.windows.query import NotWindowed, rebuild_windows, stream_windows
from tidemill.streams.windows.summing import windows

__all__ = ["NotWindowed", "WrongCalibration", "rebuild_windows", "stream_windows", "windows"]
