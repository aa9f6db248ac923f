"""Many facts about a row as bits in few longs: cheap to keep, to test and to count."""

from collections.abc import Iterable, Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

# The sign bit stays free.
BITS = 63


def words(facts: Mapping[int, Column], count: int) -> list[Column]:
    """The facts as longs, one for every 63.

    Args:
        facts: by bit, each a condition; null is false.
        count: how many bits there are; those without a fact are 0.
    """
    result = [zero() for _ in range(0, count, BITS)]
    for bit, fact in facts.items():
        set_bit = F.when(fact, long(1 << bit % BITS)).otherwise(zero())
        result[bit // BITS] = result[bit // BITS].bitwiseOR(set_bit)
    return result


def word_name(prefix: str, word: int) -> str:
    """The column of a word."""
    return f"{prefix}_{word}"


def has_bit(array: str, bit: int) -> Column:
    """Whether a bit is set in an array of words."""
    return F.col(array)[bit // BITS].bitwiseAND(long(1 << bit % BITS)) != zero()


def any_bit(prefix: str, bits: Iterable[int]) -> Column:
    """Whether any of the bits is set in words that are columns of their own."""
    masks: dict[int, int] = {}
    for bit in bits:
        masks[bit // BITS] = masks.get(bit // BITS, 0) | 1 << bit % BITS
    found = F.lit(False)
    for word, mask in masks.items():
        found = found | (F.col(word_name(prefix, word)).bitwiseAND(long(mask)) != zero())
    return found


def long(value: int) -> Column:
    """A literal long."""
    return F.lit(value).cast("bigint")


def zero() -> Column:
    """No bit."""
    return long(0)
