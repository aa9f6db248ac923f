"""Units of measurement, and the straight line that leads from one to another of the same quantity."""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from tidemill.errors import suggestion


class Line(NamedTuple):
    """converted = value x factor + offset."""

    factor: float
    offset: float


class Unit(NamedTuple):
    """What a unit measures, and how a value in it becomes one in the quantity's base unit (that with factor 1)."""

    quantity: str
    factor: Fraction
    offset: Fraction = Fraction(0)


def _of(quantity: str, **factors: str) -> dict[str, Unit]:
    return {name: Unit(quantity, Fraction(factor)) for name, factor in factors.items()}


# Exact by definition: the kelvin's scales, the international yard and pound of 1959, the standard atmosphere and the
# conventional millimetre of mercury (NIST Special Publication 811, appendix B).
UNITS: Mapping[str, Unit] = {
    "kelvin": Unit("temperature", Fraction(1)),
    "celsius": Unit("temperature", Fraction(1), Fraction("273.15")),
    "fahrenheit": Unit("temperature", Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
    **_of("pressure", pascal="1", hectopascal="100", kilopascal="1000", millibar="100", bar="100000"),
    **_of("pressure", atmosphere="101325", psi="6894.757293168361", mmhg="133.322387415", inhg="3386.388640341"),
    **_of("length", metre="1", millimetre="1/1000", centimetre="1/100", kilometre="1000", micrometre="1/1000000"),
    **_of("length", inch="0.0254", foot="0.3048", yard="0.9144", mile="1609.344", nautical_mile="1852"),
    **_of("speed", metre_per_second="1", kilometre_per_hour="5/18", mile_per_hour="0.44704"),
    **_of("speed", knot="463/900", foot_per_second="0.3048"),
    **_of("mass", kilogram="1", gram="1/1000", milligram="1/1000000", tonne="1000", pound="0.45359237"),
    **_of("mass", ounce="0.028349523125"),
    **_of("volume", cubic_metre="1", litre="1/1000", millilitre="1/1000000", gallon="0.003785411784"),
    **_of("time", second="1", millisecond="1/1000", minute="60", hour="3600", day="86400"),
    **_of("energy", joule="1", kilojoule="1000", megajoule="1000000", watt_hour="3600", kilowatt_hour="3600000"),
    **_of("energy", kilocalorie="4184"),
    **_of("power", watt="1", milliwatt="1/1000", kilowatt="1000", megawatt="1000000"),
    **_of("current", ampere="1", milliampere="1/1000", microampere="1/1000000"),
    **_of("voltage", volt="1", millivolt="1/1000", kilovolt="1000"),
    **_of("frequency", hertz="1", kilohertz="1000", megahertz="1000000", revolution_per_minute="1/60"),
    **_of("ratio", fraction="1", percent="1/100", permille="1/1000", ppm="1/1000000", ppb="1/1000000000"),
    **_of("angle", degree="1", turn="360"),
    **_of("flow", cubic_metre_per_second="1", cubic_metre_per_hour="1/3600", litre_per_second="1/1000"),
    **_of("flow", litre_per_minute="1/60000"),
}


def conversion(unit: str, into: str) -> Line:
    """The line from a unit to another of the same quantity, each coefficient rounded once.

    Raises:
        ValueError: a unit is not known, or the two measure different quantities.
    """
    here, there = (_known(name) for name in (unit, into))
    if here.quantity != there.quantity:
        raise ValueError(f"{unit} is a unit of {here.quantity} and {into} one of {there.quantity}")
    return Line(float(here.factor / there.factor), float((here.offset - there.offset) / there.factor))


def _known(name: str) -> Unit:
    if name not in UNITS:
        raise ValueError(f"there is no unit '{name}' to convert. {suggestion(name, UNITS)}")
    return UNITS[name]
