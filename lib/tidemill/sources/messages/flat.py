"""Build bronze's columns from the values of flat JSON objects, without looking at a single one in Python."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tidemill.formats.header import unused_name
from tidemill.sources.messages.skeletons import Match
from tidemill.sources.messages.told import Texts, Told, joined
from tidemill.sources.messages.unpivoting import Unpivot


class Records(NamedTuple):
    """Records as columns: their messages' numbers, the contract's columns, the rest as JSON, and the places within.

    Attributes:
        part: the number of the record within each of its messages, from 1; 0 where a message is one record.
    """

    numbers: pa.Array
    columns: list[pa.Array]
    rescued: pa.Array
    part: int


class _Own(NamedTuple):
    """A member's values as they stand in the text, and whether they stood between quotation marks."""

    values: pa.Array
    is_string: bool

    @property
    def texts(self) -> pa.Array:
        if self.is_string:
            return self.values
        return pc.if_else(pc.equal(self.values, "null"), pa.scalar(None, pa.string()), self.values)

    def member(self, name: str) -> pa.Array:
        if not self.is_string:
            return joined(f'"{name}":', self.values)
        # What was read as a column's may have line breaks, and is none where something known has its name.
        return joined(f'"{name}":', Texts(self.values).json)


def flat_records(match: Match, told: Told, delivered: Sequence[str], unpivot: Unpivot) -> Iterator[Records] | None:
    """The records of messages with one skeleton; None where names must be looked at message by message.

    Args:
        match: the messages.
        told: what is known of all messages of the batch.
        delivered: names of the contract's columns.
        unpivot: which members are readings of their own.
    """
    names = match.skeleton.names
    claimed = (unpivot.entity, unpivot.value) if unpivot.present(dict.fromkeys(names)) else ()
    shared = told.names.intersection((*names, *claimed))
    if any(name.startswith("_") for name in names) or not all(map(told.complete, shared)):
        return None
    return _records(match, told, delivered, unpivot)


def _records(match: Match, told: Told, delivered: Sequence[str], unpivot: Unpivot) -> Iterator[Records]:
    own = {
        member.name: _Own(values, member.is_string)
        for member, values in zip(match.skeleton.members, match.values, strict=True)
    }
    present = unpivot.present(dict.fromkeys(own))
    if not present:
        yield _combined(match.numbers, own, told, delivered, 0)
        return
    repeated = {new: own[name] for name, new in unpivot.others(dict.fromkeys(own)).items()}
    for part, name in enumerate(present, start=1):
        names = _Own(pa.repeat(pa.scalar(name, pa.string()), len(match.numbers)), True)
        content = {**repeated, unpivot.entity: names, unpivot.value: own[name]}
        around = told.giving_way((unpivot.entity, unpivot.value), content)
        yield _combined(match.numbers, content, around, delivered, part if len(present) > 1 else 0)


def _combined(
    numbers: pa.Array, content: Mapping[str, _Own], told: Told, delivered: Sequence[str], part: int
) -> Records:
    own = {unused_name(name, told.names, content): one for name, one in content.items()}
    known, rest = told.divided(delivered)
    nothing = pa.nulls(len(numbers), pa.string())
    columns = []
    for name in delivered:
        if name in own:
            columns.append(own[name].texts)
        else:
            columns.append(known[name].take(numbers) if name in known else nothing)
    members = [one.member(name) for name, one in own.items() if name not in delivered]
    return Records(numbers, columns, _object([*members, *(array.take(numbers) for array in rest)], nothing), part)


def _object(members: Sequence[pa.Array], nothing: pa.Array) -> pa.Array:
    if not members:
        return nothing
    if all(member.null_count for member in members):
        # Arrow 14 leaves out a row in which there is nothing to join, instead of joining it to an empty text.
        no_member = reduce(pc.and_, map(pc.is_null, members))
        members = [pc.if_else(no_member, "", members[0]), *members[1:]]
    inner = pc.binary_join_element_wise(*members, ",", null_handling="skip")
    return joined("{", pc.if_else(pc.equal(inner, ""), pa.scalar(None, pa.string()), inner), "}")
