"""Which columns of a gold table a model sees, and how."""

import math
from collections.abc import Collection, Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Frozen
from tidemill.errors import suggestion

ColumnName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
Level = Annotated[str, Field(min_length=1)]
MOST_FREQUENT = "most_frequent"
STATISTICS = ("median", "mean", MOST_FREQUENT)


class Imputation(Frozen):
    """What stands in for a missing value.

    Attributes:
        numbers: median, mean or most_frequent of the training rows, or a number.
        categories: most_frequent, or the name of the level that a missing value counts as.
        columns: the same for single columns. A number is on the column's own scale: 0 for a log1p column gives
            ln(1 + 0); for an ordinal column 0 is below its lowest level, which is 1.
    """

    numbers: float | str = "median"
    categories: str = "missing"
    columns: dict[ColumnName, float | str] = Field(default_factory=dict)

    def of_number(self, column: str) -> float | str:
        """The stand-in of a number."""
        return self.columns.get(column, self.numbers)

    def of_category(self, column: str) -> str:
        """The stand-in of a category."""
        return str(self.columns.get(column, self.categories))


class Selection(Frozen):
    """Keep the places of the vector that a univariate test finds related to the label.

    Attributes:
        test: anova (the F test of each place between the classes of the label), regression (the F test of a line from
            each place to the label), or chi2 (of each level and the classes; numbers are kept untested).
        keep: how many places.
        share: which share of the places.
        false_discovery: the largest expected share of falsely kept ones (Benjamini and Hochberg, 1995).
    """

    test: Literal["anova", "regression", "chi2"]
    keep: int | None = Field(default=None, ge=1)
    share: float | None = Field(default=None, gt=0, le=1)
    false_discovery: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _has_one_measure(self) -> Self:
        if sum(each is not None for each in (self.keep, self.share, self.false_discovery)) != 1:
            raise ValueError("say how much is selected by one of keep, share and false_discovery")
        return self


class FeatureSettings(Frozen):
    """The columns that become features.

    Attributes:
        numeric: numbers and booleans, taken as they are.
        log1p: numbers above -1, taken as ln(1 + x); a column may stand in `numeric` as well.
        box_cox: positive numbers, taken as (x^l - 1) / l with the l that makes the training rows most like a normal
            distribution; a column may stand in `numeric` as well.
        ordinal: categories whose levels are in order, lowest first, taken as 1, 2, and so on.
        categorical: one-hot encoded.
        interactions: pairs of the above columns. Two numbers give their product (a log1p column's logarithm where it
            does not stand in `numeric`); a number and a category the scaled number in the level's place; two
            categories a level for each pair of levels.
        impute: what stands in for missing values; NaN and infinities count as missing.
        flag_missing: numbers with a feature more that is 1 where they are missing.
        scale: of all numbers: standard (mean 0, standard deviation 1), robust (median 0, quartiles 1 apart), min_max (0
            to 1 over the training rows) or none, which is enough for trees.
        rare_below: a level with a smaller share of the training rows counts as unseen: none of its column's levels.
        select: a test that keeps a part of the vector.
        pca: the share of the variance that the principal components kept in the vector's stead explain at least.
    """

    numeric: tuple[ColumnName, ...] = ()
    log1p: tuple[ColumnName, ...] = ()
    box_cox: tuple[ColumnName, ...] = ()
    ordinal: dict[ColumnName, tuple[Level, ...]] = Field(default_factory=dict)
    categorical: tuple[ColumnName, ...] = ()
    interactions: tuple[tuple[ColumnName, ColumnName], ...] = ()
    impute: Imputation = Imputation()
    flag_missing: tuple[ColumnName, ...] = ()
    scale: Literal["standard", "robust", "min_max", "none"] = "standard"
    rare_below: float = Field(default=0.0, ge=0, lt=1)
    select: Selection | None = None
    pca: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.numbers and not self.ordinal:
            raise ValueError("name at least one column under numeric, log1p, box_cox or ordinal")
        for problem in (*_twice(self), *_contradictions(self), *_unread(self), *_stand_ins(self)):
            raise ValueError(problem)
        return self

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that must be numbers or booleans, once."""
        return tuple(dict.fromkeys((*self.numeric, *self.log1p, *self.box_cox)))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, once."""
        return tuple(dict.fromkeys((*self.numbers, *self.ordinal, *self.categorical)))

    def only(self, columns: Collection[str]) -> Self:
        """These settings for some of their columns: all else that they say of the others is left out.

        Raises:
            ValidationError: no number is left.
        """
        said = self.model_dump()
        for kind in ("numeric", "log1p", "box_cox", "categorical", "flag_missing"):
            said[kind] = [column for column in said[kind] if column in columns]
        said["ordinal"] = {column: levels for column, levels in self.ordinal.items() if column in columns}
        said["interactions"] = [pair for pair in self.interactions if set(pair) <= set(columns)]
        of_columns = {column: value for column, value in self.impute.columns.items() if column in columns}
        said["impute"]["columns"] = of_columns
        return type(self).model_validate(said)


