"""Units, and what a contract may ask to convert."""

import pytest
from pydantic import ValidationError

from tidemill.contract.stream import Stream
from tidemill.contract.units import UNITS, conversion


@pytest.mark.parametrize(
    ("value", "unit", "into", "expected"),
    [
        (212, "fahrenheit", "celsius", 100),
        (-40, "celsius", "fahrenheit", -40),
        (0, "celsius", "kelvin", 273.15),
        (29.92, "inhg", "hectopascal", 1013.2075),
        (14.5, "psi", "bar", 0.99974),
        (1, "mile", "kilometre", 1.609344),
        (60, "mile_per_hour", "knot", 52.1386),
        (36, "kilometre_per_hour", "metre_per_second", 10),
        (90, "revolution_per_minute", "hertz", 1.5),
        (3.5, "celsius", "celsius", 3.5),
    ],
)
def test_a_value_is_converted(value, unit, into, expected):
    line = conversion(unit, into)
    assert value * line.factor + line.offset == pytest.approx(expected, rel=1e-5)


def test_each_quantity_has_one_base_unit_and_way_back():
    for name, unit in UNITS.items():
        base = next(other for other, each in UNITS.items() if each.quantity == unit.quantity and each.factor == 1)
        there, back = conversion(name, base), conversion(base, name)
        assert back.factor * (there.factor * 7 + there.offset) + back.offset == pytest.approx(7, abs=1e-9)


@pytest.mark.parametrize(
    ("stream", "told"),
    [
        ({"unit": "celsius", "convert": {"celcius": "kelvin"}}, "no reading is in 'celcius'. Did you mean 'celsius'?"),
        ({"unit": "celsius", "convert": {"celsius": "kelvins"}}, "no unit 'kelvins' .* Did you mean 'kelvin'?"),
        ({"unit": "celsius", "convert": {"celsius": "bar"}}, "a unit of temperature and bar one of pressure"),
        ({"unit": {"t": "celsius"}, "convert": {"bar": "psi"}}, "no reading is in 'bar'. Known: celsius"),
    ],
)
def test_a_conversion_that_cannot_be_is_refused_with_the_nearest_unit(stream, told):
    with pytest.raises(ValidationError, match=told):
        Stream(entity=["station"], value="value", **stream)


def test_a_unit_that_is_not_converted_may_be_any_word():
    stream = Stream(
        entity=["line", "kind"],
        value="n",
        unit={"bottles": "crate", "heat": "fahrenheit"},
        convert={"fahrenheit": "celsius"},
    )
    assert [stream.window_unit(name) for name in ("bottles", "heat", "else")] == ["crate", "celsius", None]
