"""What the stages here share: named parameters whose values are checked where they are given, without Spark."""

from collections.abc import Callable, Mapping
from typing import Any

from pyspark.ml import Estimator
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import (
    HasFeaturesCol,
    HasLabelCol,
    HasPredictionCol,
    HasProbabilityCol,
    HasRawPredictionCol,
    HasSeed,
    HasWeightCol,
)

from tidemill.errors import RequestWrong, suggestion

Converter = Callable[[Any], Any]


class UnknownParameter(RequestWrong):
    """A stage is given a parameter that it does not have."""

    def __init__(self, stage: str, name: str, known: list[str]) -> None:
        super().__init__(f"{stage} has no parameter '{name}'. {suggestion(name, known)}")


class WrongValue(RequestWrong):
    """A parameter is given a value that it does not take."""

    def __init__(self, stage: str, name: str, value: Any, reason: Exception) -> None:
        super().__init__(f"{stage}'s {name} cannot be {value!r}: {reason}. Give another value, or leave it out.")


class WrongLearner(RequestWrong):
    """What should be learnt with is no unfitted learner."""

    def __init__(self, got: Any) -> None:
        kind = type(got).__name__
        super().__init__(
            f"a learner is an unfitted pyspark.ml Estimator, not a {kind}. Give one, as LogisticRegression()."
        )


class Declared(Params):
    """A stage whose parameters are given by name, and which refuses those that it does not have."""

    def _take(self, given: Mapping[str, Any], **defaults: Any) -> None:
        known = [param.name for param in self.params]
        unknown = [name for name in given if name not in known]
        if unknown:
            raise UnknownParameter(type(self).__name__, unknown[0], known)
        self._setDefault(**defaults)
        for name, value in given.items():
            try:
                self._set(**{name: value})
            except (TypeError, ValueError) as error:
                raise WrongValue(type(self).__name__, name, value, error) from error


class LearnsFromColumns(Declared, HasFeaturesCol, HasLabelCol, HasWeightCol, HasSeed, HasPredictionCol):
    """The columns and the seed of every learner here."""

    def columns(self) -> dict[str, str]:
        """The columns that are read, under their parameters' names."""
        read = {"featuresCol": self.getFeaturesCol(), "labelCol": self.getLabelCol()}
        return read | ({"weightCol": self.getWeightCol()} if self.isDefined("weightCol") else {})


class AnswersWithProbability(Declared, HasRawPredictionCol, HasProbabilityCol, HasPredictionCol):
    """The columns that a binary classifier writes."""


def whole(low: int, high: int | None = None) -> Converter:
    """A converter that takes whole numbers of a range, both ends included."""

    def converted(value: Any) -> int:
        number = TypeConverters.toInt(value)
        if number < low or (high is not None and number > high):
            most = "" if high is None else f" to {high}"
            raise ValueError(f"expected a whole number from {low}{most}, got {value}")
        return number

    return converted


def number(low: float, high: float | None = None, above: bool = False) -> Converter:
    """A converter that takes numbers of a range; with `above` its lower end is left out."""

    def converted(value: Any) -> float:
        given = TypeConverters.toFloat(value)
        if not given >= low or (above and given == low) or (high is not None and given > high):
            least = f"above {low}" if above else f"from {low}"
            raise ValueError(f"expected a number {least}{'' if high is None else f' to {high}'}, got {value}")
        return given

    return converted


def one_of(*names: str) -> Converter:
    """A converter that takes one of these texts."""

    def converted(value: Any) -> str:
        given = TypeConverters.toString(value)
        if given not in names:
            raise ValueError(f"expected one of {', '.join(names)}, got '{value}'. {suggestion(given, names)}")
        return given

    return converted


def a_learner(value: Any) -> Estimator[Any]:
    """A converter that takes an unfitted learner.

    Raises:
        WrongLearner: it is none.
    """
    if not isinstance(value, Estimator):
        raise WrongLearner(value)
    return value


def param(name: str, meaning: str, converter: Converter) -> Any:
    """Declare a parameter in the body of a stage's class."""
    return Param(Params._dummy(), name, meaning, typeConverter=converter)
