"""A Kafka topic."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Frozen, Secret


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
        value: what messages hold: a JSON object, an Avro record, or text (delivered as `value`).
        avro_schema: for avro, what they were written with: the schema, or the path of an .avsc file.
        start: where the first run begins.
        on_loss: what becomes of a run where the topic has no longer what no run has taken.
    """

    kind: Literal["kafka"]
    servers: str = Field(pattern=r"^[^\s,:/]+:[0-9]+(,\s*[^\s,:/]+:[0-9]+)*$")
    topic: str = Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")
    value: Literal["json", "avro", "text"] = "json"
    avro_schema: str | dict[str, Any] | None = Field(default=None, alias="schema")
    security: Security | None = None
    start: Literal["earliest", "latest"] = "earliest"
    on_loss: Literal["refuse", "report"] = "refuse"

    @model_validator(mode="after")
    def _schema_where_it_is_used(self) -> Self:
        if (self.value == "avro") != (self.avro_schema is not None):
            raise ValueError("value: avro and schema (the path of an .avsc file, or the schema) go together")
        return self
