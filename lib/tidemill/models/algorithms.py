"""The learners that a model's file may name, and the parameters that each takes."""

from collections.abc import Mapping
from typing import Any

from pyspark.ml import Estimator
from pyspark.ml.classification import (
    DecisionTreeClassifier,
    GBTClassifier,
    LogisticRegression,
    RandomForestClassifier,
)
from pyspark.ml.param import Param
from pyspark.ml.regression import DecisionTreeRegressor, GBTRegressor, LinearRegression, RandomForestRegressor

from tidemill.errors import suggestion

ALGORITHMS: Mapping[str, Mapping[str, type[Estimator[Any]]]] = {
    "binary": {
        "logistic_regression": LogisticRegression,
        "decision_tree": DecisionTreeClassifier,
        "random_forest": RandomForestClassifier,
        "gradient_boosted_trees": GBTClassifier,
    },
    "regression": {
        "linear_regression": LinearRegression,
        "decision_tree": DecisionTreeRegressor,
        "random_forest": RandomForestRegressor,
        "gradient_boosted_trees": GBTRegressor,
    },
}
# Set by training itself.
RESERVED = ("featuresCol", "labelCol", "predictionCol", "probabilityCol", "rawPredictionCol", "seed", "foldCol")


def require_algorithm(task: str, name: str) -> type[Estimator[Any]]:
    """The learner of this name.

    Raises:
        ValueError: the task has none, with the nearest name.
    """
    known = ALGORITHMS[task]
    if name not in known:
        raise ValueError(f"there is no {task} algorithm '{name}'. {suggestion(name, known)}")
    return known[name]


def require_parameter(learner: type[Estimator[Any]], name: str, value: Any) -> None:
    """Check a parameter by Spark's own declaration of it, without a session.

    Raises:
        ValueError: the learner has no such parameter, or it does not take such a value.
    """
    known = [
        attribute
        for attribute in dir(learner)
        if isinstance(getattr(learner, attribute, None), Param) and attribute not in RESERVED
    ]
    if name not in known:
        raise ValueError(f"{learner.__name__} has no parameter '{name}'. {suggestion(name, known)}")
    try:
        getattr(learner, name).typeConverter(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{learner.__name__}'s {name} cannot be {value!r}") from error
