"""The client of the broker: how it logs in, and which refusals no further attempt will change."""

import ssl
from collections.abc import Sequence
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from tidemill.config import revealed
from tidemill.contract.sources import MqttSource
from tidemill.errors import RequestWrong

KEEPALIVE_SECONDS = 30
_CONNECT_SECONDS = 10
_FOR_EVER = 0xFFFFFFFF
# Packet types aside, these are the reasons that a later attempt meets again (MQTT 5, 2.4).
_LASTING = frozenset({0x81, 0x82, 0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C, 0x8F, 0x90, 0x95, 0x9A, 0x9B, 0x9E, 0xA1, 0xA2})


class WrongCertificates(RequestWrong):
    """A file of certificates cannot be used."""

    def __init__(self, key: str, path: str, problem: str) -> None:
        super().__init__(f"source.{key}: {path}: {problem}. Set it to a PEM file that this user may read.")


class Refused(RequestWrong):
    """The broker will not have this client, or not give it the topic."""

    def __init__(self, settings: MqttSource, what: str, reason: str) -> None:
        super().__init__(
            f"{settings.url} refuses {what}: {reason}. Check user, password, client_id and version under source, and "
            "what the broker allows this user."
        )


class Untrusted(RequestWrong):
    """TLS failed: a certificate does not vouch for the broker, or not for us."""

    def __init__(self, settings: MqttSource, problem: str) -> None:
        super().__init__(
            f"{settings.url}: TLS failed: {problem}. Check ca (who vouches for the broker), the host's name in its "
            "certificate, and certificate and key (who vouches for us)."
        )


def client_id(settings: MqttSource, dataset: str) -> str:
    """By which the broker knows the session."""
    return settings.client_id or f"tidemill-{dataset}"


def new_client(settings: MqttSource, dataset: str) -> Client:
    """A client that acknowledges nothing by itself and keeps its session at the broker.

    Raises:
        MissingSecret: the environment lacks the password.
        WrongCertificates: a file of certificates cannot be used.
    """
    five = settings.version == "5"
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id(settings, dataset),
        clean_session=None if five else False,
        protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
        manual_ack=True,
    )
    client.connect_timeout = _CONNECT_SECONDS
    if settings.user is not None and settings.password is not None:
        client.username_pw_set(revealed(settings.user), revealed(settings.password))
    if settings.url.startswith("mqtts"):
        client.tls_set_context(_tls(settings))
    return client


def connect(client: Client, settings: MqttSource) -> None:
    """Open the connection; the broker's answer comes later.

    Raises:
        OSError: nobody answers.
        Untrusted: TLS failed.
    """
    host, port = settings.address
    try:
        if settings.version == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = _FOR_EVER
            properties.ReceiveMaximum = settings.in_flight
            client.connect(host, port, KEEPALIVE_SECONDS, clean_start=False, properties=properties)
        else:
            client.connect(host, port, KEEPALIVE_SECONDS)
    except ssl.SSLCertVerificationError as error:
        raise Untrusted(settings, error.verify_message or str(error)) from None


def subscribe(client: Client, settings: MqttSource, others: Sequence[str]) -> None:
    """Ask for the topic, and no longer for others that the session still has."""
    for other in others:
        client.unsubscribe(other)
    if settings.version == "5":
        # What the broker keeps of a topic comes with the first subscription, not with each connection.
        options = SubscribeOptions(
            qos=1, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
        )
        client.subscribe(settings.filter, options=options)
    else:
        client.subscribe(settings.filter, qos=1)


def lasts(reason: ReasonCode) -> bool:
    """Whether a refusal is one that a later attempt meets again."""
    return reason.value in _LASTING


def _tls(settings: MqttSource) -> ssl.SSLContext:
    for key in ("ca", "certificate", "key"):
        path = getattr(settings, key)
        if path is not None:
            _require_readable(key, path)
    try:
        context = ssl.create_default_context(cafile=settings.ca)
    except (ssl.SSLError, ValueError) as error:
        raise WrongCertificates("ca", str(settings.ca), f"no certificates in it ({error})") from None
    if settings.certificate and settings.key:
        try:
            context.load_cert_chain(settings.certificate, settings.key)
        except (ssl.SSLError, ValueError) as error:
            raise WrongCertificates(
                "certificate", settings.certificate, f"does not go with the key ({error})"
            ) from None
    return context


def _require_readable(key: str, path: str) -> None:
    try:
        Path(path).read_bytes()
    except OSError as error:
        raise WrongCertificates(key, path, error.strerror or "cannot be read") from None
