"""Messages as bytes in a segment of the spool: each with its length and a checksum, so that a torn one is known."""

import json
import struct
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

MAGIC = b"tidemill mqtt 1\n"
# Length of the body and its checksum; then the body: time, flags, length of the topic and of the properties, and these.
_FRAME = struct.Struct(">II")
_HEAD = struct.Struct(">QBHI")
_BEGIN = struct.Struct(">IIQBHI")
_RETAINED = 1


class Message(NamedTuple):
    """A message as the broker delivered it.

    Attributes:
        received: milliseconds since 1970.
        topic: UTF-8.
        retained: whether the broker had kept it from before.
        properties: names and values that the sender gave along (MQTT 5's user properties), as JSON; empty for none.
        payload: its value.
    """

    received: int
    topic: bytes
    retained: bool
    properties: bytes
    payload: bytes


class Batch(NamedTuple):
    """The messages of a segment, a list for each of their fields, and where each record ends."""

    received: list[int]
    topics: list[bytes]
    retained: list[bool]
    properties: list[bytes]
    payloads: list[bytes]
    ends: list[int]

    @property
    def whole(self) -> int:
        """How many bytes of the segment are whole records, its beginning counted with them; 0 where there is none."""
        return self.ends[-1] if self.ends else 0

    @property
    def messages(self) -> list[Message]:
        """One by one."""
        return [Message(*fields) for fields in zip(*self[:5], strict=True)]


def properties_json(given: Sequence[tuple[str, str]]) -> bytes:
    """User properties as a record holds them."""
    return json.dumps(given, ensure_ascii=False).encode("utf-8", "surrogatepass") if given else b""


def record_of(message: Message) -> bytes:
    """A message as a record."""
    received, topic, retained, properties, payload = message
    flags = _RETAINED if retained else 0
    body = b"".join((_HEAD.pack(received, flags, len(topic), len(properties)), topic, properties, payload))
    return _FRAME.pack(len(body), crc32(body)) + body


def batch_of(content: bytes) -> Batch:
    """The messages of a segment, up to the first that cannot be read."""
    batch = Batch([], [], [], [], [], [])
    received, topics, retained, properties, payloads, ends = batch
    place = len(MAGIC) if content.startswith(MAGIC) else len(content)
    while place + _BEGIN.size <= len(content):
        length, checksum, at, flags, topic, sent = _BEGIN.unpack_from(content, place)
        start, end = place + _FRAME.size, place + _FRAME.size + length
        topic_at = place + _BEGIN.size
        payload_at = topic_at + topic + sent
        if not payload_at <= end <= len(content) or crc32(content[start:end]) != checksum:
            break
        received.append(at)
        topics.append(content[topic_at : topic_at + topic])
        retained.append(bool(flags & _RETAINED))
        properties.append(content[topic_at + topic : payload_at])
        payloads.append(content[payload_at:end])
        ends.append(end)
        place = end
    return batch
