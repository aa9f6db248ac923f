"""Ways to search beside trying everything on all rows, and what a search is worth on rows that it never saw."""

from tidemill.validation.searching.drawing import (
    Distribution,
    Integer,
    LogUniform,
    Uniform,
    Values,
    draw_settings,
    every_setting,
    examples_of,
)
from tidemill.validation.searching.halved import Eliminated, Halved, HalvedSearch, Rung
from tidemill.validation.searching.halving import Halving, WrongHalving, halving_search
from tidemill.validation.searching.nested import (
    FoldWithoutClass,
    InnerFolds,
    Nested,
    OuterFold,
    Searching,
    nested_cross_validate,
)

__all__ = [
    "Distribution",
    "Eliminated",
    "FoldWithoutClass",
    "Halved",
    "HalvedSearch",
    "Halving",
    "InnerFolds",
    "Integer",
    "LogUniform",
    "Nested",
    "OuterFold",
    "Rung",
    "Searching",
    "Uniform",
    "Values",
    "WrongHalving",
    "draw_settings",
    "every_setting",
    "examples_of",
    "halving_search",
    "nested_cross_validate",
]
