import pytest

from tidemill.models.images.training.schedule import share_of_rate


def test_the_rate_rises_in_the_warm_up_and_then_falls_as_a_cosine():
    shares = [share_of_rate(step, 10, warm_up=0.2, final=0.0) for step in range(10)]

    assert shares[:3] == [0.5, 1.0, 1.0]
    assert shares[2:] == sorted(shares[2:], reverse=True)
    assert shares[6] == pytest.approx(0.5)
    assert 0 < shares[9] < 0.05


def test_it_ends_at_the_share_that_is_asked_for():
    assert share_of_rate(100, 100, warm_up=0.1, final=0.1) == pytest.approx(0.1)


def test_without_a_warm_up_it_begins_at_its_height():
    assert share_of_rate(0, 10, warm_up=0.0, final=0.0) == 1
