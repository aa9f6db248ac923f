import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tidemill.alerts.rules import read_rules
from tidemill.cli.main import exit_status
from tidemill.config import load_config
from tidemill.contract import load_contract
from tidemill.streams.anomalies import NoReadings, NothingInSilver, backtest, silver_readings

CONF = Path(__file__).parents[4] / "conf"
CONTRACT = """name: site
version: 1
mode: stream
source: {kind: kafka, servers: "localhost:9092", topic: site}
columns:
  station: {type: string, required: true}
  sensor: {type: string, required: true}
  at: {type: timestamp, required: true}
  reading: {type: "decimal(10,2)"}
event_time: at
stream: {entity: [station, sensor], value: reading}
"""
RULES = """dataset: site
rules:
  - {name: hot, kind: threshold, above: 100, clear: 95}
  - {name: stuck, kind: stuck, readings: 4, severity: critical}
"""


def at(minute):
    return datetime(2024, 3, 1, 0, minute, tzinfo=UTC)


@pytest.fixture
def home(tmp_path, monkeypatch):
    shutil.copytree(CONF, tmp_path / "conf", ignore=shutil.ignore_patterns("alerts", "datasets"))
    for folder, text in (("datasets", CONTRACT), ("alerts", RULES)):
        (tmp_path / "conf" / folder).mkdir()
        (tmp_path / "conf" / folder / "site.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIDEMILL_CONF", str(tmp_path / "conf"))
    return tmp_path / "home"


def write_silver(home):
    values = {"north": [90, 101, 140, 96, 94, 80], "south": [50, 50, 50, 50, 50, None]}
    rows = [
        {"station": station, "sensor": "temp", "at": at(minute), "reading": value, "_run_id": "r"}
        for station, of_station in values.items()
        for minute, value in enumerate(of_station)
    ]
    frame = pa.Table.from_pandas(pd.DataFrame(rows).sample(frac=1, random_state=2), preserve_index=False)
    decimal = frame.column("reading").cast(pa.decimal128(10, 2))
    at_us = frame.column("at").cast(pa.timestamp("us", "UTC"))
    frame = frame.set_column(3, "reading", decimal).set_column(2, "at", at_us)
    write_deltalake(str(home / "lake" / "silver" / "site"), frame)


def test_the_alerts_of_the_past_come_with_when_they_opened_and_closed(home):
    write_silver(home)
    config = load_config("local", str(home))
    rules = read_rules(config.conf_dir / "alerts" / "site.yaml").rules
    told = []

    readings = silver_readings(config, load_contract(config, "site"))
    found = backtest("site", rules, readings, lambda done, of: told.append((done, of)))

    assert [(one.rule, one.sensor, one.began, one.opened, one.closed, one.worst) for one in found] == [
        ("hot", "north/temp", at(1), at(1), at(4), 140.0),
        ("stuck", "south/temp", at(0), at(3), None, 50.0),
    ]
    assert told == [(11, 11)]


def test_readings_may_be_of_a_part_of_the_time(home):
    write_silver(home)
    config = load_config("local", str(home))

    readings = silver_readings(config, load_contract(config, "site"), at(1), at(2))

    assert sorted(readings.column("value").to_pylist()) == [50, 50, 101, 140]
    with pytest.raises(NothingInSilver, match="has no readings in that time"):
        silver_readings(config, load_contract(config, "site"), at(30))


def test_the_command_lists_the_alerts(home, capsys):
    write_silver(home)

    status = exit_status(["backtest", "--rules", "site", "--home", str(home)])

    told = capsys.readouterr()
    assert status == 0
    assert "north/temp" in told.out
    assert "0:03:00" in told.out
    assert "not yet" in told.out
    assert told.err == "tidemill: 2 alerts of 2 rules in 11 readings of 2 sensors of site.\n"


def test_the_command_tells_programs_in_json(home, capsys):
    write_silver(home)

    exit_status(["backtest", "--rules", "conf/alerts/site.yaml", "--dataset", "site", "--home", str(home), "--json"])

    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["lasted_seconds"] == 180
    assert second["closed"] is None


def test_what_is_missing_is_told(home, capsys):
    assert exit_status(["backtest", "--rules", "site", "--home", str(home)]) == 2
    assert "silver.site was never written" in capsys.readouterr().err
    assert exit_status(["backtest", "--rules", "sight", "--home", str(home)]) == 2
    assert "there are no rules 'sight'. Did you mean 'site'?" in capsys.readouterr().err


def test_a_contract_without_a_stream_has_no_readings(home):
    config = load_config("local", str(home))
    path = config.conf_dir / "datasets" / "site.yaml"
    path.write_text(path.read_text().replace("stream: {entity: [station, sensor], value: reading}\n", ""))

    with pytest.raises(NoReadings, match="has no stream section"):
        silver_readings(config, load_contract(config, "site"))
