"""What a method without a network comes to: histograms of oriented gradients and a linear support vector machine."""

from tidemill.models.images.baseline.gradients import histograms
from tidemill.models.images.baseline.machine import baseline_of, linear_baseline, linear_machine

__all__ = ["baseline_of", "histograms", "linear_baseline", "linear_machine"]
