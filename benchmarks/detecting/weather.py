"""The hourly weather of three airports as readings of 15 sensors, and faults put into them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tidemill.demo.readings import load_readings

MEASURES = ("temp", "dewp", "humid", "pressure", "wind_speed")
KINDS = ("spike", "stuck", "silent", "rate", "drift")
HOUR = pd.Timedelta("1h")
WARM_UP = pd.Timedelta("30d")  # of readings without a fault, as a new stream has them
APART = pd.Timedelta("4d")
CALM = 100.0  # mph: the real data hold one gust of 1048


@dataclass(frozen=True)
class Fault:
    """What was put into a sensor's readings.

    Attributes:
        kind: spike, stuck, silent, rate or drift.
        sensor: STATION/MEASURE.
        begin, end: its first and last hour.
    """

    kind: str
    sensor: str
    begin: pd.Timestamp
    end: pd.Timestamp


def weather_sensors() -> pd.DataFrame:
    """The readings of 2013: sensor (STATION/MEASURE), at (UTC), value, in the order of both."""
    wide = load_readings()
    wide["at"] = pd.to_datetime(wide["time_hour"], utc=True)
    long = wide.melt(["origin", "at"], MEASURES, var_name="measure", value_name="value").dropna()
    long = long[~((long["measure"] == "wind_speed") & (long["value"] > CALM))]
    long["sensor"] = long["origin"].astype(str) + "/" + long["measure"]
    return long[["sensor", "at", "value"]].astype({"value": float}).sort_values(["sensor", "at"], ignore_index=True)


def usual_change(values: pd.Series) -> float:
    """A sensor's usual change from hour to hour: 1.4826 times the median of its absolute changes that are not 0."""
    change = values.diff().abs()
    return 1.4826 * float(change[change > 0].median())


def usual_distance(readings: pd.DataFrame) -> pd.Series:
    """How far the daily mean of each sensor usually is from its neighbours' mean, beside what always lies between.

    Returns:
        A standard deviation a sensor: 1.4826 times the median absolute one.
    """
    measure = readings["sensor"].str.split("/").str[1]
    daily = readings.groupby(["sensor", measure.rename("measure"), readings["at"].dt.floor("D")])["value"].mean()
    of_all = daily.groupby(["measure", "at"])
    others = (of_all.transform("sum") - daily) / (of_all.transform("size") - 1)
    distance = (daily - others).dropna()
    off = distance - distance.groupby("sensor").transform("median")
    return 1.4826 * off.abs().groupby("sensor").median()


def with_faults(
    readings: pd.DataFrame, kind: str, count: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[Fault]]:
    """Put faults of one kind into the readings, days apart; of a measure one station drifts at a time.

    spike: one reading off by 8 to 16 usual changes. stuck: the same value for 24 to 96 hours. silent: no reading for 12
    to 72 hours. rate: 3 to 6 hours in a row that change by 6 to 10 usual changes each in one direction, then back as
    fast. drift: for 21 days 0.15 to 0.4 usual distances from the neighbours more each day, then repaired.
    """
    parts = {sensor: rows.reset_index(drop=True) for sensor, rows in readings.groupby("sensor")}
    distance = usual_distance(readings)
    taken: list[Fault] = []
    while len(taken) < count:
        sensor = str(rng.choice(sorted(parts)))
        rows = parts[sensor]
        fault, changed = _INJECT[kind](sensor, rows, rng, distance[sensor])
        if fault.end > rows["at"].iloc[-1] - APART or any(_near(fault, other) for other in taken):
            continue
        taken.append(fault)
        parts[sensor] = changed
    return pd.concat(parts.values(), ignore_index=True), taken


def _near(one: Fault, other: Fault) -> bool:
    same = one.sensor.split("/")[1] == other.sensor.split("/")[1] if one.kind == "drift" else one.sensor == other.sensor
    return same and one.begin - APART < other.end and other.begin - APART < one.end


def _start(rows: pd.DataFrame, rng: np.random.Generator) -> int:
    first = int(rows["at"].searchsorted(rows["at"].iloc[0] + WARM_UP))
    return int(rng.integers(first, len(rows) - 24))


def _spike(sensor: str, rows: pd.DataFrame, rng: np.random.Generator, _: float) -> tuple[Fault, pd.DataFrame]:
    at, value = _start(rows, rng), rows["value"].copy()
    value[at] += rng.choice([-1, 1]) * rng.uniform(8, 16) * usual_change(value)
    return Fault("spike", sensor, rows["at"][at], rows["at"][at]), rows.assign(value=value)


def _stuck(sensor: str, rows: pd.DataFrame, rng: np.random.Generator, _: float) -> tuple[Fault, pd.DataFrame]:
    at, value = _start(rows, rng), rows["value"].copy()
    begin = rows["at"][at]
    end = begin + rng.integers(24, 97) * HOUR
    during = (rows["at"] >= begin) & (rows["at"] <= end)
    value[during] = value[at]
    return Fault("stuck", sensor, begin, end), rows.assign(value=value)


def _silent(sensor: str, rows: pd.DataFrame, rng: np.random.Generator, _: float) -> tuple[Fault, pd.DataFrame]:
    begin = rows["at"][_start(rows, rng)]
    end = begin + rng.integers(12, 73) * HOUR
    kept = rows[(rows["at"] < begin) | (rows["at"] > end)]
    return Fault("silent", sensor, begin, end), kept.reset_index(drop=True)


def _rate(sensor: str, rows: pd.DataFrame, rng: np.random.Generator, _: float) -> tuple[Fault, pd.DataFrame]:
    at, value = _start(rows, rng), rows["value"].copy()
    hours = int(rng.integers(3, 7))
    up = np.arange(1, hours + 1) * rng.uniform(6, 10) * usual_change(value) * rng.choice([-1, 1])
    shape = np.concatenate([up, up[-2::-1]])
    value.iloc[at : at + len(shape)] += shape
    return Fault("rate", sensor, rows["at"][at], rows["at"][at + len(shape) - 1]), rows.assign(value=value)


def _drift(sensor: str, rows: pd.DataFrame, rng: np.random.Generator, usual: float) -> tuple[Fault, pd.DataFrame]:
    begin = rows["at"][_start(rows, rng)]
    end = begin + pd.Timedelta("21d")
    days = (rows["at"] - begin) / pd.Timedelta("1d")
    during = (rows["at"] >= begin) & (rows["at"] <= end)
    slope = rng.choice([-1, 1]) * rng.uniform(0.15, 0.4) * usual
    return Fault("drift", sensor, begin, end), rows.assign(value=rows["value"] + np.where(during, slope * days, 0))


_INJECT = {"spike": _spike, "stuck": _stuck, "silent": _silent, "rate": _rate, "drift": _drift}
