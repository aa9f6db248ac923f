"""What reading a stretch of time costs in windows as upkeep lays them out, against the order in which they arrived.

    make bench NAME=range_read                              about five minutes on two cores, 1 GB of disk
    python benchmarks/range_read.py --sensors 20 --days 2   to try it out

The same windows of a minute are written twice: as a stream of readings leaves them, some files an hour with all sensors
in the order of time; and partitioned by day and sorted by sensor, by the upkeep of window tables. Spark then asks both
in turn for one sensor over all days, one sensor's last day, and all sensors' last hour. `ratio` is of the processor
seconds of the first question, ours against theirs; files, bytes and rows are those that Spark had to read.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from streaming.session import stream_session
from training.processor import timed

from tidemill.lake import Lake
from tidemill.lake.upkeep import sort_again
from tidemill.streams.windows.tables import PARTITION_BY, PROPERTIES, SORT_BY

FIRST = date(2026, 3, 1)
OURS, THEIRS = "gold.site_1_minute", "gold.site_as_it_came"
FILES_A_DAY = 24


def windows(spark: SparkSession, sensors: int, day: date) -> DataFrame:
    """A day's windows of a minute of all sensors, in the order of time."""
    begins = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    rows = spark.range(0, 1440 * sensors, 1, FILES_A_DAY)
    minute, number = F.floor(F.col("id") / sensors), F.col("id") % sensors
    at = F.timestamp_seconds(F.lit(begins) + minute * 60)
    value = F.round(20 + number % 7 + 5 * F.sin(minute / 229) + F.rand(begins) - 0.5, 3)
    told = {"mean": value, "min": value - 1, "max": value + 1, "first": value - 0.1, "last": value + 0.1}
    return rows.select(
        F.format_string("site-%04d/temp", number).alias("sensor"),
        at.alias("window_start"),
        F.lit(6).cast("long").alias("count"),
        *[column.alias(name) for name, column in told.items()],
        F.rand(begins + 1).alias("deviation"),
        at.alias("updated_at"),
        F.lit(day).alias("day"),
    )


def write(lake: Lake, sensors: int, days: int) -> None:
    """Write both tables, and have upkeep sort ours as it does a closed day."""
    own = {name: value for name, value in PROPERTIES.items() if name != "delta.dataSkippingStatsColumns"}
    for place in range(days):
        day = FIRST + timedelta(days=place)
        rows = windows(lake.spark, sensors, day)
        lake.append(THEIRS, rows, None)
        lake.append(OURS, rows, None, statistics=SORT_BY, partition_by=PARTITION_BY, properties=own)
        sort_again(lake, OURS, f"day = date'{day}'", SORT_BY, by=PARTITION_BY)
        print(f"day {place + 1} of {days} written", flush=True)


def questions(sensors: int, days: int) -> dict[str, Column]:
    """What is asked for, by its name."""
    one = F.col("sensor") == f"site-{sensors // 2:04d}/temp"
    end = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(days=days)
    at = F.col("window_start")
    # As whoever knows that the table is partitioned by day asks; the other table has the column too.
    last = (F.col("day") == F.lit((end - timedelta(days=1)).date())) & (at >= end - timedelta(days=1))
    return {
        "one sensor, all days": one,
        "one sensor, a day": one & last,
        "all sensors, an hour": last & (at >= end - timedelta(hours=1)),
    }


def read(lake: Lake, name: str, where: Column) -> dict[str, float]:
    """Ask a table; processor seconds, and what Spark had to read of it."""
    asked = lake.read(name).where(where).select("window_start", "mean", "min", "max")
    rows, taken = timed(lambda: asked.agg(F.count("*"), F.sum("mean"), F.max("max"), F.min("min")).first()[0])
    files = lake.read(name).where(where).inputFiles()
    size = sum(Path(file.removeprefix("file:")).stat().st_size for file in files)
    return {"cpu": taken.cpu_seconds, "rows": rows, "files": len(files), "megabytes": round(size / 1e6, 2)}


def told_of(rounds: list[dict[str, float]]) -> Mapping[str, Any]:
    """A question's figures over the rounds."""
    return {**rounds[-1], "cpu": round(median(each["cpu"] for each in rounds), 3)}


def main() -> None:
    """Measure, and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sensors", type=int, default=500, help="how many (500)")
    parser.add_argument("--days", type=int, default=14, help="of windows (14)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each question is asked of each table (5)")
    request = parser.parse_args()
    spark = stream_session("range_read")
    detail: dict[str, Any] = {"sensors": request.sensors, "days": request.days, "rounds": request.rounds}
    with tempfile.TemporaryDirectory(prefix="tidemill-bench-") as folder:
        lake = Lake(spark, folder)
        write(lake, request.sensors, request.days)
        for question, where in questions(request.sensors, request.days).items():
            found: dict[str, list[dict[str, float]]] = {OURS: [], THEIRS: []}
            for _ in range(request.rounds + 1):
                for name, rounds in found.items():
                    rounds.append(read(lake, name, where))
            # The first one of a kind makes Spark load and compile what it needs for it.
            ours, theirs = told_of(found[OURS][1:]), told_of(found[THEIRS][1:])
            assert ours["rows"] == theirs["rows"]
            detail[question] = {"ours": ours, "theirs": theirs}
            print(f"{question}: ours {ours}, theirs {theirs}", flush=True)
    spark.stop()
    first = detail["one sensor, all days"]
    ours, theirs = first["ours"]["cpu"], first["theirs"]["cpu"]
    told = {"bench": "range_read", "ratio": round(ours / theirs, 3), "goal": 1.0, "unit": "CPU seconds"}
    print(json.dumps({**told, "ours": ours, "theirs": theirs, "detail": detail}))


if __name__ == "__main__":
    main()
