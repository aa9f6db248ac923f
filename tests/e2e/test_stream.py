"""stream.py as a person runs it: by a scheduler with --once, and as a service that is told to stop."""

import json
import signal
import time

import pytest

WEATHER = ("--dataset", "weather_readings")


@pytest.fixture
def drop(job):
    folder = job.home / "landing" / "weather_readings"
    folder.mkdir(parents=True)

    def a_file(day: str, *temperatures: float) -> None:
        readings = [
            {"origin": "JFK", "time_hour": f"{day}T{hour:02}:00:00Z", "temp": temperature}
            for hour, temperature in enumerate(temperatures)
        ]
        (folder / f"{day}.jsonl").write_text("".join(json.dumps(reading) + "\n" for reading in readings))

    return a_file


def counts(run):
    return {name: run[f"rows_{name}"] for name in ("read", "accepted", "quarantined", "duplicate")}


def test_a_second_run_once_takes_only_the_file_that_came_since(job, drop, table):
    drop("2013-01-01", 39.0, 39.9, 999.9)
    first = job("stream", *WEATHER, "--once")
    assert first.status == 0, first.err
    assert [counts(run) for run in first.result["runs"]] == [
        {"read": 3, "accepted": 2, "quarantined": 1, "duplicate": 0}
    ]

    drop("2013-01-02", 41.0)
    second = job("stream", *WEATHER, "--once")
    assert second.status == 0, second.err
    assert [counts(run) for run in second.result["runs"]] == [
        {"read": 1, "accepted": 1, "quarantined": 0, "duplicate": 0}
    ]
    assert [row["temperature_f"] for row in table(job.home, "silver.weather_readings")] == [39.0, 39.9, 41.0]
    assert len(table(job.home, "bronze.weather_readings")) == 4


def test_a_continuous_stream_ends_with_status_0_after_its_batch_when_it_is_told_to_stop(job, drop, table):
    drop("2013-01-01", 39.0, 39.9)
    written = job.home / "lake" / "silver" / "weather_readings" / "_delta_log" / f"{0:020}.json"
    process = job.start("stream", *WEATHER)
    deadline = time.monotonic() + 300
    while not written.exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "silver had no commit in time"

    # To the process that was started, as kill, a container's runtime or systemd with KillMode=mixed do.
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 0, err
    (run,) = json.loads(out)["runs"]
    assert counts(run) == {"read": 2, "accepted": 2, "quarantined": 0, "duplicate": 0}
    committed = [event for event in table(job.home, "ops.run_events") if event["event"] == "committed"]
    assert [event["run_id"] for event in committed] == [run["run_id"]]
