import numpy as np

from tidemill.models.images.augmenting import Draws


def test_a_sample_has_the_same_numbers_whatever_stands_beside_it():
    together = Draws(3, 5, [10, 11, 12]).uniforms("dropout", 4)
    apart = Draws(3, 5, [12]).uniforms("dropout", 4)

    assert np.array_equal(together[2:], apart)


def test_seed_epoch_sample_and_purpose_each_give_other_numbers():
    first = Draws(3, 5, [10]).uniform("flip")[0]

    others = {
        Draws(4, 5, [10]).uniform("flip")[0],
        Draws(3, 6, [10]).uniform("flip")[0],
        Draws(3, 5, [11]).uniform("flip")[0],
        Draws(3, 5, [10]).uniform("rotation")[0],
        Draws(5, 3, [10]).uniform("flip")[0],
    }

    assert len(others | {first}) == 6


def test_numbers_are_uniform_and_independent_of_their_neighbours():
    drawn = Draws(0, 0, np.arange(20_000)).uniforms("dropout", 5)

    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]
    beside = np.corrcoef(drawn[:-1, 0], drawn[1:, 0])[0, 1]
    across = np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]

    assert drawn.min() >= 0 and drawn.max() < 1
    # Chi-squared with 19 degrees of freedom is above 43.8 once in a thousand.
    assert ((counts - 5_000) ** 2 / 5_000).sum() < 43.8
    assert abs(beside) < 0.03 and abs(across) < 0.03


def test_the_first_numbers_are_those_of_every_version():
    """A checkpoint of an earlier version goes on with the same images."""
    drawn = Draws(1, 2, [3, -4]).uniforms("flip", 2)

    assert drawn.tolist() == PINNED


def test_numbers_lie_between_the_bounds_that_are_asked_for():
    drawn = Draws(0, 0, np.arange(1000)).uniform("rotation", -10, 10)

    assert -10 <= drawn.min() < -9 and 9 < drawn.max() < 10


PINNED = [[0.35053666700581676, 0.013365968577376375], [0.7359333992334456, 0.28158515793397276]]
