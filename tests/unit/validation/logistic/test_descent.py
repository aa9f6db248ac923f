import numpy as np
import pytest

from tidemill.validation.logistic.descent import Lbfgs, Owlqn, minimise

CURVATURES, CENTRE = np.array([1.0, 10.0, 100.0]), np.array([3.0, -0.2, 0.5])


def bowl(x):
    return np.float64(0.5 * CURVATURES @ (x - CENTRE) ** 2 + 1), CURVATURES * (x - CENTRE)


def answered(search, function):
    """Drive a search to its end by answering what it asks."""
    asked = next(search)
    while True:
        try:
            asked = search.send(function(asked))
        except StopIteration as done:
            return done.value


def test_a_smooth_function_is_followed_down_to_its_minimum():
    found = answered(minimise(Lbfgs(), np.zeros(3), 100, 1e-9), bowl)

    assert found.x == pytest.approx(CENTRE, abs=1e-6)
    assert found.objectives == sorted(found.objectives, reverse=True)


def test_an_l1_penalty_draws_each_coordinate_to_0_by_itself():
    penalties = np.array([1.0, 4.0, 10.0])

    found = answered(minimise(Owlqn(penalties), np.zeros(3), 100, 1e-9), bowl)

    drawn = np.sign(CENTRE) * np.maximum(np.abs(CENTRE) - penalties / CURVATURES, 0)
    assert found.x == pytest.approx(drawn, abs=1e-6)
    assert found.x[1] == 0


def test_no_more_iterations_are_made_than_are_wanted():
    found = answered(minimise(Lbfgs(), np.zeros(3), 2, 1e-9), bowl)

    assert len(found.objectives) == 3


def test_a_search_that_fails_twice_ends_where_it_is():
    found = answered(minimise(Lbfgs(), np.zeros(3), 100, 1e-9), lambda x: (bowl(x)[0], -bowl(x)[1]))

    assert found.x.tolist() == [0, 0, 0]
    assert found.objectives == [bowl(np.zeros(3))[0]] * 3


def test_a_step_to_where_the_function_is_not_finite_is_halved():
    def fenced(x):
        return bowl(x) if x[0] < 0.05 else (np.inf, np.full(3, np.nan))

    found = answered(minimise(Lbfgs(), np.zeros(3), 3, 1e-9), fenced)

    assert found.x[0] < 0.05
    assert found.objectives[-1] < found.objectives[0]
