from datetime import timedelta

import pytest
from pydantic import ValidationError

from tidemill.contract import Alerts


@pytest.mark.parametrize(
    ("text", "length"),
    [("1 hour", timedelta(hours=1)), ("2 hours", timedelta(hours=2)), ("30 minutes", timedelta(minutes=30))],
)
def test_freshness_is_a_length_of_time(text, length):
    assert Alerts(fresh_within=text).freshness == length


def test_without_a_key_there_is_no_limit():
    assert (Alerts().freshness, Alerts().pass_rate) == (None, None)


@pytest.mark.parametrize("key", [{"fresh_within": "soon"}, {"fresh_within": "0 hours"}, {"pass_rate": 95}, {"pas": 1}])
def test_what_is_no_limit_is_refused(key):
    with pytest.raises(ValidationError):
        Alerts.model_validate(key)
