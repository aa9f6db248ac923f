"""Which filters the session at the broker has: never taken for certain when it is not."""

from tidemill.sources.mqtt.remembering import Filters


def test_a_filter_counts_once_the_broker_has_confirmed_it(tmp_path):
    filters = Filters(tmp_path / ".filter")
    filters.ask("site/+")

    assert not Filters(tmp_path / ".filter").confirmed("site/+")
    filters.confirm("site/+")
    assert Filters(tmp_path / ".filter").confirmed("site/+")


def test_a_kill_before_the_answer_leaves_the_session_with_both_filters(tmp_path):
    Filters(tmp_path / ".filter").confirm("old/+")
    Filters(tmp_path / ".filter").ask("new/+")

    after = Filters(tmp_path / ".filter")

    assert after.others("new/+") == ["old/+"]
    assert after.others("old/+") == ["new/+"]
    assert not after.confirmed("old/+")


def test_a_disk_that_takes_nothing_costs_a_subscription_anew_and_no_bridge(tmp_path):
    filters = Filters(tmp_path / "not made" / ".filter")

    filters.ask("site/+")
    filters.confirm("site/+")

    assert filters.confirmed("site/+")
    assert not Filters(tmp_path / "not made" / ".filter").confirmed("site/+")