def _twice(settings: FeatureSettings) -> Iterator[str]:
    for kind in ("numeric", "log1p", "box_cox", "categorical", "flag_missing"):
        named = getattr(settings, kind)
        for column in sorted({column for column in named if named.count(column) > 1}):
            yield f"{kind} names '{column}' twice"
    for column, levels in settings.ordinal.items():
        if len(levels) < 2:
            yield f"ordinal names '{column}' with fewer than two levels"
        for level in sorted({level for level in levels if levels.count(level) > 1}):
            yield f"the levels of '{column}' name '{level}' twice"
    pairs = [frozenset(pair) for pair in settings.interactions]
    for first, second in settings.interactions:
        if first == second:
            yield f"interactions pair '{first}' with itself"
        if pairs.count(frozenset((first, second))) > 1:
            yield f"interactions name '{first}' and '{second}' twice"


def _contradictions(settings: FeatureSettings) -> Iterator[str]:
    kinds = {"a number": settings.numbers, "ordinal": tuple(settings.ordinal), "categorical": settings.categorical}
    for column in settings.columns:
        named = [kind for kind, columns in kinds.items() if column in columns]
        if len(named) > 1:
            yield f"'{column}' is named both as {named[0]} and as {named[1]}; keep one of them"
        if column in settings.log1p and column in settings.box_cox:
            yield f"'{column}' is named both under log1p and under box_cox; keep one of them"


def _unread(settings: FeatureSettings) -> Iterator[str]:
    paired = [column for pair in settings.interactions for column in pair]
    named = {"interactions": paired, "impute.columns": list(settings.impute.columns)}
    for where, columns in named.items():
        for column in columns:
            if column not in settings.columns:
                yield f"{where} names '{column}', which is no feature. {suggestion(column, settings.columns)}"
    numbers = (*settings.numbers, *settings.ordinal)
    for column in settings.flag_missing:
        if column not in numbers:
            yield f"flag_missing names '{column}', which is no number. {suggestion(column, numbers)}"


def _stand_ins(settings: FeatureSettings) -> Iterator[str]:
    numbers = {"impute.numbers": settings.impute.numbers}
    for column in settings.impute.columns:
        if column not in settings.categorical:
            numbers[f"impute.columns.{column}"] = settings.impute.columns[column]
    for where, value in numbers.items():
        if isinstance(value, str) and value not in STATISTICS:
            yield f"{where} cannot be '{value}': it is a number, or one of {', '.join(STATISTICS)}"
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{where} cannot be {value}: it is a finite number"
    for kind, bound in (("log1p", -1.0), ("box_cox", 0.0)):
        for column in getattr(settings, kind):
            value = settings.impute.of_number(column)
            if isinstance(value, float) and value <= bound:
                yield f"'{column}' stands under {kind} and cannot be imputed with {value:g}: it must be above {bound:g}"
