"""A real Kafka broker on this machine: one KRaft node, its data in a folder of its own.

By hand, until Ctrl-C: python -m tests.services.kafka
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from uuid import uuid4

import psutil
from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic, OffsetSpec

from tests.services.cable import Cable

SETUP = Path(__file__).parents[2] / "deploy" / "setup" / "kafka.sh"
USER, PASSWORD = "reader", 'a "quoted" word'
_UP_SECONDS = 120


class Kafka:
    """A broker, and what tests do to its topics.

    `servers` is spoken to in the open, `secured` with SASL PLAIN as `USER` with `PASSWORD`, and `afar` in the open over
    a cable that can be cut, once `cable` has laid it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ports = free_ports(5)
        self.servers, self.secured, controller, near, self.afar = (f"127.0.0.1:{port}" for port in ports)
        self._near, self._afar = ports[3:]
        login = PASSWORD.replace('"', '\\\\"')
        (folder / "server.properties").write_text(
            f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{controller}
controller.listener.names=CONTROLLER
listeners=OPEN://{self.servers},SECURED://{self.secured},AFAR://{near},CONTROLLER://{controller}
advertised.listeners=OPEN://{self.servers},SECURED://{self.secured},AFAR://{self.afar}
listener.security.protocol.map=OPEN:PLAINTEXT,AFAR:PLAINTEXT,SECURED:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=OPEN
listener.name.secured.sasl.enabled.mechanisms=PLAIN
listener.name.secured.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
 user_{USER}="{login}";
log.dirs={folder}/logs
num.partitions=1
auto.create.topics.enable=true
log.retention.ms=-1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""
        )

    def start(self) -> "Kafka":
        properties = str(self._folder / "server.properties")
        with (self._folder / "broker.log").open("wb") as log:
            format_storage = _java("kafka.tools.StorageTool", "format", "-t", _cluster(), "-c", properties)
            subprocess.run(format_storage, check=True, stdout=log, stderr=log)
        return self.again()

    def again(self) -> "Kafka":
        """Start it with what it holds, after a stop."""
        properties = str(self._folder / "server.properties")
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(_java("kafka.Kafka", properties), stdout=log, stderr=log)
        self.admin = AdminClient({"bootstrap.servers": self.servers, "log_level": 0})
        until = monotonic() + _UP_SECONDS
        while True:
            try:
                self.admin.list_topics(timeout=1)
                return self
            except KafkaException:
                if self._process.poll() is not None or monotonic() > until:
                    told = (self._folder / "broker.log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"the broker did not come up: {told}") from None

    def stop(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()

    def cpu_seconds(self) -> float:
        """Processor seconds that the broker has taken."""
        return sum(psutil.Process(self._process.pid).cpu_times()[:2])

    def cable(self, swallows: bool = False) -> Cable:
        """The only way to `afar`."""
        return Cable(self._near, self._afar, swallows)

    def topic(self, name: str, partitions: int = 1, **settings: str) -> str:
        self.admin.create_topics([NewTopic(name, partitions, config=settings)])[name].result()
        return name

    def widen(self, topic: str, partitions: int) -> None:
        self.admin.create_partitions([NewPartitions(topic, partitions)])[topic].result()
        while len(self.admin.list_topics(topic).topics[topic].partitions) < partitions:
            pass

    def size(self, topic: str, partition: int = 0) -> int:
        """How many records a partition has had."""
        place = TopicPartition(topic, partition)
        return self.admin.list_offsets({place: OffsetSpec.latest()})[place].result().offset

    def remove(self, topic: str) -> None:
        self.admin.delete_topics([topic])[topic].result()
        while topic in self.admin.list_topics().topics:
            pass

    def forget(self, topic: str, partition: int, before: int) -> None:
        """Remove the records of a partition before an offset, as its retention does."""
        place = TopicPartition(topic, partition, before)
        self.admin.delete_records([place])[place].result()

    def send(self, topic: str, *values: bytes | str | None, partition: int = 0, key=None, headers=None, at=0) -> None:
        producer = Producer({"bootstrap.servers": self.servers, "log_level": 0, "message.max.bytes": 100_000_000})
        for value in values:
            producer.produce(topic, value, key, partition, timestamp=at, headers=headers)
        if producer.flush(30):
            raise RuntimeError("messages were not delivered")

    def transaction(self, topic: str, values: Iterable[str], *, commit: bool) -> None:
        settings = {"bootstrap.servers": self.servers, "transactional.id": str(uuid4()), "log_level": 0}
        producer = Producer(settings)
        producer.init_transactions()
        producer.begin_transaction()
        for value in values:
            producer.produce(topic, value, partition=0)
        producer.flush()
        (producer.commit_transaction if commit else producer.abort_transaction)()


def _java(*command: str) -> list[str]:
    told = subprocess.run(
        [str(SETUP)], check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "TIDEMILL_VENV": sys.prefix}
    )
    java = f"{os.environ['JAVA_HOME']}/bin/java" if os.environ.get("JAVA_HOME") else "java"
    return [java, "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", f"{told.stdout.strip()}/*", *command]


def _cluster() -> str:
    return "tidemillTidemillTests0"


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        broker = Kafka(Path(made)).start()
        print(broker.servers, flush=True)
        ends = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)
        signal.sigwait(ends)
        broker.stop()
