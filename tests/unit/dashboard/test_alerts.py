from dataclasses import replace
from datetime import timedelta

import pytest

from tests.services.sensor_lake import opened
from tidemill.alerts import find_alert, silence_matching
from tidemill.dashboard.acting import act_on
from tidemill.dashboard.alerts import Alerts
from tidemill.dashboard.app import made_page
from tidemill.dashboard.parts import Query
from tidemill.lake.stored import StoredTable

MINUTE = timedelta(minutes=1)


@pytest.fixture
def alert(sensor_lake, board, now):
    event = opened("a/temp", now - 9 * MINUTE)
    sensor_lake.alert([event])
    return find_alert(board.config, event.alert_id, now)


def shown(board):
    """The page of alerts as one text, as it is when the table has been asked for news."""
    board.tables._clock = lambda: 1e12
    return str(made_page(board, Query("/alerts")).flat())


def test_the_worst_open_alert_comes_first_and_those_that_are_over_come_last(sensor_lake, board, now):
    mild = opened("a/temp", now, severity="warning")
    bad, older = opened("b/temp", now), opened("c/temp", now - MINUTE)
    over = opened("d/temp", now)
    sensor_lake.alert([over, mild, older, bad, replace(over, event="closed")])

    found = Alerts(board.tables).current(now)

    assert [alert.sensor for alert in found] == ["b/temp", "c/temp", "a/temp", "d/temp"]


def test_alerts_of_a_lake_without_any_are_none_and_appended_ones_appear(sensor_lake, board, now):
    assert board.alerts() == []

    sensor_lake.alert([opened("a/temp", now - MINUTE)])
    board.tables._clock = lambda: 1e12

    assert [alert.text for alert in board.alerts()] == ["a/temp is above 90"]


def test_alerts_are_folded_once_for_each_version_and_each_file_is_read_once(sensor_lake, board, now, monkeypatch):
    sensor_lake.alert([opened("a/temp", now - MINUTE)])
    alerts, read, pieces = Alerts(board.tables), [], StoredTable.pieces
    monkeypatch.setattr(
        StoredTable, "pieces", lambda *a, files, **k: read.extend(files) or pieces(*a, files=files, **k)
    )
    first = alerts.current(now)

    board.tables._clock = lambda: 1e12
    assert alerts.current(now + MINUTE) is first

    sensor_lake.alert([opened("b/temp", now)])
    board.tables._clock = lambda: 2e12
    assert len(alerts.current(now)) == 2
    assert len(read) == len(set(read)) == 2


def test_who_acknowledged_is_recorded_under_a_tidy_name_and_shown(sensor_lake, board, alert, now):
    assert act_on(board.config, alert, "acknowledged", "  Ada \n Lovelace ", "", now) == ""

    found = find_alert(board.config, alert.alert_id, now)
    assert (found.acknowledged_by, found.acknowledged_at) == ("Ada Lovelace", now)
    assert "acknowledged by Ada Lovelace" in shown(board)


def test_an_alert_is_silenced_for_as_long_as_was_chosen_and_so_shown(sensor_lake, board, alert, now):
    assert act_on(board.config, alert, "silenced", "Eve", "4", now) == ""

    assert find_alert(board.config, alert.alert_id, now).silenced_until(now) == now + timedelta(hours=4)
    assert "silenced by Eve for 4 hours" in shown(board)


def test_a_silence_of_all_that_fit_is_shown_with_the_alerts_that_it_covers_and_is_no_alert(
    sensor_lake, board, alert, now
):
    sensor_lake.alert([opened("b/temp", now)])
    silence_matching(board.config, timedelta(hours=3), "Eve", sensor="a/*", now=now)

    told = shown(board)

    assert told.count("silenced by Eve for 3 hours, with all that fit") == 1
    assert {one.sensor for one in board.alerts()} == {"a/temp", "b/temp"}


def test_a_note_is_shown_with_its_alert(sensor_lake, board, alert, now):
    noted = replace(opened("a/temp", now - 9 * MINUTE), event="noted", at=now, details={"by": "Ada", "note": "<b>pump"})
    sensor_lake.alert([noted])

    assert "Ada: <b>pump" in shown(board)


def test_an_alert_whose_beginning_is_not_there_is_in_the_history_without_a_beginning(sensor_lake, board, now):
    sensor_lake.alert([replace(opened("a/temp", now - MINUTE), event="closed", at=now)])

    (alert,) = board.alerts()

    assert (alert.is_open, alert.opened_at) == (False, None)
    assert "began" in shown(board)
    assert "11:59:20" not in shown(board), "the time of its end is not taken for that of its beginning"


@pytest.mark.parametrize(
    ("act", "name", "hours", "told"),
    [
        ("acknowledged", "  ", "4", "Give your name"),
        ("silenced", "Ada", "1000000", "one of the times"),
        ("opened", "Ada", "4", "can be acknowledged, or silenced"),
    ],
)
def test_a_wrong_request_is_told_in_words_and_not_recorded(sensor_lake, board, alert, now, act, name, hours, told):
    assert told in act_on(board.config, alert, act, name, hours, now)

    assert sensor_lake.table("ops.alert_events").version() == 0


def test_an_alert_that_is_over_or_taken_cannot_be_acknowledged(sensor_lake, board, alert, now):
    act_on(board.config, alert, "acknowledged", "Ada", "", now)
    taken = find_alert(board.config, alert.alert_id, now)
    sensor_lake.alert([replace(opened("a/temp", now - 9 * MINUTE), event="closed", at=now)])
    over = find_alert(board.config, alert.alert_id, now)

    assert "before, by Ada" in act_on(board.config, taken, "acknowledged", "Bob", "", now)
    assert "over" in act_on(board.config, over, "acknowledged", "Bob", "", now)
