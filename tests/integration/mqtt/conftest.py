"""A topic, a session and a spool of its own for each."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from tests.services.mosquitto import Mosquitto
from tests.waiting import until
from tidemill.sources.mqtt.records import batch_of
from tidemill.sources.mqtt.segments import segments_in

REPOSITORY = Path(__file__).parents[3]


class Bridge:
    """The command `tidemill bridge` on a dataset of its own."""

    def __init__(self, folder: Path, broker: Mosquitto, **source) -> None:
        self.topic = f"site/{uuid4().hex}"
        self.contract = {
            "name": "readings",
            "version": 1,
            "mode": "stream",
            "source": {
                "kind": "mqtt",
                "url": f"mqtt://127.0.0.1:{broker.port}",
                "topic": f"{self.topic}/+station",
                "client_id": uuid4().hex,
                **source,
            },
            "columns": {"station": {"type": "string"}, "n": {"type": "int"}},
        }
        self.spool = folder / "home" / "spool" / "readings"
        self.prefix: list[str] = []
        self._log = folder / "bridge.log"
        self._conf = folder / "conf"
        (self._conf / "datasets").mkdir(parents=True)
        for name in ("base", "local"):
            (self._conf / f"{name}.yaml").write_text((REPOSITORY / "conf" / f"{name}.yaml").read_text())
        self.write()

    def write(self) -> None:
        (self._conf / "datasets" / "readings.yaml").write_text(yaml.safe_dump(self.contract))

    def process(self, **environment: str) -> subprocess.Popen:
        code = "from tidemill.cli.main import run; run()"
        home = str(self._conf.parent / "home")
        command = [*self.prefix, sys.executable, "-c", code, "bridge", "--dataset", "readings", "--home", home]
        paths = {"TIDEMILL_CONF": str(self._conf), "PYTHONPATH": str(REPOSITORY / "lib")}
        with self._log.open("ab") as log:
            return subprocess.Popen(command, env={**os.environ, **paths, **environment}, stderr=log, stdout=log)

    def start(self, **environment: str) -> "Bridge":
        """Run it until the broker has confirmed the subscription."""
        before = self.told("subscribed")
        self.running = self.process(**environment)
        until(lambda: len(self.told("subscribed")) > len(before) or self.running.poll() is not None)
        assert self.running.poll() is None, self.log
        return self

    def kill(self) -> None:
        self.running.kill()
        self.running.wait()

    def stop(self) -> int:
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(60)

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def told(self, event: str) -> list[dict]:
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def messages(self) -> list:
        """What the complete segments hold, in their order."""
        found = []
        for path in segments_in(self.spool):
            batch = batch_of(content := path.read_bytes())
            assert batch.whole == len(content), f"{path} is damaged"
            found += batch.messages
        return found

    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages()]


@pytest.fixture
def bridge(tmp_path, mosquitto):
    made = []

    def make(broker=mosquitto, **source) -> Bridge:
        made.append(Bridge(tmp_path / str(len(made)), broker, **source))
        return made[-1]

    yield make
    for each in made:
        if getattr(each, "running", None) and each.running.poll() is None:
            each.kill()
