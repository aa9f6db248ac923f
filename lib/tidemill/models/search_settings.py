"""How a model's candidates are searched: `search` in conf/models/NAME.yaml, and what a grid may hold."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from tidemill.config import Frozen
from tidemill.errors import suggestion
from tidemill.validation import Search, cross_validate
from tidemill.validation.searching import (
    Distribution,
    Halving,
    Integer,
    LogUniform,
    Uniform,
    Values,
    draw_settings,
    every_setting,
    examples_of,
    halving_search,
)

DISTRIBUTIONS = ("integer", "log_uniform", "uniform")


def _kind(value: object) -> str:
    named = value if isinstance(value, Mapping) else vars(value) if isinstance(value, Frozen) else {}
    return next((name for name in DISTRIBUTIONS if name in named), "list")


def _require_known(value: object) -> object:
    if isinstance(value, Mapping) and _kind(value) == "list":
        first = str(next(iter(value), ""))
        raise ValueError(f"there is no distribution '{first}'. {suggestion(first, DISTRIBUTIONS)}")
    return value


# What stands under a parameter's name in a grid: a list of values, or how to draw them.
GridValues = Annotated[
    Annotated[tuple[Any, ...], Tag("list")]
    | Annotated[Integer, Tag("integer")]
    | Annotated[LogUniform, Tag("log_uniform")]
    | Annotated[Uniform, Tag("uniform")],
    Discriminator(_kind),
    BeforeValidator(_require_known),
]


class HalvingSettings(Frozen):
    """Try many candidates on few rows, and go on with the best of them on more.

    Attributes:
        eta: one of so many candidates goes on from a rung to the next, which has so many times as many rows.
        rungs: how many there are; the last has all the rows.
    """

    eta: int = Field(default=3, ge=2)
    rungs: int = Field(default=3, ge=2)


class SearchSettings(Frozen):
    """Which candidates are made of an algorithm's grid, and how they are tried.

    Attributes:
        kind: grid makes one of every combination of values; random draws some.
        draws: how many of each algorithm are drawn at random; where its grid has fewer combinations, all of them.
        halving: where it is said, the candidates are tried by successive halving.
    """

    kind: Literal["grid", "random"] = "grid"
    draws: int | None = Field(default=None, ge=1)
    halving: HalvingSettings | None = None

    @model_validator(mode="after")
    def _draws_at_random_alone(self) -> Self:
        if self.kind == "random" and self.draws is None:
            raise ValueError("a random search needs draws: how many candidates to try of each algorithm")
        if self.kind == "grid" and self.draws is not None:
            raise ValueError("draws are for a random search; write kind: random")
        return self

    def combinations(self, grid: Mapping[str, Values], seed: int) -> list[dict[str, Any]]:
        """What the candidates of one algorithm have beside its fixed settings.

        Args:
            grid: by parameter, what it may be.
            seed: of the draws.
        """
        if self.kind == "random" and self.draws is not None:
            return draw_settings(grid, self.draws, seed)
        return every_setting({name: examples_of(values) for name, values in grid.items()})

    def searching(self, key: Sequence[str], strata: str | None, seed: int) -> Callable[..., Search]:
        """`cross_validate`, or `halving_search` with its rungs given; both are called alike.

        Args:
            key: the columns that tell rows apart.
            strata: the column of classes; without it all rows are one class.
            seed: decides which rows are on the lower rungs.
        """
        return partial(halving_search, halving=self._rungs(key, strata, seed)) if self.halving else cross_validate

    def costs(self, candidates: int, folds: int) -> list[float]:
        """What each fit of the search costs beside one to all rows, in the order in which they are made."""
        plan = self._rungs((), None, 0).plan(candidates) if self.halving else [(1, candidates)]
        return [1 / divisor for divisor, size in plan for _ in range(size * folds)]

    def _rungs(self, key: Sequence[str], strata: str | None, seed: int) -> Halving:
        said = self.halving or HalvingSettings()
        return Halving(key, strata, seed, said.eta, said.rungs)

    def problems(self, algorithm: str, grid: Mapping[str, Values]) -> Iterator[str]:
        """What of an algorithm's grid does not fit the search, each in a line."""
        for name, values in grid.items():
            if not isinstance(values, Distribution):
                if not values:
                    yield f"the grid of {algorithm} names {name} without a value"
            elif self.kind == "grid":
                yield (
                    f"the grid of {algorithm} gives a distribution for {name}, whose values cannot all be tried. List "
                    "the values to try, or draw some: write search: {kind: random, draws: 20}"
                )
