from datetime import UTC, datetime, timedelta

import pytest

from tidemill.dashboard.words import NOTHING, ago, delay, length, number, size, unit_of_time

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (4, "just now"),
        (39, "30 seconds ago"),
        (60, "1 minute ago"),
        (119 * 60, "119 minutes ago"),
        (5 * 3600, "5 hours ago"),
        (50 * 3600, "2 days ago"),
        (-30, "just now"),
        (-600, "in 10 minutes"),
    ],
)
def test_how_long_ago_is_told_in_one_unit(seconds, told):
    assert ago(NOW - timedelta(seconds=seconds), NOW) == told


def test_what_never_was_is_never():
    assert ago(None, NOW) == "never"


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (21.3456789, "celsius", "21.346 °C"),
        (1013.0, "hPa", "1,013 hPa"),
        (1234567.8, None, "1,234,568"),
        (None, "hPa", NOTHING),
        (float("nan"), None, NOTHING),
        (float("inf"), None, NOTHING),
        (0.000123456, None, "0.00012346"),
    ],
)
def test_a_number_has_five_digits_and_its_unit(value, unit, told):
    assert number(value, unit) == told


def test_lengths_and_sizes():
    assert [length(timedelta(seconds=one)) for one in (0.64, 1, 45, 7200)] == [
        "0.6 seconds",
        "1 second",
        "45 seconds",
        "2 hours",
    ]
    assert [size(one) for one in (0, 999, 12_345, 3_400_000_000)] == ["0 B", "999 B", "12.3 kB", "3.4 GB"]


def test_a_delay_is_told_to_a_tenth_of_a_second_while_it_takes_seconds_and_else_in_one_unit():
    told = [delay(seconds) for seconds in (None, 0.04, 119.96, 120, 86400 * 4866)]
    assert told == [NOTHING, "0.0 s", "120.0 s", "2 minutes", "4866 days"]


@pytest.mark.parametrize(
    ("greatest", "unit"), [(0, "seconds"), (119, "seconds"), (120, "minutes"), (7200, "hours"), (4e8, "days")]
)
def test_a_graph_of_delays_is_in_a_unit_that_leaves_small_numbers(greatest, unit):
    assert unit_of_time(greatest)[0] == unit
