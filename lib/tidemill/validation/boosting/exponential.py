"""The exponential function of the JVM on x86-64, to the last bit.

Which of two equal splits is taken depends on the last bit of the sums of the residuals, and so of each residual. The
JVM takes its Math.exp from Intel's LIBM, numpy has one of its own; they differ in a quarter of all values.
"""

from decimal import Decimal, localcontext
from functools import cache

import numpy as np

from tidemill.validation.arrow import Numbers

STEPS = 64  # of the table, between two powers of 2
STEPS_A_UNIT = STEPS / np.log(2.0)
# A step's size in two parts, so that whole numbers of the first are exact.
STEP, STEP_REST = 0.010830424696223417, 2.572804622327669e-14
# Of exp(r) - 1 - r about 0: the coefficients of the powers 2 to 6.
SECOND, THIRD, FOURTH = 0.4999999999999999, 0.16666666666523347, 0.04166666666952449
FIFTH, SIXTH = 0.008333368243348653, 0.001388874731341548
ROUNDING = 1.5 * 2.0**52  # added and taken away again, it leaves a whole number
TINY = 2.0**-54
LARGEST = 600.0


def jvm_exp(x: Numbers) -> Numbers:
    """Math.exp of a JVM on x86-64.

    Source: the algorithm of Intel's LIBM as HotSpot describes it: exp(x) = 2^n T[j] exp(r), with a table of 64 steps.

    Args:
        x: at most `LARGEST` away from 0.
    """
    powers, rests = _table()
    steps = (x * STEPS_A_UNIT + ROUNDING) - ROUNDING
    r = (x - steps * STEP) - steps * STEP_REST
    whole = steps.astype(np.int64)
    place = whole % STEPS
    square = r * r
    cube = r * square
    # The order of the sums is the algorithm's: each rounding counts.
    tail = (r + rests[place]) + (cube * square) * (FIFTH + SIXTH * r)
    tail = (cube * (THIRD + FOURTH * r) + tail) + square * SECOND
    power = np.ldexp(powers[place], whole // STEPS)
    return np.where(np.abs(x) < TINY, 1.0 + x, tail * power + power)


@cache
def hard_cases() -> Numbers:
    """Some x at which it is not the float nearest to the true value, so that another implementation would show."""
    x = np.random.default_rng(1).uniform(-8, 8, 40_000)
    return x[np.exp(x.astype(np.longdouble)).astype(np.float64) != jvm_exp(x)]


@cache
def _table() -> tuple[Numbers, Numbers]:
    """By j: 2^(j/64) rounded down, and what share of it is missing."""
    powers, rests = np.empty(STEPS), np.empty(STEPS)
    with localcontext() as context:
        context.prec = 60
        for j in range(STEPS):
            true = (Decimal(2).ln() * j / STEPS).exp()
            nearest = float(true)
            powers[j] = np.nextafter(nearest, 0.0) if Decimal(nearest) > true else nearest
            rests[j] = float(true / Decimal(float(powers[j])) - 1)
    rests[0] = 0.0
    return powers, rests
