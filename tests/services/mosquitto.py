"""A real MQTT broker on this machine: mosquitto, its queues in a folder of its own.

By hand, until Ctrl-C: python -m tests.services.mosquitto
"""

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from time import monotonic

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.services.kafka import free_ports
from tests.waiting import until

USER, PASSWORD = "device", "correct horse"
_UP_SECONDS = 20


class Mosquitto:
    """A broker: `port` in the open without a login, `guarded` with USER and PASSWORD, `secured` with TLS.

    A restart by SIGTERM keeps queues and sessions.
    """

    def __init__(self, folder: Path, in_flight: int = 0) -> None:
        self._program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/sbin")
        if self._program is None:
            pytest.skip("mosquitto is missing: sudo apt-get install mosquitto")
        self.folder = folder
        self.port, self.guarded, self.secured, self.mutual = free_ports(4)
        self.ca, self.certificate, self.key = folder / "ca.crt", folder / "client.crt", folder / "client.key"
        self._conf = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        _passwords(folder / "passwords")
        _certificates(folder)
        tls = f"cafile {self.ca}\ncertfile {folder}/server.crt\nkeyfile {folder}/server.key\nallow_anonymous true"
        self._conf.write_text(
            f"""per_listener_settings true
persistence true
persistence_location {folder}/
max_queued_messages 0
max_queued_bytes 0
max_inflight_messages {in_flight}
log_dest file {folder}/broker.log
log_type all
user root
listener {self.port} 127.0.0.1
allow_anonymous true
listener {self.guarded} 127.0.0.1
password_file {folder}/passwords
allow_anonymous false
listener {self.secured} 127.0.0.1
{tls}
listener {self.mutual} 127.0.0.1
{tls}
require_certificate true
"""
        )

    def start(self) -> "Mosquitto":
        self._process = subprocess.Popen([self._program, "-c", str(self._conf)])
        end = monotonic() + _UP_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.mutual), 1).close()
                return self
            except OSError:
                if self._process.poll() is not None or monotonic() > end:
                    log = self.folder / "broker.log"
                    told = log.read_text()[-2000:] if log.exists() else ""
                    raise RuntimeError(f"mosquitto did not come up: {told}") from None

    def stop(self) -> None:
        """End it by SIGTERM: what is queued is written down."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def client(self, version: str = "5", **login: str) -> Client:
        """A connected publisher, its loop running."""
        protocol = MQTTProtocolVersion.MQTTv5 if version == "5" else MQTTProtocolVersion.MQTTv311
        client = Client(CallbackAPIVersion.VERSION2, protocol=protocol)
        client.max_inflight_messages_set(200)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        return client

    def forget(self, client_id: str) -> None:
        """Have the broker know nothing of a client any more."""
        gone = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
        gone.connect("127.0.0.1", self.port)
        gone.loop_start()
        until(gone.is_connected)
        gone.disconnect()
        gone.loop_stop()

    def send(self, messages: Iterable[tuple[str, bytes | str]], retain: bool = False, sent: dict | None = None) -> None:
        """Publish at QoS 1; the broker has acknowledged all when this returns."""
        client = self.client()
        properties = Properties(PacketTypes.PUBLISH) if sent else None
        for pair in (sent or {}).items():
            properties.UserProperty = pair
        waiting = [
            client.publish(topic, value, 1, retain=retain, properties=properties) for topic, value in list(messages)
        ]
        for each in waiting:
            each.wait_for_publish(120)
        client.disconnect()
        client.loop_stop()


def _passwords(file: Path) -> None:
    file.touch()
    subprocess.run(["mosquitto_passwd", "-b", str(file), USER, PASSWORD], check=True, capture_output=True)
    file.chmod(0o644)


def _certificates(folder: Path) -> None:
    """An authority, a server 127.0.0.1 and a client that it vouches for."""
    _openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=tests")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost")
    for name, subject in (("server", "127.0.0.1"), ("client", "bridge")):
        _openssl(folder, f"req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={subject}")
        signed = f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out {name}.crt -days 2"
        _openssl(folder, f"{signed} -extfile names")


def _openssl(folder: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], check=True, cwd=folder, capture_output=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        broker = Mosquitto(Path(made)).start()
        print(f"mqtt://127.0.0.1:{broker.port}", flush=True)
        ends = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)
        signal.sigwait(ends)
        broker.stop()
