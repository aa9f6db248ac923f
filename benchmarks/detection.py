"""How many faults the alert rules of conf/alerts/weather_sensors.yaml find, how soon, and how often they are wrong.

    make bench NAME=detection
    python benchmarks/detection.py --seeds 100 --kinds drift

For each seed 200 faults of each kind are put into ten copies of a year of hourly readings of 15 sensors (three
stations, five measures; see benchmarks/detecting/weather.py). All rules judge all copies. A fault is found when an
alert of its sensor opens from its first hour until three hours after its last. Every other alert is false, but one that
opens within a day after a fault of its sensor; so is each about a real gap or a real storm. Goals: spike, stuck, silent
and rate at least 0.95, drift 0.80, with at most one false alert a sensor and 30 days. The reference is one rule for all
kinds: a value three standard deviations from the mean of the sensor's last 30 days.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from detecting.weather import HOUR, KINDS, Fault, weather_sensors, with_faults

from tidemill.alerts.rules import DriftRule, Rule, read_rules
from tidemill.streams.anomalies import SOURCE, PastAlert, backtest

RULES = Path(__file__).parents[1] / "conf" / "alerts" / "weather_sensors.yaml"
COPIES, FAULTS = 10, 200
GOALS = {"drift": 0.80}
GOAL = 0.95
AFTER = 3 * HOUR
FOLLOWING = 24 * HOUR
MONTH = pd.Timedelta("30d")


def copied(rules: Sequence[Rule], copies: Sequence[str]) -> list[Rule]:
    """The rules for sensors named COPY/STATION/MEASURE; neighbours are of one copy."""
    return [
        rule.model_copy(
            update={
                "sensors": tuple(
                    f"{copy}/{pattern}"
                    for copy in (copies if isinstance(rule, DriftRule) else ("*",))
                    for pattern in rule.sensors
                )
            }
        )
        if rule.sensors != ("**",)
        else rule
        for rule in rules
    ]


def faulty(clean: pd.DataFrame, kinds: Sequence[str], seed: int) -> tuple[pa.Table, list[Fault]]:
    """Copies of the readings with faults, and these, their sensors named COPY/STATION/MEASURE."""
    rng = np.random.default_rng(seed)
    tables, faults = [], []
    for kind in kinds:
        for number in range(COPIES):
            readings, put = with_faults(clean, kind, FAULTS // COPIES, rng)
            copy = f"{kind}{number}"
            faults += [Fault(kind, f"{copy}/{each.sensor}", each.begin, each.end) for each in put]
            tables.append(pa.Table.from_pandas(readings.assign(sensor=copy + "/" + readings["sensor"])))
    return pa.concat_tables(tables), faults


def judged(faults: Sequence[Fault], alerts: Sequence[PastAlert], kind: str, months: float) -> dict[str, Any]:
    """Recall, delay and false alerts in the copies of one kind."""
    of_kind = [fault for fault in faults if fault.kind == kind]
    by_sensor: dict[str, list[PastAlert]] = {}
    for alert in alerts:
        by_sensor.setdefault(alert.sensor, []).append(alert)
    delays, missed, true = [], [], set()
    by_rule: dict[str, int] = {}
    for fault in of_kind:
        mine = [one for one in by_sensor.get(fault.sensor, []) if fault.begin <= one.opened <= fault.end + FOLLOWING]
        true |= {one.alert_id for one in mine}
        found = sorted(one.opened for one in mine if one.opened <= fault.end + AFTER)
        for rule in {one.rule for one in mine if one.opened <= fault.end + AFTER}:
            by_rule[rule] = by_rule.get(rule, 0) + 1
        if found:
            delays.append((found[0] - fault.begin) / HOUR)
        else:
            missed.append(fault.sensor.split("/")[-1])
    false = [one for one in alerts if one.sensor.startswith(kind) and one.alert_id not in true]
    return {
        "recall": round(len(delays) / len(of_kind), 3),
        "false_per_sensor_30_days": round(len(false) / months, 3),
        "delay_hours": {f"p{share}": round(float(np.percentile(delays, share)), 1) for share in (50, 95)},
        "found_by": dict(sorted(by_rule.items(), key=lambda item: -item[1])),
        "missed": {measure: missed.count(measure) for measure in sorted(set(missed))},
        "false_by": {rule: sum(one.rule == rule for one in false) for rule in sorted({one.rule for one in false})},
    }


def reference(readings: pa.Table) -> list[PastAlert]:
    """Alerts of three standard deviations from the mean of 30 days, one for each stretch of such readings."""
    frame = readings.to_pandas().sort_values(["sensor", "at"], ignore_index=True)
    past = frame.set_index("at").groupby("sensor")["value"].rolling("30d", closed="left", min_periods=24)
    off = (frame["value"] - past.mean().to_numpy()).abs() > 3 * past.std().to_numpy()
    begins = off & ~(off.shift(fill_value=False) & (frame["sensor"] == frame["sensor"].shift()))
    return [
        PastAlert(str(row.Index), "reference", "threshold", "info", row.sensor, row.at, row.at, None, None, None, "")
        for row in frame[begins].itertuples()
    ]


def main() -> None:
    """Put faults in, judge, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    request = parser.parse_args()
    clean = weather_sensors()
    days = clean.groupby("sensor")["at"].agg(lambda at: at.iloc[-1] - at.iloc[0]).sum()
    months = COPIES * days / MONTH
    # A frost is no fault.
    told = [rule for rule in read_rules(RULES).rules if rule.severity != "info"]
    detail: dict[str, dict[str, Any]] = {kind: {} for kind in request.kinds}
    for seed in request.seeds:
        readings, faults = faulty(clean, request.kinds, seed)
        rules = copied(told, [f"{kind}{number}" for kind in request.kinds for number in range(COPIES)])
        sides = {"ours": backtest("weather_sensors", rules, readings), "reference": reference(readings)}
        source = sum(alert.sensor == SOURCE for alert in sides["ours"])
        for kind in request.kinds:
            figures = {side: judged(faults, alerts, kind, months) for side, alerts in sides.items()}
            detail[kind][f"seed {seed}"] = figures
            print(f"seed {seed} {kind:7} {json.dumps(figures['ours'])}", flush=True)
            short = {name: figures["reference"][name] for name in ("recall", "false_per_sensor_30_days")}
            print(f"seed {seed} {kind:7} reference {json.dumps(short)}", flush=True)
        print(f"seed {seed} alerts about the source as a whole: {source}", flush=True)
    worst = {kind: min(each["ours"]["recall"] for each in seeds.values()) for kind, seeds in detail.items()}
    false = max(each["ours"]["false_per_sensor_30_days"] for seeds in detail.values() for each in seeds.values())
    theirs = min(each["reference"]["recall"] for seeds in detail.values() for each in seeds.values())
    share = min(worst[kind] / GOALS.get(kind, GOAL) for kind in worst)
    line = {"bench": "detection", "ratio": round(share, 3), "goal": 1, "unit": "least recall, in its goal's shares"}
    told_line = {**line, "ours": worst, "theirs": theirs, "false_per_sensor_30_days": false, "detail": detail}
    print(json.dumps(told_line))


if __name__ == "__main__":
    main()
