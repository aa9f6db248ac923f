"""What it costs to keep messages: the bridge, its spool fsynced, against a bare subscriber that forgets them.

    make bench NAME=bridge                      about four minutes on two cores
    python benchmarks/bridge.py --messages 5000 to try it out

Both are clients of one mosquitto at QoS 1 with a session that has the messages waiting, and take turns on one core of
their own; the broker has the others. Messages a second are counted from the connection to the last message: kept on
disk by the bridge, counted by the subscriber (goal: at least 0.6 of its messages).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psutil
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.services.mosquitto import Mosquitto  # noqa: E402
from tidemill.sources.mqtt.records import MAGIC, Message, record_of  # noqa: E402

GOAL = 0.6
IN_FLIGHT = 1000
PAYLOAD = '{{"station": "S{:03d}", "sensor": "temp", "at": "2024-05-01T10:00:00.000Z", "value": 21.50, "seq": {:08d}}}'
BRIDGE = "from tidemill.cli.main import run; run()"


def waiting(broker: Mosquitto, topic: str, count: int) -> int:
    """Publish messages of one size: the size of a record."""
    broker.send((f"{topic}/S{number % 1000:03d}", PAYLOAD.format(number % 1000, number)) for number in range(count))
    sample = Message(0, f"{topic}/S000".encode(), False, b"", PAYLOAD.format(0, 0).encode())
    return len(record_of(sample))


def bare(port: int, topic: str, client_id: str, count: int) -> None:
    """The subscriber; prints what it took."""
    client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5)
    seen, began, worked = 0, 0.0, 0.0

    def on_connect(*_: Any) -> None:
        nonlocal began, worked
        began, worked = time.monotonic(), time.process_time()
        client.subscribe(f"{topic}/+", qos=1)

    def on_subscribe(*_: Any) -> None:
        if not count:
            client.disconnect()

    def on_message(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == count:
            print(time.monotonic() - began, time.process_time() - worked, flush=True)
            client.disconnect()

    client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 0xFFFFFFFF
    properties.ReceiveMaximum = IN_FLIGHT
    client.connect("127.0.0.1", port, clean_start=False, properties=properties)
    client.loop_forever()


class Taken(NamedTuple):
    """Seconds for all messages."""

    wall: float
    cpu: float


class Bench:
    """A broker, and clients of it on a core of their own."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        cores = sorted(os.sched_getaffinity(0))
        self._pinned = ["taskset", "-c", str(cores[-1])]
        (folder / "broker").mkdir()
        self.broker = Mosquitto(folder / "broker").start()
        for process in (psutil.Process(), *psutil.Process().children()):
            process.cpu_affinity(cores[:-1] or cores)
        self._turn = 0

    def theirs(self) -> Taken:
        """The bare subscriber."""
        self._turn += 1
        topic, me = f"bench/{self._turn}", f"bare-{self._turn}"
        command = [sys.executable, __file__, "--bare", str(self.broker.port), topic, me]
        subprocess.run([*command, "0"], check=True, capture_output=True)
        waiting(self.broker, topic, self.count)
        made = subprocess.run([*self._pinned, *command, str(self.count)], check=True, stdout=subprocess.PIPE)
        return Taken(*map(float, made.stdout.split()))

    def ours(self) -> Taken:
        """The bridge."""
        self._turn += 1
        topic, home = f"bench/{self._turn}", self.folder / f"home-{self._turn}"
        command, variables = self._bridge(topic, home)
        log = home / "log"
        with log.open("wb") as told:
            first = subprocess.Popen(command, env=variables, stderr=told)
            _told(log, "subscribed")
            first.terminate()
            first.wait()
        size = waiting(self.broker, topic, self.count)
        with log.open("wb") as told:
            running = subprocess.Popen([*self._pinned, *command], env=variables, stderr=told)
            began = datetime.fromisoformat(_told(log, "connected")["timestamp"]).timestamp()
            worked = _worked(running.pid)
            while _kept(home / "spool" / "bench") < self.count * size:
                time.sleep(0.005)
            taken = Taken(time.time() - began, _worked(running.pid) - worked)
            running.terminate()
            running.wait()
        return taken

    def _bridge(self, topic: str, home: Path) -> tuple[list[str], dict[str, str]]:
        conf = home / "conf"
        (conf / "datasets").mkdir(parents=True)
        for name in ("base.yaml", "local.yaml"):
            (conf / name).write_text((REPOSITORY / "conf" / name).read_text())
        url = f"mqtt://127.0.0.1:{self.broker.port}"
        source = {"kind": "mqtt", "url": url, "topic": f"{topic}/+station", "in_flight": IN_FLIGHT}
        columns = {"station": {"type": "string"}}
        contract = {"name": "bench", "version": 1, "mode": "stream", "source": source, "columns": columns}
        (conf / "datasets" / "bench.yaml").write_text(json.dumps(contract))
        variables = {**os.environ, "TIDEMILL_CONF": str(conf), "PYTHONPATH": str(REPOSITORY / "lib")}
        return [sys.executable, "-c", BRIDGE, "bridge", "--dataset", "bench", "--home", str(home)], variables


def _told(log: Path, event: str) -> dict[str, Any]:
    while True:
        for line in log.read_text().splitlines():
            if line.startswith("{") and line.endswith("}") and json.loads(line)["event"] == event:
                return json.loads(line)
        time.sleep(0.002)


def _worked(process: int) -> float:
    times = psutil.Process(process).cpu_times()
    return times.user + times.system


def _kept(folder: Path) -> int:
    """Bytes of records in the spool."""
    total = 0
    for path in folder.glob("*segment-*"):
        try:
            total += path.stat().st_size - len(MAGIC)
        except FileNotFoundError:  # it has just been completed, and is counted the next time
            return 0
    return total


def main() -> None:
    """Measure both in turn, after a turn each that is not counted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000, help="a turn (20,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is counted (5)")
    parser.add_argument("--bare", nargs=4, metavar=("PORT", "TOPIC", "ID", "COUNT"), help=argparse.SUPPRESS)
    request = parser.parse_args()
    if request.bare:
        port, topic, client_id, count = request.bare
        bare(int(port), topic, client_id, int(count))
        return
    taken: dict[str, list[Taken]] = {"ours": [], "theirs": []}
    with tempfile.TemporaryDirectory(prefix="tidemill-bench-") as folder:
        bench = Bench(Path(folder), request.messages)
        for number in range(request.rounds + 1):
            for side in taken:
                one = getattr(bench, side)()
                shown = " ".join(f"{request.messages / seconds:9,.0f}" for seconds in one)
                print(
                    f"{side:7} {shown} messages a second and CPU second{'' if number else ', not counted'}", flush=True
                )
                taken[side] += [one] if number else []
        bench.broker.stop()
    wall, cpu = ({side: request.messages / median(one[at] for one in taken[side]) for side in taken} for at in (0, 1))
    # Of turns one after the other: what else the machine does slows both.
    pairs = list(zip(taken["ours"], taken["theirs"], strict=True))
    ratio, cpu_ratio = (round(median(other[at] / own[at] for own, other in pairs), 2) for at in (0, 1))
    rates = {side: round(rate) for side, rate in wall.items()}
    detail = {
        "messages": request.messages,
        "cpu_ratio": cpu_ratio,
        "per_cpu_second": {side: round(rate) for side, rate in cpu.items()},
        "seconds": taken,
    }
    told = {"bench": "bridge", "ratio": ratio, "goal": GOAL, "unit": "messages a second", **rates, "detail": detail}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
