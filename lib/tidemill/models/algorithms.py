"""The learners that a model's file may name, and the parameters that each takes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pyspark.ml import Estimator
from pyspark.ml.classification import (
    DecisionTreeClassifier,
    GBTClassifier,
    LinearSVC,
    LogisticRegression,
    RandomForestClassifier,
)
from pyspark.ml.param import Param
from pyspark.ml.regression import DecisionTreeRegressor, GBTRegressor, LinearRegression, RandomForestRegressor

from tidemill.errors import suggestion
from tidemill.estimators import XGBoostClassifier, XGBoostRegressor


class Algorithm(NamedTuple):
    """A learner by the name that a file gives it.

    Attributes:
        learner: what is fitted.
        fixed: the parameters that make it what its name says; no file may set them.
        usual: those that it has where the file says nothing.
    """

    learner: type[Estimator[Any]]
    fixed: Mapping[str, Any] = {}
    usual: Mapping[str, Any] = {}


ALGORITHMS: Mapping[str, Mapping[str, Algorithm]] = {
    "binary": {
        "logistic_regression": Algorithm(LogisticRegression),
        "decision_tree": Algorithm(DecisionTreeClassifier),
        "random_forest": Algorithm(RandomForestClassifier),
        "gradient_boosted_trees": Algorithm(GBTClassifier),
        "linear_svm": Algorithm(LinearSVC),
        "xgboost": Algorithm(XGBoostClassifier),
    },
    "regression": {
        "linear_regression": Algorithm(LinearRegression),
        "ridge": Algorithm(LinearRegression, {"elasticNetParam": 0.0}),
        "lasso": Algorithm(LinearRegression, {"elasticNetParam": 1.0}),
        "elastic_net": Algorithm(LinearRegression, usual={"elasticNetParam": 0.5}),
        "decision_tree": Algorithm(DecisionTreeRegressor),
        "random_forest": Algorithm(RandomForestRegressor),
        "gradient_boosted_trees": Algorithm(GBTRegressor),
        "xgboost": Algorithm(XGBoostRegressor),
    },
}
# Set by training itself.
RESERVED = (
    "featuresCol",
    "labelCol",
    "weightCol",
    "predictionCol",
    "probabilityCol",
    "rawPredictionCol",
    "seed",
    "foldCol",
    "keyCols",
    "learners",
)


def require_algorithm(task: str, name: str) -> Algorithm:
    """The algorithm of this name.

    Raises:
        ValueError: the task has none, with the nearest name.
    """
    known = ALGORITHMS[task]
    if name not in known:
        raise ValueError(f"there is no {task} algorithm '{name}'. {suggestion(name, known)}")
    return known[name]


def require_parameter(name: str, algorithm: Algorithm, parameter: str, value: Any) -> None:
    """Check a parameter by its learner's own declaration of it, without a session.

    Raises:
        ValueError: the algorithm has no such parameter, or it does not take such a value.
    """
    learner = algorithm.learner
    if parameter in algorithm.fixed:
        raise ValueError(f"{name} is {learner.__name__} with {parameter} {algorithm.fixed[parameter]}: leave it out")
    known = [
        attribute
        for attribute in dir(learner)
        if isinstance(getattr(learner, attribute, None), Param) and attribute not in RESERVED
    ]
    if parameter not in known:
        raise ValueError(f"{name} has no parameter '{parameter}'. {suggestion(parameter, known)}")
    try:
        getattr(learner, parameter).typeConverter(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}'s {parameter} cannot be {value!r}{_hint(value)}") from error


def _hint(value: Any) -> str:
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        return ""
    return "" if number is None else f", which YAML reads as a text. Write {number}"
