"""What benchmarks/detection.py proves at length, on three months of two measures and few faults."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.detecting.weather import HOUR, weather_sensors, with_faults
from tidemill.alerts.rules import read_rules
from tidemill.streams.anomalies import backtest

RULES = Path(__file__).parents[4] / "conf" / "alerts" / "weather_sensors.yaml"
KINDS = ("spike", "stuck", "silent", "rate")
FAULTS = 12
MONTHS = 3


def test_most_faults_of_each_kind_are_found_with_few_false_alerts():
    clean = weather_sensors()
    clean = clean[clean["sensor"].str.contains("temp|pressure")]
    clean = clean[clean["at"] < clean["at"].min() + pd.Timedelta(days=30 * MONTHS)]
    rng = np.random.default_rng(100)
    frames, faults = [], []
    for kind in KINDS:
        changed, put = with_faults(clean, kind, FAULTS, rng)
        frames.append(changed.assign(sensor=kind + "/" + changed["sensor"]))
        faults += [(f"{kind}/{fault.sensor}", fault) for fault in put]
    rules = [
        rule
        if rule.sensors == ("**",)
        else rule.model_copy(update={"sensors": tuple(f"*/{one}" for one in rule.sensors)})
        for rule in read_rules(RULES).rules
        if rule.kind != "drift" and rule.severity != "info"
    ]

    alerts = backtest("weather_sensors", rules, pa.Table.from_pandas(pd.concat(frames)))

    found, true = dict.fromkeys(KINDS, 0), set()
    for sensor, fault in faults:
        mine = [one for one in alerts if one.sensor == sensor and fault.begin <= one.opened <= fault.end + 24 * HOUR]
        true |= {one.alert_id for one in mine}
        found[fault.kind] += any(one.opened <= fault.end + 3 * HOUR for one in mine)
    assert min(found.values()) >= FAULTS - 1, found
    assert len(alerts) - len(true) <= len(KINDS) * clean["sensor"].nunique() * MONTHS
