"""A Kafka topic."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Frozen, Secret

SERVERS = r"^[^\s,:/]+:[0-9]+(,\s*[^\s,:/]+:[0-9]+)*$"
TOPIC = r"^[A-Za-z0-9._-]{1,249}$"


class Security(Frozen):
    """How the brokers are spoken to, where that is not in the open.

    Attributes:
        ca: path of a PEM file with the certificates that vouch for the brokers; none: those of the machine.
    """

    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    username: str | None = None
    password: Secret | None = None
    ca: str | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        login = {"mechanism": self.mechanism, "username": self.username, "password": self.password}
        if self.protocol.startswith("SASL"):
            missing = [key for key, value in login.items() if value is None]
            if missing:
                raise ValueError(f"protocol {self.protocol} needs {', '.join(missing)}")
        elif given := [key for key, value in login.items() if value is not None]:
            raise ValueError(f"{', '.join(given)}: only for SASL_SSL and SASL_PLAINTEXT, not for {self.protocol}")
        if self.ca and not self.protocol.endswith("SSL"):
            raise ValueError(f"ca: only for SSL and SASL_SSL, not for {self.protocol}")
        return self


class KafkaSource(Frozen):
    """A Kafka topic.

    Attributes:
        servers: `HOST:PORT`, several with commas between.
        value: what messages hold: json (an object, or an array of them), csv (a line of the names in `fields`), avro,
            text (delivered as `value`), or number (delivered as `value`; the key says whose it is).
        fields: for csv: the names of its places.
        avro_schema: for avro, what they were written with: the schema, or the path of an .avsc file.
        start: where the first run begins.
        on_loss: what becomes of a run where the topic has no longer what no run has taken.
    """

    kind: Literal["kafka"]
    servers: str = Field(pattern=SERVERS)
    topic: str = Field(pattern=TOPIC)
    value: Literal["json", "csv", "avro", "text", "number"] = "json"
    fields: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    avro_schema: str | dict[str, Any] | None = Field(default=None, alias="schema")
    security: Security | None = None
    start: Literal["earliest", "latest"] = "earliest"
    on_loss: Literal["refuse", "report"] = "refuse"

    @model_validator(mode="after")
    def _value_has_what_it_needs(self) -> Self:
        if (self.value == "avro") != (self.avro_schema is not None):
            raise ValueError("value: avro and schema (the path of an .avsc file, or the schema) go together")
        if (self.value == "csv") != bool(self.fields):
            raise ValueError("value: csv and fields (the names of a line's places) go together")
        if len(set(self.fields)) != len(self.fields):
            raise ValueError("fields: each name may stand once")
        return self
