"""Sums of doubles that do not depend on order: whole numbers, added exactly, rounded once at the end.

A double is a whole number times a power of two. Each value is cut into limbs of 15 bits, relative to a power of two
that all values of about its size share (its scale); limbs of one scale, and the products that make up the square, are
added as integers. This is the superaccumulator of Kulisch (Computer Arithmetic and Validity, 2008), kept sparse: a
sensor's readings need one or two scales of the many that doubles have.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

LIMB_BITS = 15
LIMBS = 5
SCALE_BITS = 16
# A value of scale s is below 2**(16 s + 16) and a multiple of 2**(16 s - 52). Two bits more forgive a logarithm that is
# rounded to the wrong side of a whole number.
LOWEST_BIT = 54
# Values beyond these are no measurement: outside, the square of a double loses bits.
SMALLEST, GREATEST = 2.0**-332, 2.0**332

SCALE = "_scale"
SUMS = tuple(f"_sum{place}" for place in range(LIMBS))
SQUARES = tuple(f"_square{place}" for place in range(2 * LIMBS - 1))


class Exact(NamedTuple):
    """The number mantissa x 2**exponent."""

    mantissa: int
    exponent: int

    def __str__(self) -> str:
        """As in C99's hexadecimal floating point, with all digits: `-0x1a3p-48`."""
        return f"{'-' if self.mantissa < 0 else ''}{abs(self.mantissa):#x}p{self.exponent}"


ZERO = Exact(0, 0)


def measured(value: Column) -> Column:
    """A value as windows count it: null for NaN, infinity and magnitudes above 1e100; 0 for those below 1e-100."""
    counted = ~F.isnan(value) & (F.abs(value) <= GREATEST)
    # The comparison also makes -0.0 a 0.0, or the least of both would depend on which came first.
    return F.when(counted, F.when(F.abs(value) < SMALLEST, F.lit(0.0)).otherwise(value))


def with_limbs(readings: DataFrame, value: str) -> DataFrame:
    """The readings with the scale of a finite value and, as bigint, the limbs of it and of its square.

    At most 2**30 of one scale can be added; beyond that Spark stops with an overflow, as it does in ANSI mode.
    """
    magnitude = F.abs(F.col(value))
    scale = F.floor(F.log2(F.when(magnitude > 0, magnitude)) / SCALE_BITS)
    rows = readings.withColumn(SCALE, F.coalesce(scale, F.lit(0)).cast("bigint"))
    rest = F.col(value) * F.pow(F.lit(2.0), F.lit(LOWEST_BIT) - F.col(SCALE) * SCALE_BITS)
    for place in reversed(range(LIMBS)):
        # Multiplying by a power of two, cutting off and subtracting what was cut are all exact.
        unit = 2.0 ** (LIMB_BITS * place)
        rows = rows.withColumn("_rest", rest).withColumn(SUMS[place], (F.col("_rest") / unit).cast("bigint"))
        rest = F.col("_rest") - F.col(SUMS[place]).cast("double") * unit
    products = {SQUARES[place]: _products(place) for place in range(len(SQUARES))}
    return rows.drop("_rest").withColumns(products)


def _products(place: int) -> Column:
    pairs = [(low, place - low) for low in range(LIMBS) if low <= place - low < LIMBS]
    terms = [F.col(SUMS[low]) * F.col(SUMS[high]) * (1 if low == high else 2) for low, high in pairs]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def limbs() -> Column:
    """The scale and the added limbs of one row as an array of bigint, as `exact_sums` takes them."""
    return F.array(SCALE, *SUMS, *SQUARES)


def exact_sums(rows: Iterable[Sequence[int]]) -> tuple[Exact, Exact]:
    """The sum and the sum of squares that rows of `limbs` stand for."""
    first, second = ZERO, ZERO
    for scale, *added in rows:
        exponent = SCALE_BITS * scale - LOWEST_BIT
        first = plus(first, Exact(_whole(added[:LIMBS]), exponent))
        second = plus(second, Exact(_whole(added[LIMBS:]), 2 * exponent))
    return first, second


def _whole(places: Sequence[int]) -> int:
    return sum(limb << (LIMB_BITS * place) for place, limb in enumerate(places))


def plus(one: Exact, other: Exact) -> Exact:
    """The sum, in the one form that a number has: an odd mantissa, or 0 x 2**0."""
    exponent = min(one.exponent, other.exponent)
    mantissa = (one.mantissa << (one.exponent - exponent)) + (other.mantissa << (other.exponent - exponent))
    if mantissa == 0:
        return ZERO
    zeros = (mantissa & -mantissa).bit_length() - 1
    return Exact(mantissa >> zeros, exponent + zeros)


def parsed(text: str) -> Exact:
    """The number that was written as text."""
    mantissa, _, exponent = text.partition("p")
    return Exact(int(mantissa, 16), int(exponent))


def mean(total: Exact, count: int) -> float:
    """The sum divided by the count, rounded once."""
    return _quotient(total, count)


def deviation(total: Exact, squares: Exact, count: int) -> float | None:
    """The sample standard deviation; None of a single value.

    The variance (count x squares - total**2) / (count x (count - 1)) is computed exactly and rounded once, so that
    values far from zero that hardly differ lose nothing; then its root is rounded.
    """
    if count < 2:
        return None
    spread = plus(
        Exact(squares.mantissa * count, squares.exponent), Exact(-total.mantissa * total.mantissa, 2 * total.exponent)
    )
    return math.sqrt(_quotient(spread, count * (count - 1)))


def _quotient(number: Exact, divisor: int) -> float:
    # Python rounds the quotient of two whole numbers correctly, however long they are.
    if number.exponent < 0:
        return number.mantissa / (divisor << -number.exponent)
    return (number.mantissa << number.exponent) / divisor
