"""Settings drawn at random from lists and distributions.

Of a few settings that matter and many that do not, a random search tries many different values of those that matter
where a grid of as many candidates tries few. Source: Bergstra and Bengio (2012), Random search for hyper-parameter
optimization.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import product
from random import Random
from typing import Any, Self

from pydantic import model_validator

from tidemill.config import Frozen


class Uniform(Frozen):
    """Any number from the first to the second, all alike likely."""

    uniform: tuple[float, float]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        _require_rising("uniform", self.uniform)
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest."""
        return self.uniform

    def draw(self, random: Random) -> float:
        """One of the numbers."""
        return random.uniform(*self.uniform)


class LogUniform(Frozen):
    """Any number from the first to the second, each power of ten as likely as the next: for strengths and rates."""

    log_uniform: tuple[float, float]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.log_uniform[0] <= 0:
            raise ValueError(f"log_uniform begins at {self.log_uniform[0]:g}, but must begin above 0")
        _require_rising("log_uniform", self.log_uniform)
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest."""
        return self.log_uniform

    def draw(self, random: Random) -> float:
        """One of the numbers."""
        low, high = self.log_uniform
        # Rounding may carry the power beyond an end.
        return min(max(math.exp(random.uniform(math.log(low), math.log(high))), low), high)


class Integer(Frozen):
    """Any whole number from the first to the second, both among them."""

    integer: tuple[int, int]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        _require_rising("integer", self.integer)
        return self

    @property
    def ends(self) -> tuple[int, int]:
        """The least and the greatest."""
        return self.integer

    def draw(self, random: Random) -> int:
        """One of the numbers."""
        return random.randint(*self.integer)


Distribution = Uniform | LogUniform | Integer
Values = Sequence[Any] | Distribution


def every_setting(space: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every combination of the values of lists, the last name's changing first."""
    return [dict(zip(space, values, strict=True)) for values in product(*space.values())]


def examples_of(values: Values) -> list[Any]:
    """What shows whether a parameter takes the values: all of a list, a distribution's ends and one between them."""
    if not isinstance(values, Distribution):
        return list(values)
    low, high = values.ends
    # Between whole numbers too there are others, which a parameter may not take.
    return [low, high] if isinstance(values, Integer) else [low, low + (high - low) / math.pi, high]


def draw_settings(space: Mapping[str, Values], draws: int, seed: int) -> list[dict[str, Any]]:
    """Draw settings, no two alike.

    Args:
        space: by name, the values to choose from; those of a list are all alike likely.
        draws: how many.
        seed: the same gives the same settings, in whatever order the names stand; more draws begin with the fewer.

    Returns:
        The settings in the order drawn. Where there are not so many, all there are.
    """
    if math.prod(map(_size, space.values())) <= draws:
        return every_setting({name: _all(values) for name, values in space.items()})
    random = Random(seed)  # noqa: S311 (nothing secret)
    found: dict[str, dict[str, Any]] = {}
    # The bound is for a distribution so narrow that it holds fewer numbers than are drawn.
    for _ in range(1000 * draws):
        drawn = {name: _draw(space[name], random) for name in sorted(space)}
        found.setdefault(repr(drawn), {name: drawn[name] for name in space})
        if len(found) == draws:
            break
    return list(found.values())


def _size(values: Values) -> float:
    if isinstance(values, Uniform | LogUniform):
        return math.inf
    return values.integer[1] - values.integer[0] + 1 if isinstance(values, Integer) else len(_different(values))


def _all(values: Values) -> Sequence[Any]:
    """All values of a list or of whole numbers."""
    if isinstance(values, Integer):
        return range(values.integer[0], values.integer[1] + 1)
    return [] if isinstance(values, Uniform | LogUniform) else _different(values)


def _draw(values: Values, random: Random) -> Any:
    return values.draw(random) if isinstance(values, Distribution) else random.choice(_different(values))


def _different(values: Sequence[Any]) -> list[Any]:
    return list({repr(value): value for value in values}.values())


def _require_rising(name: str, ends: tuple[float, float]) -> None:
    if not -math.inf < ends[0] < ends[1] < math.inf:
        raise ValueError(f"{name} goes from {ends[0]:g} to {ends[1]:g}, but must go from a number to a larger one")
