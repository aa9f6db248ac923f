from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.services.s3 import BUCKET, S3
from tests.unit.alerts.events import opened
from tidemill.alerts import append_events, open_alerts
from tidemill.config import load_config


@pytest.fixture(scope="module")
def store():
    running = S3()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def config(store, monkeypatch):
    monkeypatch.setenv("KEY", store.access_key)
    monkeypatch.setenv("SECRET", store.secret_key)
    settings = {
        "endpoint": store.endpoint,
        "access.key": "${env:KEY}",
        "secret.key": "${env:SECRET}",
        "path.style.access": "true",
        "endpoint.region": "us-east-1",
    }
    overrides = [f"spark.settings.spark.hadoop.fs.s3a.{name}={value}" for name, value in settings.items()]
    return load_config(overrides=[f"lake_root=s3a://{BUCKET}/lake", *overrides])


def test_writers_that_add_at_once_to_a_table_in_a_store_lose_nothing(config):
    events = [opened(0, sensor=f"pump/{number}") for number in range(12)]

    with ThreadPoolExecutor(4) as several:
        list(several.map(lambda event: append_events(config, [event]), events))

    found = open_alerts(config, now=events[0].at)
    assert {alert.sensor for alert in found} == {event.sensor for event in events}
