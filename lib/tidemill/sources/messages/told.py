"""What the carrier of messages knows of each: keys, times, topics, headers; columns over one batch of messages."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from json.encoder import encode_basestring
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tidemill.formats.header import unused_name
from tidemill.formats.json_records import taken
from tidemill.formats.json_text import Number, json_text

_TO_ESCAPE = r'["\\\x00-\x1f]'


class Texts:
    """One text a message, null where nothing is known.

    Args:
        texts: string array.
        kind: what the texts are: str, `Number` or bool (true and false).
    """

    def __init__(self, texts: pa.Array, kind: type = str) -> None:
        self.texts = texts
        self._kind = kind

    def divided(self, name: str, delivered: Sequence[str]) -> "Divided":
        """Which column it is, or what of it is left as a member of JSON."""
        if name in delivered:
            return Divided({name: self.texts}, None)
        return Divided({}, joined(f"{encode_basestring(name)}:", self.json))

    def part(self, start: int, end: int) -> "Texts":
        """Of the messages from one number to the one before another."""
        return Texts(self.texts[start:end], self._kind)

    @property
    def json(self) -> pa.Array:
        """The values as JSON."""
        if self._kind is not str:
            return self.texts
        if not pc.any(pc.match_substring_regex(self.texts, _TO_ESCAPE)).as_py():
            return joined('"', self.texts, '"')
        return pa.array([None if text is None else encode_basestring(text) for text in self.values], pa.string())

    @property
    def complete(self) -> bool:
        """Whether every message has it."""
        return self.texts.null_count == 0

    @cached_property
    def values(self) -> list[Any]:
        """As `formats.json_text.DECODER` gives them."""
        texts = self.texts.to_pylist()
        if self._kind is str:
            return texts
        made = Number if self._kind is Number else lambda text: text == "true"
        return [None if text is None else made(text) for text in texts]


class Objects:
    """One JSON object a message, None where there is none."""

    complete = False

    def __init__(self, values: Sequence[Mapping[str, Any] | None]) -> None:
        self.values = values

    def part(self, start: int, end: int) -> "Objects":
        """Of the messages from one number to the one before another."""
        return Objects(self.values[start:end])

    def divided(self, name: str, delivered: Sequence[str]) -> "Divided":
        """Which columns are in it, by dotted names, or what of it is left as a member of JSON."""
        own = [each for each in delivered if each == name or each.startswith(f"{name}.")]
        rows = [([None] * len(own), None) if one is None else taken({name: one}, own) for one in self.values]
        columns = {each: pa.array([values[at] for values, _ in rows], pa.string()) for at, each in enumerate(own)}
        return Divided(columns, pa.array([rest and rest[1:-1] for _, rest in rows], pa.string()))


class Divided(NamedTuple):
    """A batch's columns by their delivered names, and what is left of each message as a member of JSON."""

    columns: dict[str, pa.Array]
    rest: pa.Array | None


class Told:
    """All that is known of a batch's messages.

    Args:
        known: name -> its column.
    """

    def __init__(self, known: Mapping[str, Texts | Objects]) -> None:
        self._known = {
            name: column for name, column in known.items() if isinstance(column, Texts) or any(column.values)
        }

    @property
    def names(self) -> frozenset[str]:
        """The names that a message may have."""
        return frozenset(self._known)

    def complete(self, name: str) -> bool:
        """Whether every message has what is of that name."""
        return self._known[name].complete

    def giving_way(self, claimed: Collection[str], content: Collection[str]) -> "Told":
        """The same with other names where a record has claimed them.

        Args:
            claimed: names that are the record's whatever is known.
            content: all names of the record.
        """
        if not any(name in claimed for name in self._known):
            return self
        return Told({way(name, claimed, content): column for name, column in self._known.items()})

    def part(self, start: int, end: int) -> "Told":
        """What is known of the messages from one number to the one before another."""
        return Told({name: column.part(start, end) for name, column in self._known.items()})

    def of(self, message: int) -> dict[str, Any]:
        """What is known of one message."""
        found = {name: column.values[message] for name, column in self._known.items()}
        return {name: value for name, value in found.items() if value is not None}

    def json(self, message: int) -> str | None:
        """What is known of one message as JSON; None where that is nothing."""
        known = self.of(message)
        return json_text(known) if known else None

    def divided(self, delivered: Sequence[str]) -> tuple[dict[str, pa.Array], list[pa.Array]]:
        """Columns by their delivered names, and JSON members of the rest, null where a message has none."""
        parts = [column.divided(name, delivered) for name, column in self._known.items()]
        columns = {name: array for part in parts for name, array in part.columns.items()}
        return columns, [part.rest for part in parts if part.rest is not None]


def way(name: str, claimed: Collection[str], content: Collection[str]) -> str:
    """The name that something known has beside a record which claims some names."""
    return unused_name(name, content) if name in claimed else name


def joined(*parts: pa.Array | str) -> pa.Array:
    """Texts one behind the other; null where one of them is."""
    return pc.binary_join_element_wise(*parts, "")
