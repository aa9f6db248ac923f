"""Periods that no calendar knows: found in a sensor's last readings by autocorrelation."""

import numpy as np

from tidemill.streams.anomalies.columns import Array
from tidemill.streams.anomalies.scoring.tails import State
from tidemill.streams.anomalies.scoring.timing import RING, When

FIRST, MOST = 64, 2000  # readings before the first look, and at most between two looks
SHORTEST = 3
SHARE = 0.4  # a period must come two and a half times
PEAK, RISE = 0.25, 0.2  # autocorrelation, and how far it must have come up
FILLS = {"period": 0, "longer": 0, "look_at": float(FIRST)}


def look_for_periods(state: State, ring: Array, when: When) -> None:
    """Look again at the sensors whose readings have become a quarter more.

    Args:
        state: whose `period` and `longer` are set: the shortest period that is as good as any, and a longer better
            one; 0 where there is none.
        ring: of every sensor, the last readings by place.
        when: the newest readings.
    """
    due = np.flatnonzero(state["count"] >= state["look_at"])
    if not len(due):
        return
    state["look_at"][due] = state["count"][due] + np.minimum(state["count"][due] / 4, MOST)
    places = when.place[due, None] - np.arange(RING)[::-1]
    values = ring[when.sensor[due, None], places % RING].astype(float)
    values[places < 0] = np.nan
    found = _periods(values)
    state["period"][due], state["longer"][due] = found


def _periods(values: Array) -> tuple[Array, Array]:
    known = np.isfinite(values)
    correlation = _autocorrelation(_standardised(values, known), known)
    lags = np.arange(correlation.shape[1])
    risen = correlation - np.minimum.accumulate(correlation, axis=1)
    peak = np.zeros(correlation.shape, bool)
    inner = correlation[:, 1:-1]
    peak[:, 1:-1] = (inner > correlation[:, :-2]) & (inner >= correlation[:, 2:])
    peak &= (correlation > PEAK) & (risen > RISE) & (lags >= SHORTEST)
    peak &= lags < SHARE * known.sum(axis=1)[:, None]
    best = np.where(peak, correlation, -1).max(axis=1)
    good = peak & (correlation > 0.9 * best[:, None] - 0.02)
    period = np.where(good.any(axis=1), good.argmax(axis=1), 0)
    of_period = correlation[np.arange(len(period)), period]
    longer = np.where(peak & (lags > 1.5 * period[:, None]) & (correlation > of_period[:, None]), correlation, -1)
    return period, np.where((period > 0) & (longer.max(axis=1) > 0), longer.argmax(axis=1), 0)


def _standardised(values: Array, known: Array) -> Array:
    """Without trend, in deviations, outliers cut off; 0 where nothing is known."""
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    at = np.where(known, np.arange(values.shape[1], dtype=float), 0)
    of_time = np.where(known, at - at.sum(axis=1, keepdims=True) / count, 0)
    flat = np.where(known, values, 0)
    slope = (of_time * flat).sum(axis=1, keepdims=True) / np.maximum((of_time**2).sum(axis=1, keepdims=True), 1)
    flat = flat - slope * of_time
    for _ in range(2):
        flat = np.where(known, flat - flat.sum(axis=1, keepdims=True) / count, 0)
        deviation = 1.25 * np.abs(flat).sum(axis=1, keepdims=True) / count
        flat = np.clip(flat / np.where(deviation > 0, deviation, 1), -3, 3)
    return flat


def _autocorrelation(values: Array, known: Array) -> Array:
    """By Wiener and Khinchin, over the pairs of which both are known."""
    size = values.shape[1]
    both = np.fft.rfft(np.stack([values, known]), 2 * size)
    covariance, pairs = np.fft.irfft(both * both.conj())[:, :, : size // 2]
    mean = covariance / np.maximum(pairs, 1)
    return mean / np.where(mean[:, :1] > 0, mean[:, :1], 1)
