"""Cleansing: the delivered text of each column, step by step in the contract's order, and what each step changed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.quality.bits import has_bit, word_name, words
from tidemill.quality.steps import STEPS

# How often an expression may mention its column before what it gives becomes a column of its own: that costs a copy
# of the row, and not to do it lets expressions grow into each other.
MENTIONS = 8


class Change(NamedTuple):
    """What one step does to one column; `place` is the step's in the contract, from 0."""

    place: int
    verb: str
    column: str
    given: Any

    @property
    def name(self) -> str:
        """As it is counted: cleanse.0.trim.city."""
        return f"cleanse.{self.place}.{self.verb}.{self.column}"


def changes_of(contract: Contract) -> list[Change]:
    """What the contract's steps do, column by column, in their order."""
    return list(_changes(contract))


def _changes(contract: Contract) -> Iterator[Change]:
    for place, step in enumerate(contract.cleanse):
        ((verb, given),) = step.model_dump(exclude_none=True).items()
        if verb == "drop_duplicates":
            continue
        for name in step.columns() or tuple(contract.columns):
            yield Change(place, verb, name, given[name] if isinstance(given, dict) else given)


def change_counts(contract: Contract) -> dict[str, Column]:
    """For each step and column the aggregate that counts the values which it changed, over `_cleansed`.

    Returns:
        Aggregates by the change's name, such as cleanse.0.trim.city, in the order of the steps.
    """
    return {
        change.name: F.count(F.when(has_bit("_cleansed", index), True))
        for index, change in enumerate(changes_of(contract))
    }


def cleansed(delivered: DataFrame, contract: Contract) -> DataFrame:
    """Cleanse the delivered text.

    Args:
        delivered: bronze's columns; those of the contract are strings.
        contract: whose `cleanse` is applied.

    Returns:
        The same columns, those of the contract cleansed, and _cleansed array<bigint>: a bit for each of `changes_of`
        that changed the row's value. `change_counts` counts them.
    """
    return Cleansing(delivered, contract).result()


class Cleansing:
    """The steps over a frame, as far as they have been taken.

    Expressions are kept apart from the frame as long as they are small, so that a row is copied seldom.

    Attributes:
        frame: where the expressions' columns are.
        texts: the cleansed text of each of the contract's columns, over `frame`.
    """

    def __init__(self, delivered: DataFrame, contract: Contract) -> None:
        self.frame = delivered
        self._names = list(contract.columns)
        self._count = len(changes_of(contract))
        self._pending: dict[int, Column] = {}
        self._bare()
        place = -1
        for bit, change in enumerate(changes_of(contract)):
            if change.place != place:
                self._begin(change, contract)
                place = change.place
            self._take(bit, change, contract.columns[change.column].type)

    def _begin(self, change: Change, contract: Contract) -> None:
        """Make what was done columns where the coming step needs it: for SQL, or as it mentions its text often."""
        mentions = STEPS[change.verb].mentions if change.verb in STEPS else 2
        of_step = contract.cleanse[change.place].columns() or self._names
        if change.verb == "set" or max(self._weights[name] for name in of_step) * mentions > MENTIONS:
            self._settle()

    def _take(self, bit: int, change: Change, kind: str) -> None:
        before = self.texts[change.column]
        if change.verb == "set":
            # Its SQL sees the texts as the steps before it left them.
            after, mentions, changed = F.expr(change.given).cast("string"), MENTIONS, None
            before = F.col(f"`{change.column}`")
        else:
            apply, mentions, changed = STEPS[change.verb]
            after = apply(before, change.given, kind)
        self._pending[bit] = changed(before, change.given) if changed else ~before.eqNullSafe(after)
        self.texts[change.column] = after
        self._weights[change.column] *= mentions

    def as_columns(self) -> None:
        """Make the texts columns of the frame, so that SQL can name them."""
        if self._pending:
            self._settle()

    @property
    def changed(self) -> list[Column]:
        """The words of `_cleansed`, over `frame`."""
        here = words(self._pending, self._count)
        return [here[word] if known is None else known.bitwiseOR(here[word]) for word, known in self._words()]

    def result(self) -> DataFrame:
        """The frame with the texts in place of the delivered ones."""
        return self.frame.select(
            *[text.alias(name) for name, text in self.texts.items()],
            *[F.col(f"`{name}`") for name in self._others()],
            F.array(*self.changed).cast("array<bigint>").alias("_cleansed"),
        )

    def _settle(self) -> None:
        changed = [word.alias(word_name("_changed", place)) for place, word in enumerate(self.changed)]
        others = [F.col(f"`{name}`") for name in self._others()]
        self.frame = self.frame.select(*[text.alias(name) for name, text in self.texts.items()], *others, *changed)
        self._pending = {}
        self._bare()

    def _bare(self) -> None:
        self.texts = {name: F.col(f"`{name}`") for name in self._names}
        self._weights = dict.fromkeys(self._names, 1)

    def _words(self) -> Iterator[tuple[int, Column | None]]:
        for word in range(len(words({}, self._count))):
            name = word_name("_changed", word)
            yield word, F.col(name) if name in self.frame.columns else None

    def _others(self) -> list[str]:
        return [name for name in self.frame.columns if name not in self.texts and not name.startswith("_changed_")]
