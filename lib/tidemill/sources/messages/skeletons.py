"""Read flat JSON objects by the thousand: those that share their names and white space, by one regular expression.

An object without nested values and without escapes is read from its text alone. Messages of one kind of device have one
skeleton, what is left of the text without the values; whatever has another, or none, is left to the exact decoder.
"""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_BARE = rf"{_NUMBER}|true|false|null"
_SPACE = r"[ \t\n\r]*"
_BEGIN = re.compile(rf"{_SPACE}\{{")
_MEMBER = re.compile(rf'({_SPACE}"([^"\\\x00-\x1f]*)"{_SPACE}:{_SPACE})(?:("[^"\\]*")|{_BARE})({_SPACE}([,}}]))')
_END = re.compile(_SPACE)

_LONGEST = 4096
_MOST_MEMBERS = 64
# Kinds of messages that are remembered, and new ones that a batch may bring.
_REMEMBERED = 16
_NEW = 4
# Fewer messages are decoded sooner than an expression is compiled.
_WORTH = 8


class Member(NamedTuple):
    """A member of a flat object: its name, and whether its value is a string."""

    name: str
    is_string: bool


class Skeleton(NamedTuple):
    """A flat object without its values: each member, and the text before it; the last text is behind them all."""

    members: tuple[Member, ...]
    texts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of its members."""
        return tuple(member.name for member in self.members)

    def pattern(self, delivered: Collection[str]) -> str:
        """The expression (RE2) that takes the values out.

        Args:
            delivered: the members that become columns. The others go on as JSON, in which a control character would
                have to be escaped: an object with one in them is not matched.
        """
        found = []
        for number, (text, member) in enumerate(zip(self.texts[:-1], self.members, strict=True)):
            content = r'[^"\\]*' if member.name in delivered else r'[^"\\\x00-\x1f]*'
            value = f'"(?P<m{number}>{content})"' if member.is_string else f"(?P<m{number}>{_BARE})"
            found.append(rf"\Q{text}\E{value}")
        return rf"\A{''.join(found)}\Q{self.texts[-1]}\E\z"


def skeleton_of(text: str) -> Skeleton | None:
    """The skeleton of a flat object; None where the text is none, is empty, or is more than is worth it."""
    begin = _BEGIN.match(text)
    if begin is None:
        return None
    place, before = begin.end(), begin.group()
    members: list[Member] = []
    texts: list[str] = []
    while member := _MEMBER.match(text, place):
        texts.append(before + member[1])
        members.append(Member(member[2], member[3] is not None))
        before, place = member[4], member.end()
        if member[5] == "}":
            texts.append(text[member.start(4) :])
            ended = _END.fullmatch(text, place) is not None
            fits = sum(map(len, texts)) <= _LONGEST and len(members) <= _MOST_MEMBERS
            distinct = len({one.name for one in members}) == len(members)
            return Skeleton(tuple(members), tuple(texts)) if ended and fits and distinct else None
        if len(members) > _MOST_MEMBERS:
            return None
    return None


class Match(NamedTuple):
    """The messages of a batch with one skeleton: their numbers, and an array of values for each of its members."""

    skeleton: Skeleton
    numbers: pa.Array
    values: list[pa.Array]


class Skeletons:
    """Remembers the skeletons that messages have had.

    Args:
        delivered: names of members that become columns.
    """

    def __init__(self, delivered: Collection[str]) -> None:
        self._delivered = frozenset(delivered)
        self._hits: dict[Skeleton, int] = {}

    def matches(self, texts: pa.Array, numbers: pa.Array) -> Iterator[Match | pa.Array]:
        """Sort messages by their skeletons.

        Args:
            texts: the messages.
            numbers: of each in its batch.

        Yields:
            A match for each skeleton, and last the numbers of the messages that are left.
        """
        for skeleton in sorted(self._hits, key=lambda one: -self._hits[one]):
            if len(numbers) >= _WORTH:
                match, texts, numbers = self._matched(skeleton, texts, numbers)
                yield from match
        for part in range(_NEW):
            if len(numbers) >= _WORTH:
                new = skeleton_of(texts[part * len(texts) // _NEW].as_py() or "")
                if new is not None and new not in self._hits:
                    match, texts, numbers = self._matched(new, texts, numbers)
                    yield from match
        self._forget()
        yield numbers

    def _matched(
        self, skeleton: Skeleton, texts: pa.Array, numbers: pa.Array
    ) -> tuple[list[Match], pa.Array, pa.Array]:
        """The messages with a skeleton, and those that are left."""
        found = pc.extract_regex(texts, pattern=skeleton.pattern(self._delivered))
        hit = found.is_valid()
        count = self._hits[skeleton] = pc.sum(hit).as_py() or 0
        if not count:
            return [], texts, numbers
        if count == len(numbers):
            return [Match(skeleton, numbers, found.flatten())], texts[:0], numbers[:0]
        missed = pc.invert(hit)
        match = Match(skeleton, numbers.filter(hit), found.filter(hit).flatten())
        return [match], texts.filter(missed), numbers.filter(missed)

    def _forget(self) -> None:
        seldom = sorted(self._hits, key=lambda one: -self._hits[one])[_REMEMBERED:]
        for one in seldom:
            del self._hits[one]
