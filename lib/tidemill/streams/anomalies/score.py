"""The score of past readings: what a stream would have said of each at its time."""

from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from tidemill.streams.anomalies.batch import COLUMNS, NEVER, Batch, NotReadings
from tidemill.streams.anomalies.columns import Array
from tidemill.streams.anomalies.scoring import Scorer


def score(readings: Any) -> pd.DataFrame:
    """Score each reading by those of its sensor before it, without a look ahead.

    Nothing is to be set: seasons (of the day, the week, or any period that comes back), levels, spreads and tails are
    learned from each sensor's own past.

    Args:
        readings: a pandas frame, or a Spark one that fits the driver's memory: sensor string, at timestamp (UTC where
            it has no zone), value double; in any order; other columns stay.

    Returns:
        The same rows in the same order with `score`, 0 to 1. The order of surprise is the order of the scores; above
        0.5 is about one reading in 720 of a sensor without a fault, which is one in 30 days of hourly readings. A
        reading without a finite value or a time has 0.

    Raises:
        NotReadings: a column is missing or of another type.
    """
    # All rows come to the driver: the caller's frame is the bound.
    frame = readings.toPandas() if isinstance(readings, DataFrame) else readings
    if not isinstance(frame, pd.DataFrame) or any(name not in frame.columns for name in COLUMNS):
        raise NotReadings(", ".join(map(str, getattr(frame, "columns", [type(frame).__name__]))))
    sensor, at, value = _arrays(frame)
    usable = np.isfinite(value) & (at > NEVER) & (sensor >= 0)
    places = np.flatnonzero(usable)
    # A second reading of the same time comes after the first, as it does in a stream.
    places = places[np.lexsort((places, at[places], sensor[places]))]
    batch = _batch(sensor[places], at[places], value[places])
    scorer = Scorer()
    scorer.grow(int(sensor.max(initial=-1)) + 1)
    scores = np.zeros(len(frame))
    scores[places] = scorer.scores(batch)
    return frame.assign(score=scores)


def _arrays(frame: pd.DataFrame) -> tuple[Array, Array, Array]:
    try:
        at = pd.to_datetime(frame["at"], utc=True).dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        value = pd.to_numeric(frame["value"]).to_numpy(np.float64, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise NotReadings(f"{str(error).splitlines()[0]}") from error
    whole = np.where(np.isnat(at), NEVER, at.astype(np.int64))
    return pd.factorize(frame["sensor"])[0], whole, value


def _batch(sensor: Array, at: Array, value: Array) -> Batch:
    first = np.append(True, np.diff(sensor) != 0)[: len(sensor)]
    return Batch(sensor, at, value, first, at, value, late=0)
