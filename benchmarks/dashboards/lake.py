"""A month of many sensors' windows and the last minutes of their readings, written without a JVM."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import WriterProperties, write_deltalake

REPOSITORY = Path(__file__).parents[2]
MOMENT = pa.timestamp("us", "UTC")
DAY = timedelta(days=1)
# A group of this many rows has about 70 sensors' minutes of a day, so that one sensor's are found without the others'.
ROW_GROUP = 100_000
CONTRACT = """
name: site_readings
version: 1
mode: stream
source: {kind: mqtt, url: "mqtt://broker:1883", topic: "site/+site/+sensor"}
columns:
  site:   {type: string, required: true}
  sensor: {type: string, required: true}
  at:     {type: timestamp, required: true}
  value:  {type: double}
event_time: at
stream: {entity: [site, sensor], value: value, unit: celsius}
"""


def write_lake(folder: Path, sensors: int) -> dict[str, int]:
    """Write conf/ and home/lake.

    Args:
        folder: an empty one.
        sensors: how many.

    Returns:
        The rows of each table.
    """
    (folder / "conf/datasets").mkdir(parents=True)
    for name in ("base.yaml", "local.yaml"):
        shutil.copy(REPOSITORY / "conf" / name, folder / "conf")
    (folder / "conf/datasets/site_readings.yaml").write_text(CONTRACT)
    now = datetime.now(UTC)
    lake = folder / "home/lake"
    names = [f"site-{number:04}" for number in range(sensors)]
    lengths = {"1_minute": (timedelta(minutes=1), 2), "1_hour": (timedelta(hours=1), 30), "1_day": (DAY, 30)}
    rows = {f"gold.{name}": _windows(lake, name, names, now, *length) for name, length in lengths.items()}
    rows["silver"] = _silver(lake, names, now)
    rows["ops.stream_progress"] = _progress(lake, now)
    return rows


def _windows(lake: Path, name: str, sites: list[str], now: datetime, length: timedelta, days: int) -> int:
    written = 0
    for back in range(days, -1, -1):
        first = datetime.combine(now.date() - back * DAY, datetime.min.time(), UTC)
        steps = int((min(now, first + DAY) - first) / length) or 1
        table = _day(sites, first, steps, length)
        options = WriterProperties(max_row_group_size=ROW_GROUP, compression="SNAPPY")
        where = str(lake / "gold" / f"site_readings_{name}")
        write_deltalake(where, table, mode="append", partition_by=["day"], writer_properties=options)
        written += table.num_rows
    return written


def _day(sites: list[str], first: datetime, steps: int, length: timedelta) -> pa.Table:
    many = len(sites) * steps
    site = np.repeat(np.arange(len(sites)), steps)
    starts = np.tile(first.timestamp() + np.arange(steps) * length.total_seconds(), len(sites))
    spread = np.random.default_rng(int(first.timestamp())).normal(0, 0.4, many)
    mean = 20 + site % 7 + 5 * np.sin(starts / 86400 * 2 * np.pi) + spread
    count = int(length.total_seconds() // 10)
    moments = {"window_start": starts, "first_at": starts, "last_at": starts + length.total_seconds() - 10}
    place = pa.DictionaryArray.from_arrays(pa.array(site, pa.int32()), pa.array(sites)).cast(pa.string())
    sensor = pa.DictionaryArray.from_arrays(pa.array(site, pa.int32()), pa.array([f"{one}/temp" for one in sites]))
    columns = {
        **{"site": place, "sensor": sensor.cast(pa.string()), "count": pa.array(np.full(many, count))},
        **{"mean": mean, "min": mean - 1 - abs(spread), "max": mean + 1 + abs(spread), "deviation": abs(spread)},
        **{"first": mean - 0.1, "last": mean + 0.1, "unit": pa.array(["celsius"] * many)},
        **{name: _moments(times) for name, times in moments.items()},
        **{"updated_at": _moments(starts + length.total_seconds()), "day": _days(first.date(), many)},
    }
    return pa.table(columns)


def _moments(seconds: np.ndarray) -> pa.Array:
    return pa.array((seconds * 1e6).astype("int64")).cast(MOMENT)


def _days(day: date, many: int) -> pa.Array:
    return pa.array([day] * many, pa.date32())


def _silver(lake: Path, sites: list[str], now: datetime) -> int:
    """A commit every ten seconds of the last 15 minutes."""
    written = 0
    for commit in range(90):
        at = now.timestamp() - 900 + 10 * commit + np.arange(len(sites)) * 10 / len(sites)
        table = pa.table(
            {
                **{"site": pa.array(sites), "sensor": pa.array(["temp"] * len(sites)), "at": _moments(at)},
                **{"value": pa.array(20 + np.sin(at / 300)), "_loaded_at": _moments(at + 1)},
            }
        )
        write_deltalake(str(lake / "silver/site_readings"), table, mode="append")
        written += table.num_rows
    return written


def _progress(lake: Path, now: datetime) -> int:
    minutes = 30 * 1440
    at = now.timestamp() // 60 * 60 - 60 * np.arange(minutes, -1, -1)
    many = len(at)
    counts = {"batches": 60, "rows": 6000, "rows_late": 2, "rows_quarantined": 5, "lag_rows": 100}
    lengths = {"seconds": 25.0, "delay_p50": 0.6, "delay_p95": 1.2}
    table = pa.table(
        {
            **{"dataset": pa.array(["site_readings"] * many), "query": pa.array(["readings"] * many)},
            **{"at": _moments(at)},
            **{name: pa.array(np.full(many, value)) for name, value in (counts | lengths).items()},
        }
    )
    write_deltalake(str(lake / "ops/stream_progress"), table)
    return many
