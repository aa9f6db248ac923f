import math
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from tidemill.validation.searching import Integer, LogUniform, Uniform, draw_settings, every_setting, examples_of

STRENGTH = LogUniform(log_uniform=(1e-4, 1.0))
SHARE = Uniform(uniform=(0.5, 1.0))
DEPTH = Integer(integer=(3, 9))


@st.composite
def lists(draw):
    names = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True))
    return {name: draw(st.lists(st.integers(0, 4), min_size=1, max_size=4)) for name in names}


@given(space=lists(), draws=st.integers(1, 30), seed=st.integers(0, 5))
def test_settings_of_lists_are_drawn_without_repetition_until_there_are_no_more(space, draws, seed):
    every = {tuple(values) for values in product(*(dict.fromkeys(space[name]) for name in space))}

    drawn = [tuple(setting.values()) for setting in draw_settings(space, draws, seed)]

    assert len(drawn) == len(set(drawn)) == min(draws, len(every))
    assert set(drawn) <= every


@given(seed=st.integers(0, 1000), draws=st.integers(1, 20))
def test_drawn_numbers_lie_between_the_ends_and_are_whole_where_they_must_be(seed, draws):
    drawn = draw_settings({"regParam": STRENGTH, "subsamplingRate": SHARE, "maxDepth": DEPTH}, draws, seed)

    assert len(drawn) == draws
    for setting in drawn:
        assert 1e-4 <= setting["regParam"] <= 1
        assert 0.5 <= setting["subsamplingRate"] <= 1
        assert setting["maxDepth"] in range(3, 10)


def test_the_seed_alone_decides_and_more_draws_begin_with_the_fewer():
    space = {"regParam": STRENGTH, "maxDepth": [3, 5, 7]}
    turned = {"maxDepth": [3, 5, 7], "regParam": STRENGTH}

    assert draw_settings(space, 10, seed=1) == draw_settings(turned, 10, seed=1)
    assert draw_settings(space, 10, seed=1)[:4] == draw_settings(space, 4, seed=1)
    assert draw_settings(space, 10, seed=1) != draw_settings(space, 10, seed=2)


def test_each_power_of_ten_is_as_likely_as_the_next():
    drawn = [setting["regParam"] for setting in draw_settings({"regParam": STRENGTH}, 2000, seed=3)]

    powers = [math.floor(math.log10(value)) for value in drawn]
    assert all(abs(powers.count(power) - 500) < 100 for power in (-4, -3, -2, -1))


def test_every_value_of_a_list_and_every_whole_number_comes_up():
    space = {"maxDepth": DEPTH, "loss": ["a", "b"], "regParam": STRENGTH}

    drawn = draw_settings(space, 300, seed=4)

    assert {setting["maxDepth"] for setting in drawn} == set(range(3, 10))
    assert {setting["loss"] for setting in drawn} == {"a", "b"}


def test_a_distribution_with_fewer_numbers_than_draws_ends_with_all_of_them():
    drawn = draw_settings({"share": Uniform(uniform=(1.0, math.nextafter(1.0, 2)))}, 5, seed=1)

    assert sorted(setting["share"] for setting in drawn) == [1.0, math.nextafter(1.0, 2)]


@given(space=lists())
def test_a_grid_has_every_combination_the_last_name_changing_first(space):
    assume(all(space.values()))
    assert [tuple(setting.values()) for setting in every_setting(space)] == list(product(*space.values()))


@pytest.mark.parametrize(
    ("distribution", "ends", "problem"),
    [
        (Uniform, (1, 0.5), "goes from 1 to 0.5"),
        (Uniform, (0, math.inf), "to a larger one"),
        (LogUniform, (0, 1), "must begin above 0"),
        (LogUniform, (1, 1), "goes from 1 to 1"),
        (Integer, (5, 5), "goes from 5 to 5"),
        (Integer, (1.5, 3), "valid integer"),
    ],
)
def test_ends_that_hold_no_numbers_between_them_are_told(distribution, ends, problem):
    (name,) = distribution.model_fields

    with pytest.raises(ValidationError, match=problem):
        distribution(**{name: ends})


def test_examples_show_a_parameter_of_whole_numbers_that_others_would_come():
    assert examples_of(DEPTH) == [3, 9]
    assert examples_of([1, "a"]) == [1, "a"]
    assert any(value != int(value) for value in examples_of(Uniform(uniform=(3, 9))))
