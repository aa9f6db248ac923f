"""Topics of an MQTT broker."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Frozen, Secret
from tidemill.contract.sources.kafka import SERVERS, TOPIC, Security

_NAMED = re.compile(r"^\+[A-Za-z_][A-Za-z0-9_]*$")


class Forward(Frozen):
    """A Kafka topic that messages are sent on to.

    Attributes:
        servers, topic, security: as of a Kafka source.
    """

    servers: str = Field(pattern=SERVERS)
    topic: str = Field(pattern=TOPIC)
    security: Security | None = None


class MqttSource(Frozen):
    """Topics of an MQTT broker, collected by `tidemill bridge` into the spool or a Kafka topic.

    Attributes:
        url: `mqtt://HOST[:1883]` or `mqtts://HOST[:8883]`.
        topic: a filter; `+name` is one level, delivered as `name`; `+` and a last `#` are as in MQTT.
        value: what messages hold: json (an object, or an array of them), csv (a line of the names in `fields`), avro,
            text (delivered as `value`), or number (delivered as `value`; the topic says whose it is).
        fields: for csv: the names of its places.
        avro_schema: for avro: the schema, or the path of an .avsc file.
        version: of the protocol.
        client_id: by which the broker keeps what was not collected; tidemill-DATASET where none is given.
        user, password: where the broker asks for them.
        ca: path of a PEM file with the certificates that vouch for the broker; none: those of the machine.
        certificate, key: paths of PEM files, where the broker asks for the client's certificate.
        in_flight: how many messages may be unacknowledged at once.
        spool_mb: how much the spool may hold; when it does, the broker waits.
        kafka: a topic to send messages on to instead of the spool: `{servers: HOST:PORT, topic: NAME}`. Their key
            is the MQTT topic, so that a sensor's readings stay in order.
    """

    kind: Literal["mqtt"]
    url: str = Field(pattern=r"^mqtts?://[^\s/:@]+(:[0-9]{1,5})?$")
    topic: str = Field(min_length=1, max_length=1000)
    value: Literal["json", "csv", "avro", "text", "number"] = "json"
    fields: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    avro_schema: str | dict[str, Any] | None = Field(default=None, alias="schema")
    version: Literal["3.1.1", "5"] = "5"
    client_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,64}$")
    user: str | None = None
    password: Secret | None = None
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    in_flight: int = Field(default=1000, ge=1, le=65535)
    spool_mb: int = Field(default=1024, ge=1)
    kafka: Forward | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        for number, level in enumerate(levels := self.topic.split("/")):
            if level == "#" and number < len(levels) - 1:
                raise ValueError("topic: # may only be the last level")
            if ("#" in level and level != "#") or ("+" in level and level != "+" and not _NAMED.match(level)):
                raise ValueError(f"topic: a level is a word, +, +name or, as the last one, #; not '{level}'")
        if len(set(self.parts)) != len(self.parts):
            raise ValueError("topic: two levels have one name")
        if (self.value == "avro") != (self.avro_schema is not None):
            raise ValueError("value: avro and schema (the path of an .avsc file, or the schema) go together")
        if (self.value == "csv") != bool(self.fields):
            raise ValueError("value: csv and fields (the names of a line's places) go together")
        if len(set(self.fields)) != len(self.fields):
            raise ValueError("fields: each name may stand once")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        if (self.ca or self.certificate) and not self.url.startswith("mqtts"):
            raise ValueError("ca, certificate and key are for mqtts://")
        return self

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the topic's levels, in its order."""
        return tuple(level[1:] for level in self.topic.split("/") if _NAMED.match(level))

    @property
    def address(self) -> tuple[str, int]:
        """The broker's host and port."""
        scheme, _, place = self.url.partition("://")
        host, _, port = place.partition(":")
        return host, int(port) if port else (8883 if scheme == "mqtts" else 1883)

    @property
    def filter(self) -> str:
        """The topic as the broker takes it."""
        return "/".join("+" if level.startswith("+") else level for level in self.topic.split("/"))
