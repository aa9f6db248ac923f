"""Numbered readings on their way from an MQTT broker by Kafka to silver."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import REPOSITORY, Job, environment
from tests.services.kafka import Kafka
from tests.services.mosquitto import Mosquitto

CONTRACT = """
name: numbered
version: 1
mode: stream
source:
  kind: mqtt
  url: "mqtt://127.0.0.1:{port}"
  topic: plant/+station
  kafka: {{servers: "{servers}", topic: numbered}}
columns:
  station: {{type: string, required: true}}
  at:      {{type: timestamp, required: true}}
  number:  {{type: int, required: true}}
event_time: at
stream: {{entity: [station], value: number, windows: [1 minute]}}
"""


def configure(job: Job, conf: Path, mqtt: Mosquitto, kafka: Kafka) -> None:
    """Give the job a configuration of its own, with the contract."""
    shutil.copytree(REPOSITORY / "conf", conf)
    (conf / "datasets" / "numbered.yaml").write_text(CONTRACT.format(port=mqtt.port, servers=kafka.servers))
    job.variables["TIDEMILL_CONF"] = str(conf)


def bridge_of(job: Job) -> subprocess.Popen:
    """Start a bridge on the job's home."""
    command = [str(Path(sys.executable).parent / "tidemill"), "bridge", "--dataset", "numbered"]
    variables = {**environment(), **job.variables}
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "start_new_session": True}
    return subprocess.Popen([*command, "--home", str(job.home)], cwd=REPOSITORY, env=variables, **quiet)
