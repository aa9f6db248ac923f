"""What becomes of each reading of a micro-batch: taken, refused, or known already; and which ones are late."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tidemill.streams.readings.state import ReadingState

ACCEPTED, QUARANTINED, DUPLICATE = 0, 1, 2


@dataclass(frozen=True)
class Arrived:
    """The readings of a micro-batch, in the order of arrival; the driver holds this much of each.

    Attributes:
        number: int64, the row's number in the batch.
        refused: bool; of a refused reading nothing else is looked at.
        sensor: its key, see `known.sensor_key`.
        at: int64, the event time in microseconds since 1970 UTC.
        value: float64.
        identity: what no two messages share, where the contract names it; else None.
    """

    number: NDArray[Any]
    refused: NDArray[Any]
    sensor: NDArray[Any]
    at: NDArray[Any]
    value: NDArray[Any]
    identity: NDArray[Any] | None = None

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "Arrived":
        """From columns _number, _refused, _sensor, _at, _value and, where there is one, _identity."""
        at = rows["_at"].fillna(0).to_numpy(np.int64)
        identity = rows["_identity"].to_numpy() if "_identity" in rows else None
        return cls(
            rows["_number"].to_numpy(np.int64),
            rows["_refused"].to_numpy(bool),
            rows["_sensor"].to_numpy(),
            at,
            rows["_value"].to_numpy(np.float64),
            identity,
        )

    def chosen(self, which: NDArray[Any]) -> "Arrived":
        """Those readings alone."""
        identity = None if self.identity is None else self.identity[which]
        number, refused, sensor = self.number[which], self.refused[which], self.sensor[which]
        return Arrived(number, refused, sensor, self.at[which], self.value[which], identity)


def may_be_known(arrived: Arrived, state: ReadingState, horizon: int) -> NDArray[Any]:
    """Which readings silver may have already.

    A sensor's reading that is newer than all of its readings before cannot be known, and that is nearly every one; so
    silver is asked about the others alone.

    Args:
        arrived: the readings.
        state: before them.
        horizon: how far back from the newest event time silver is asked, in microseconds.

    Returns:
        bool, one a reading.
    """
    codes, sensors = pd.factorize(arrived.sensor, use_na_sentinel=True)
    newest = state.newest_of(list(sensors))
    watermark = state.watermark
    if watermark is None or not len(sensors):
        return np.zeros(len(arrived.at), bool)
    old = (arrived.at <= newest[codes]) & ~arrived.refused
    return old if state.whole else old & (arrived.at >= watermark - horizon)


def statuses(arrived: Arrived, known: NDArray[Any]) -> NDArray[Any]:
    """What becomes of each reading: the first of those that are the same is kept.

    Args:
        arrived: the readings.
        known: bool, whether silver has the reading.

    Returns:
        int8, one of ACCEPTED, QUARANTINED and DUPLICATE a reading.
    """
    result = np.where(arrived.refused, QUARANTINED, np.where(known, DUPLICATE, ACCEPTED)).astype(np.int8)
    open_ = np.flatnonzero(result == ACCEPTED)
    same = {"at": arrived.at[open_], "sensor": arrived.sensor[open_]}
    if arrived.identity is not None:
        # Several readings of one message share its id.
        same["identity"] = arrived.identity[open_]
    again = pd.DataFrame(same).duplicated(keep="first").to_numpy()
    result[open_[again]] = DUPLICATE
    return result


def newest_by_sensor(arrived: Arrived) -> dict[str, int]:
    """The event time of each sensor's newest reading, in microseconds."""
    codes, sensors = pd.factorize(arrived.sensor)
    newest = np.full(len(sensors), np.iinfo(np.int64).min)
    np.maximum.at(newest, codes, arrived.at)
    return dict(zip(sensors, newest.tolist(), strict=True))
