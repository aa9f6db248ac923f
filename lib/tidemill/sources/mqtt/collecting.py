"""Collect a dataset: what must be in place, who may, and where its messages go."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from tidemill.contract import Contract
from tidemill.contract.sources import MqttSource
from tidemill.errors import RequestWrong, RunFailed
from tidemill.lake import Held, held
from tidemill.lake.places import local_folder
from tidemill.sources.mqtt.bridge import Bridge
from tidemill.sources.mqtt.connection import new_client
from tidemill.sources.mqtt.forwarding import KafkaSink
from tidemill.sources.mqtt.remembering import Filters
from tidemill.sources.mqtt.segments import SpoolUnwritable
from tidemill.sources.mqtt.sinks import Sink
from tidemill.sources.mqtt.spool import Spool


class NotMqtt(RequestWrong):
    """The dataset is not collected from an MQTT broker."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(f"{contract.name}: the bridge is for source kind mqtt, this one's is {contract.source.kind}.")


class SpoolElsewhere(RequestWrong):
    """The spool is no folder of this machine."""

    def __init__(self, spool: str) -> None:
        super().__init__(
            f"spool: {spool} is no local folder, and only there can a message be made safe one by one. Set 'spool' to "
            "one, or collect into Kafka: kafka: {servers: HOST:PORT, topic: NAME} under source."
        )


class BridgeRunning(RunFailed):
    """Another bridge collects the dataset."""

    def __init__(self, dataset: str, holder: str) -> None:
        super().__init__(f"{dataset}: is being collected by {holder}. One bridge a dataset; stop that one first.")


def run_bridge(
    contract: Contract,
    spool: str,
    stopping: Event,
    started: Callable[[], None] = lambda: None,
    own: str | None = None,
) -> int:
    """Collect a dataset until told to stop.

    Args:
        contract: whose source is of kind mqtt.
        spool: the configuration's folder for spools.
        stopping: set by another thread or a signal's handler: what was taken is made safe and acknowledged, then it
            returns.
        started: called once the broker has confirmed the subscription.
        own: a folder of this machine for what the bridge itself must remember, where `spool` is none and messages go to
            Kafka.

    Returns:
        The messages that it took.

    Raises:
        NotMqtt, SpoolElsewhere, WrongCertificates, MissingSecret: nothing was begun.
        BridgeRunning: another one has the dataset.
        Refused, Untrusted: the broker does not have us, and trying again will not help.
        SpoolUnwritable, KafkaRefuses: messages cannot be made safe.
        NotHeld: the folder of locks cannot be written.
    """
    settings = contract.source
    if not isinstance(settings, MqttSource):
        raise NotMqtt(contract)
    place = local_folder(spool) or (Path(own) if own and settings.kafka else None)
    if place is None:
        raise SpoolElsewhere(spool)
    client = new_client(settings, contract.name)
    folder = place / contract.name
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SpoolUnwritable(folder, error.strerror or str(error)) from None
    with ExitStack() as stack:
        try:
            stack.enter_context(held(str(place), contract.name, "tidemill bridge", wait=False))
        except Held as error:
            raise BridgeRunning(contract.name, error.holder) from None
        sink: Sink = (
            KafkaSink(settings.kafka, settings.in_flight)
            if settings.kafka
            else Spool(folder, settings.spool_mb, settings.in_flight)
        )
        return Bridge(contract.name, settings, client, sink, Filters(folder / ".filter"), started).run(stopping)
