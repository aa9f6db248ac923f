"""Sums that do not depend on order, held against exact fractions."""

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tidemill.streams.windows.exact import SMALLEST, ZERO, Exact, deviation, mean, parsed, plus

mantissas = st.integers(-(2**200), 2**200)
numbers = st.builds(lambda mantissa, exponent: plus(Exact(mantissa, exponent), ZERO), mantissas, st.integers(-900, 900))


def fraction(number):
    return Fraction(number.mantissa) * Fraction(2) ** number.exponent


@given(numbers, numbers)
def test_a_sum_is_exact(one, other):
    assert fraction(plus(one, other)) == fraction(one) + fraction(other)


@given(numbers)
def test_a_number_is_read_as_it_was_written(number):
    assert parsed(str(number)) == number


@given(numbers, st.integers(0, 50))
def test_a_number_has_one_form(number, zeros):
    assert plus(Exact(number.mantissa << zeros, number.exponent - zeros), ZERO) == number


@given(st.lists(st.floats(-1e9, 1e9).filter(lambda value: not value or abs(value) > SMALLEST), min_size=2, max_size=20))
def test_mean_and_deviation_are_rounded_once(values):
    exact = [Fraction(value) for value in values]
    total, squares = sum(exact), sum(value * value for value in exact)
    variance = (len(values) * squares - total * total) / (len(values) * (len(values) - 1))
    sums = [Exact(*_binary(number)) for number in (total, squares)]

    assert mean(sums[0], len(values)) == float(total / len(values))
    assert deviation(*sums, len(values)) == math.sqrt(float(variance))


def _binary(number):
    exponent = number.denominator.bit_length() - 1
    return number.numerator, -exponent


def test_one_value_has_no_deviation():
    assert deviation(Exact(3, 0), Exact(9, 0), 1) is None
