"""A lake of one's own, a receiver that tells what it was sent, and a time that a test sets."""

import json
import threading
from datetime import timedelta

import pytest

from tests.services.alertmanager import alertmanager  # noqa: F401 - a fixture
from tests.services.http_api import HttpApi, Reply
from tests.unit.alerts.events import NOON
from tidemill.alerts import Deliverer
from tidemill.config import load_config


class Receiver:
    """A webhook's other side: `reply` is its answer, and `down` makes it answer 503."""

    def __init__(self, api):
        self.api = api
        self.down = False
        self.answers = {}
        api.answer = self._answer

    @property
    def url(self):
        return f"{self.api.url}/hook/s3cret"

    def bodies(self):
        return [json.loads(request.body) for request in self.api.requests]

    def keys(self):
        return [request.headers["Idempotency-Key"] for request in self.api.requests]

    def _answer(self, request):
        if self.down:
            return Reply(status=503)
        return Reply(status=self.answers.get(request.headers["Idempotency-Key"], 200))


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now

    def goes_on(self, **span):
        self.now += timedelta(**span)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def receiver(monkeypatch):
    with HttpApi() as api:
        made = Receiver(api)
        monkeypatch.setenv("HOOK", made.url)
        monkeypatch.setenv("HOOK_KEY", "s1gning")
        yield made


@pytest.fixture
def configured(tmp_path):
    """The configuration of a lake with channels, each given as a mapping."""

    def make(**alerts):
        overrides = [f"alerts.{name}={json.dumps(value)}" for name, value in alerts.items()]
        return load_config(home=str(tmp_path / "home"), overrides=overrides)

    return make


@pytest.fixture
def running():
    """Run deliverers in threads that end with the test."""
    stopping, threads = threading.Event(), []

    def run(config):
        deliverer = Deliverer(config)
        threads.append(threading.Thread(target=deliverer.run, args=(stopping,)))
        threads[-1].start()
        return deliverer

    yield run
    stopping.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
