"""Several values in one object: a record for each of them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tidemill.contract import Contract
from tidemill.formats.header import unused_name


class Unpivot(NamedTuple):
    """Which members are readings of their own.

    Attributes:
        names: of those members.
        entity: the name under which a member's name is delivered.
        value: the name under which its value is.
    """

    names: frozenset[str] = frozenset()
    entity: str = ""
    value: str = ""

    def present(self, content: Mapping[str, Any]) -> list[str]:
        """The members that are readings, in the order of the object."""
        return [name for name in content if name in self.names] if self.names else []

    def others(self, content: Mapping[str, Any]) -> dict[str, str]:
        """The members that every reading repeats: name -> the name that it has there."""
        claimed = (self.entity, self.value)
        return {name: unused_name(name, claimed, content) for name in content if name not in self.names}

    def records(self, content: Mapping[str, Any]) -> list["Record"]:
        """The records of an object; itself where it has none of the members."""
        present = self.present(content)
        if not present:
            return [Record(content)]
        repeated = {new: content[name] for name, new in self.others(content).items()}
        claimed = (self.entity, self.value)
        return [Record({**repeated, self.entity: name, self.value: content[name]}, claimed) for name in present]


class Record(NamedTuple):
    """What a message says of one reading.

    Attributes:
        content: its members.
        claimed: names that are the record's, whatever the carrier calls so.
    """

    content: Mapping[str, Any]
    claimed: tuple[str, ...] = ()


def unpivot_of(contract: Contract) -> Unpivot:
    """What a contract's `stream.unpivot` says; nothing where it says nothing."""
    stream = contract.stream
    if stream is None or not stream.unpivot:
        return Unpivot()
    entity, value = contract.delivered_name(stream.entity[-1]), contract.delivered_name(stream.value)
    return Unpivot(frozenset(stream.unpivot), entity, value)
