"""Decode Avro messages, plain or in Confluent's wire format."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import fastavro

from tidemill.config.loading import find_conf_dir
from tidemill.errors import RequestWrong
from tidemill.formats.plain_values import plain

# Confluent's wire format: a zero byte, then the schema's number in the registry in four bytes, the greatest first.
_HEADER_BYTES = 5


class WrongSchema(RequestWrong):
    """The schema of a contract cannot be used."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}. Set source.schema to an Avro schema of a record, or its .avsc file.")


class Decoded(NamedTuple):
    """A record, and the number of its schema where the message tells one."""

    record: dict[str, Any]
    schema_id: int | None


def schema_of(given: str | Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a contract: itself, or read from a file, relative paths from conf/datasets.

    Raises:
        WrongSchema: there is no such file, or no record's schema in it.
    """
    where = "source.schema"
    schema: Any = given
    if isinstance(given, str):
        path = Path(given).expanduser()
        where = str(path if path.is_absolute() else find_conf_dir() / "datasets" / path)
        try:
            schema = json.loads(Path(where).read_text(encoding="utf-8"))
        except OSError as error:
            raise WrongSchema(where, error.strerror or "cannot be read") from None
        except ValueError as error:
            raise WrongSchema(where, f"no JSON ({error})") from None
    try:
        parsed = fastavro.parse_schema(schema)
    except Exception as error:
        raise WrongSchema(where, f"no Avro schema ({str(error)[:200]})") from None
    if not isinstance(parsed, dict) or parsed.get("type") != "record":
        raise WrongSchema(where, "the schema is of no record")
    return dict(schema)


class AvroDecoder:
    """Decodes messages that one schema wrote."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = fastavro.parse_schema(dict(schema))

    def decode(self, message: bytes) -> Decoded | None:
        """The message's record; None where the schema does not read it to its last byte."""
        record = self._whole(message, 0)
        if record is not None:
            return Decoded(record, None)
        if len(message) > _HEADER_BYTES and message[0] == 0:
            record = self._whole(message, _HEADER_BYTES)
            if record is not None:
                return Decoded(record, int.from_bytes(message[1:_HEADER_BYTES], "big"))
        return None

    def _whole(self, message: bytes, start: int) -> dict[str, Any] | None:
        stream = io.BytesIO(message)
        stream.seek(start)
        try:
            record = fastavro.schemaless_reader(stream, self._schema, None)
        except Exception:
            return None
        if stream.tell() != len(message) or not isinstance(record, dict):
            return None
        return {name: plain(value) for name, value in record.items()}
