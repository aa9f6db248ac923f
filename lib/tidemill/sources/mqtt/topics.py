"""What a message's topic and its broker tell: the topic's named levels, when it came, what was sent along."""

import json
from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tidemill.contract.sources import MqttSource
from tidemill.formats.decoding import kept_text, readable
from tidemill.formats.header import unused_name
from tidemill.sources.messages import Objects, Texts, Told


def source_name(settings: MqttSource) -> str:
    """What `_source` says: broker and topic, no credentials."""
    return f"{settings.url}/{settings.topic}"


class Topics:
    """Divides topics by the levels of a filter.

    Args:
        settings: of the contract.
        delivered: the names that the contract reads.
    """

    def __init__(self, settings: MqttSource, delivered: Collection[str]) -> None:
        levels = settings.topic.split("/")
        places = {level[1:]: place for place, level in enumerate(levels) if level[1:] in settings.parts}
        # Those that the contract does not read are in the topic, which is told whole.
        self._places = {name: place for name, place in places.items() if name in delivered}
        self._whole, self._open = len(levels), levels[-1] == "#"
        self._literal = {place: level for place, level in enumerate(levels) if level[:1] not in ("+", "#")}
        self._retained = "_retained" in delivered

    def told(
        self,
        received: Sequence[int | None],
        topics: Sequence[str | None],
        retained: Sequence[bool],
        properties: Sequence[bytes],
    ) -> Told:
        """What is known of messages; all arguments one value a message, None where it is not known."""
        known: dict[str, Texts | Objects] = {}
        parts = {topic: self._divided(topic) for topic in set(topics)}
        for number, name in enumerate(self._places):
            own = {topic: each[number] for topic, each in parts.items()}
            known[name] = Texts(pa.array([own[topic] for topic in topics], pa.string()))
        known["_topic"] = Texts(pa.array(topics, pa.string()))
        moments = pa.array(received, pa.timestamp("ms", "UTC"))
        known["_received_at"] = Texts(pc.strftime(moments, format="%Y-%m-%dT%H:%M:%SZ"))
        if self._retained:
            known["_retained"] = Texts(pa.array(["true" if one else "false" for one in retained]), bool)
        elif any(retained):
            known["_retained"] = Texts(pa.array(["true" if one else None for one in retained], pa.string()), bool)
        if any(properties):
            known["_headers"] = Objects([headers_of(one) for one in properties])
        return Told(known)

    def _divided(self, topic: str | None) -> tuple[str | None, ...]:
        levels = topic.split("/") if topic is not None else []
        fits = len(levels) >= self._whole - 1 if self._open else len(levels) == self._whole
        # A spool may hold what an earlier filter collected.
        fits = fits and all(levels[place] == level for place, level in self._literal.items())
        return tuple(levels[place] if fits else None for place in self._places.values())


def headers_of(properties: bytes) -> dict[str, str] | None:
    """User properties; a name that stands twice gets a number."""
    headers: dict[str, str] = {}
    for name, value in json.loads(properties) if properties else ():
        headers[unused_name(name, headers)] = value
    return headers or None


def topic_text(topic: bytes) -> str:
    """A topic as text, bytes that are none as backslash escapes."""
    return readable(kept_text(topic, "utf-8"))
