"""A lake of sensors as the streams leave it, written without a JVM; each test puts into it what it is about."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import sin, tau
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from tidemill.alerts import AlertEvent, alert_id, append_events
from tidemill.config import load_config
from tidemill.contract.stream import span, window_table

CONF = Path(__file__).parents[2] / "conf"
SITE = """
name: site_readings
version: 1
description: Readings of the site's stations.
mode: stream
source: {kind: mqtt, url: "mqtt://broker:1883", topic: "site/+station/+sensor"}
columns:
  station: {type: string, required: true}
  sensor:  {type: string, required: true}
  at:      {type: timestamp, required: true}
  value:   {type: double, min: -50, max: 2000}
event_time: at
stream:
  entity: [station, sensor]
  value: value
  unit: {temp: celsius, humid: percent, press: hPa}
"""
PEOPLE = """
name: people
version: 1
source: {kind: files, path: "${landing}/people"}
columns:
  id:    {type: int, required: true}
  email: {type: string}
key: [id]
write: upsert
alerts: {fresh_within: 2 days}
personal: {subject: id, columns: [email]}
"""
MOMENT = pa.timestamp("us", "UTC")
SILVER = pa.schema(
    [
        *[("station", pa.string()), ("sensor", pa.string()), ("at", MOMENT), ("value", pa.float64())],
        *[("_warnings", pa.list_(pa.string())), ("_source", pa.string()), ("_run_id", pa.string())],
        ("_loaded_at", MOMENT),
    ]
)
WINDOWS = pa.schema(
    [
        *[("station", pa.string()), ("sensor", pa.string()), ("window_start", MOMENT), ("count", pa.int64())],
        *[(name, pa.float64()) for name in ("mean", "min", "max", "deviation", "first", "last")],
        *[("first_at", MOMENT), ("last_at", MOMENT), ("unit", pa.string()), ("updated_at", MOMENT)],
        ("day", pa.date32()),
    ]
)
COUNTS = ("read", "accepted", "quarantined", "duplicate", "unchanged", "stale", "late")
RUNS = pa.schema(
    [
        *[(name, pa.string()) for name in ("run_id", "job", "dataset", "event")],
        *[("at", MOMENT), ("contract_version", pa.int32())],
        *[(f"rows_{name}", pa.int64()) for name in COUNTS],
        *[("bytes_read", pa.int64()), ("table_versions", pa.map_(pa.string(), pa.int64()))],
        *[(name, pa.string()) for name in ("error", "version", "plan")],
    ]
)
CHECKS = pa.schema(
    [
        *[("run_id", pa.string()), ("dataset", pa.string()), ("check", pa.string())],
        *[("rows_checked", pa.int64()), ("rows_failed", pa.int64())],
    ]
)
FAILURE = pa.struct([(name, pa.string()) for name in ("check", "column", "value", "message")])
QUARANTINE = pa.schema(
    [
        *[(name, pa.string()) for name in ("_run_id", "_source", "_position")],
        *[("_failures", pa.list_(FAILURE)), ("_record", pa.string())],
        *[("_quarantined_at", MOMENT), ("_replayed_at", MOMENT)],
    ]
)
PROGRESS = pa.schema(
    [
        *[("dataset", pa.string()), ("query", pa.string()), ("at", MOMENT)],
        *[(name, pa.int64()) for name in ("batches", "rows", "rows_late", "rows_quarantined")],
        *[("seconds", pa.float64()), ("lag_rows", pa.int64())],
        *[("delay_p50", pa.float64()), ("delay_p95", pa.float64())],
    ]
)
Reading = tuple[str, datetime, float | None]


class SensorLake:
    """A conf folder with the contracts site_readings (a stream of sensors) and people, and a lake."""

    def __init__(self, folder: Path) -> None:
        self.conf = folder / "conf"
        (self.conf / "datasets").mkdir(parents=True)
        for name in ("base.yaml", "local.yaml"):
            shutil.copy(CONF / name, self.conf)
        (self.conf / "datasets/site_readings.yaml").write_text(SITE)
        (self.conf / "datasets/people.yaml").write_text(PEOPLE)
        self.home = folder / "home"

    def write(self, name: str, rows: Iterable[Mapping[str, Any]], schema: pa.Schema, day: bool = False) -> None:
        """Append rows in one commit."""
        listed = [{column: row.get(column) for column in schema.names} for row in rows]
        where = self.home / "lake" / name.replace(".", "/")
        table = pa.Table.from_pylist(listed, schema)
        write_deltalake(str(where), table, mode="append", partition_by=["day"] if day else None)

    def table(self, name: str) -> DeltaTable:
        return DeltaTable(str(self.home / "lake" / name.replace(".", "/")))

    def readings(self, readings: Iterable[Reading], delay: timedelta = timedelta(seconds=1)) -> None:
        """Put readings into silver: (STATION/SENSOR, time, value)."""
        rows = []
        for name, at, value in readings:
            station, _, sensor = name.partition("/")
            place = {"station": station, "sensor": sensor, "at": at, "value": value}
            rows.append({**place, "_source": "site", "_run_id": "r", "_loaded_at": at + delay, "_warnings": []})
        self.write("silver.site_readings", rows, SILVER)

    def windows(self, window: str, readings: Sequence[Reading]) -> None:
        """Put the windows that readings make into gold."""
        gathered: dict[tuple[str, datetime], list[tuple[datetime, float]]] = {}
        for name, at, value in readings:
            if value is not None:
                start = datetime.fromtimestamp(
                    at.timestamp() // span(window).total_seconds() * span(window).total_seconds(), UTC
                )
                gathered.setdefault((name, start), []).append((at, value))
        rows = []
        for (name, start), found in sorted(gathered.items()):
            found.sort()
            values = [value for _, value in found]
            unit = {"temp": "celsius", "humid": "percent", "press": "hPa"}.get(name.rpartition("/")[2])
            rows.append(
                {
                    **{"station": name.partition("/")[0], "sensor": name, "window_start": start, "count": len(values)},
                    **{"mean": fmean(values), "min": min(values), "max": max(values), "deviation": pstdev(values)},
                    **{"first": values[0], "last": values[-1], "first_at": found[0][0], "last_at": found[-1][0]},
                    **{"unit": unit, "updated_at": found[-1][0], "day": start.date()},
                }
            )
        self.write(window_table("site_readings", window), rows, WINDOWS, day=True)

    def alert(self, events: Iterable[AlertEvent]) -> None:
        """Write what happens to alerts, as the streams do."""
        append_events(load_config(home=str(self.home)), list(events))

    def run(self, dataset: str, job: str, at: datetime, error: str | None = None, **counts: int) -> str:
        """Record a run that took two seconds."""
        run_id = f"{at:%Y%m%dT%H%M%S}-0000000a"
        same = {
            "run_id": run_id,
            "job": job,
            "dataset": dataset,
            "version": "0.1.0",
            "contract_version": 1,
            "plan": "{}",
        }
        ended = {**same, "event": "failed" if error else "committed", "at": at + timedelta(seconds=2), "error": error}
        named = {f"rows_{name}": counts.get(name, 0) for name in COUNTS} if not error else {}
        planned = {**same, "event": "planned", "at": at}
        self.write("ops.run_events", [planned, {**ended, **named, "bytes_read": 0, "table_versions": []}], RUNS)
        return run_id

    def refuse(
        self, dataset: str, run_id: str, at: datetime, record: Mapping[str, Any], *failures: Mapping[str, Any]
    ) -> None:
        """Put a row into quarantine, and its failures into ops.checks."""
        row = {
            "_run_id": run_id,
            "_source": f"{dataset}/a.csv",
            "_position": "000000000001",
            "_record": json.dumps(record),
        }
        self.write(f"quarantine.{dataset}", [{**row, "_failures": list(failures), "_quarantined_at": at}], QUARANTINE)
        checks = [
            {"run_id": run_id, "dataset": dataset, "check": one["check"], "rows_checked": 10, "rows_failed": 1}
            for one in failures
        ]
        self.write("ops.checks", checks, CHECKS)

    def progress(self, now: datetime, minutes: int, query: str = "readings", **changes: Any) -> None:
        """Let a query have run for some minutes."""
        first = now.replace(second=0, microsecond=0) - timedelta(minutes=minutes)
        usual = {
            "batches": 60,
            "rows_late": 0,
            "rows_quarantined": 0,
            "seconds": 24.0,
            "lag_rows": 120,
            "delay_p50": 0.6,
            "delay_p95": 1.1,
        }
        rows = [
            {
                **{
                    "dataset": "site_readings",
                    "query": query,
                    "at": first + timedelta(minutes=n),
                    "rows": 6000 + 100 * (n % 7),
                },
                **{**usual, **changes},
            }
            for n in range(1, minutes + 1)
        ]
        self.write("ops.stream_progress", rows, PROGRESS)


def opened(sensor: str, at: datetime, rule: str = "too_hot", **changes: Any) -> AlertEvent:
    """The opening of an alert of site_readings."""
    usual = {
        "kind": "threshold",
        "severity": "critical",
        "event_at": at,
        "value": 91.5,
        "score": None,
        "text": f"{sensor} is above 90",
    }
    values = {**usual, **changes}
    kind, severity = values.pop("kind"), values.pop("severity")
    return AlertEvent(
        alert_id("site_readings", rule, sensor, at),
        "opened",
        at,
        "site_readings",
        rule,
        kind,
        sensor,
        severity,
        **values,
    )


def wave(name: str, until: datetime, length: timedelta, every: timedelta, level: float = 20.0) -> list[Reading]:
    """Readings with a daily wave and a little of a shorter one, oldest first."""
    steps = int(length / every)
    times = [until - every * step for step in range(steps, -1, -1)]
    hours = [at.timestamp() / 3600 for at in times]
    return [
        (name, at, level + 5 * sin(tau * h / 24) + 0.6 * sin(tau * h * 1.7)) for at, h in zip(times, hours, strict=True)
    ]
