import pytest
from pydantic import ValidationError

from tidemill.config import Frozen
from tidemill.models.search_settings import GridValues, SearchSettings
from tidemill.validation import cross_validate
from tidemill.validation.searching import Halving, Integer, LogUniform, Uniform, halving_search

GRID = {"maxDepth": [3, 5], "maxIter": [10, 20]}


class Algorithm(Frozen):
    """What holds a grid in a model's file."""

    grid: dict[str, GridValues]


def grid_of(**values):
    return Algorithm.model_validate({"grid": values}).grid


def test_a_grid_is_read_as_it_is_written_and_written_as_it_was_read():
    written = {
        "regParam": {"log_uniform": [0.0001, 1.0]},
        "maxDepth": {"integer": [3, 9]},
        "subsamplingRate": {"uniform": [0.5, 1.0]},
        "maxIter": [10, 20],
    }

    read = Algorithm.model_validate({"grid": written})

    assert read.grid == {
        "regParam": LogUniform(log_uniform=(0.0001, 1)),
        "maxDepth": Integer(integer=(3, 9)),
        "subsamplingRate": Uniform(uniform=(0.5, 1)),
        "maxIter": (10, 20),
    }
    assert read.model_dump(mode="json") == {"grid": written}
    assert Algorithm.model_validate(read.model_dump()) == read


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"log_unifrom": [1, 2]}, "there is no distribution 'log_unifrom'. Did you mean 'log_uniform'?"),
        ({}, "there is no distribution ''. Known: integer, log_uniform, uniform"),
        ({"uniform": [1, 2], "integer": [1, 2]}, "Extra inputs"),
        ({"uniform": [1]}, "Field required"),
        (7, "valid tuple"),
    ],
)
def test_values_that_are_neither_a_list_nor_a_distribution_are_told(values, problem):
    with pytest.raises(ValidationError) as told:
        grid_of(maxDepth=values)

    assert problem in str(told.value)


def test_a_grid_search_tries_every_combination_and_a_random_one_as_many_as_are_drawn():
    every = SearchSettings().combinations(grid_of(**GRID), seed=1)
    some = SearchSettings(kind="random", draws=3).combinations(grid_of(**GRID), seed=1)

    assert every == [{"maxDepth": depth, "maxIter": trees} for depth in (3, 5) for trees in (10, 20)]
    assert len(some) == 3
    assert all(setting in every for setting in some)
    assert (
        SearchSettings().combinations({}, seed=1) == SearchSettings(kind="random", draws=3).combinations({}, 1) == [{}]
    )


def test_a_distribution_in_a_grid_search_is_told_with_what_to_write():
    grid = grid_of(regParam={"log_uniform": [0.1, 1]}, maxIter=[], **{"maxDepth": [3]})

    told = list(SearchSettings().problems("logistic_regression", grid))

    assert [problem.split(",")[0] for problem in told] == [
        "the grid of logistic_regression gives a distribution for regParam",
        "the grid of logistic_regression names maxIter without a value",
    ]
    assert "search: {kind: random, draws: 20}" in told[0]
    assert len(list(SearchSettings(kind="random", draws=2).problems("logistic_regression", grid))) == 1


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"kind": "random"}, "needs draws"),
        ({"draws": 5}, "write kind: random"),
        ({"kind": "bayesian"}, "'grid' or 'random'"),
        ({"halving": {"eta": 1}}, "greater than or equal to 2"),
    ],
)
def test_a_search_that_contradicts_itself_is_told(given, problem):
    with pytest.raises(ValidationError, match=problem):
        SearchSettings.model_validate(given)


def test_a_search_is_by_halving_where_that_is_said():
    plain = SearchSettings()
    halved = SearchSettings.model_validate({"halving": {"eta": 2, "rungs": 2}})

    assert plain.searching(["id"], "label", 1) is cross_validate
    assert plain.costs(candidates=2, folds=3) == [1] * 6
    searching = halved.searching(["id"], "label", 1)
    assert (searching.func, searching.keywords) == (halving_search, {"halving": Halving(["id"], "label", 1, 2, 2)})
    assert halved.costs(candidates=4, folds=2) == [0.5] * 8 + [1] * 4
