"""What is predicted from which data, the models that are tuned, and the figures to reach."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.ml import Estimator
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import SQLTransformer
from pyspark.ml.functions import vector_to_array
from pyspark.ml.regression import LinearRegression
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from quality.data import ames_sales, mlc_customers, telco_customers
from tidemill.config import load_config
from tidemill.estimators import VotingClassifier, VotingRegressor, XGBoostClassifier, XGBoostRegressor
from tidemill.features import FeatureSettings
from tidemill.models import load_model_settings
from tidemill.validation import FigureEvaluator, binary_figures_by, gather_figures, regression_figures_by

LABEL = "label"
PREDICTED_LABEL = "predicted_label"
SCALES = {"": ("price", "prediction"), "_log": (LABEL, PREDICTED_LABEL)}


@dataclass(frozen=True)
class Goal:
    """A figure and what it should reach; `published` is the best honest figure known before, where there is one."""

    value: float
    published: float | None = None
    larger_is_better: bool = True


@dataclass(frozen=True)
class Problem:
    """A data set and how it is learnt.

    Attributes:
        rows: loads it, given whether the labels are shuffled.
        key: the column that tells rows apart.
        target: the column that is predicted.
        label: what the learner learns.
        features: as a model's file says.
        learners: the unfitted candidates by name, between which each training part decides.
        metric: what it decides by.
        goals: by the name of the figure.
    """

    rows: Callable[[SparkSession, bool], DataFrame]
    key: str
    target: str
    label: Column
    features: FeatureSettings
    learners: Mapping[str, Estimator[Any]]
    metric: str
    goals: Mapping[str, Goal]

    @property
    def binary(self) -> bool:
        """Whether the target is a class."""
        return "roc_auc" in self.goals

    @property
    def closing(self) -> list[SQLTransformer]:
        """What follows a learner: the prediction on the target's own scale."""
        answer = f"select *, exp({PREDICTED_LABEL}) as prediction from __THIS__"
        return [] if self.binary else [SQLTransformer(statement=answer)]

    @property
    def evaluator(self) -> FigureEvaluator:
        """The figures of predictions, and the one that decides."""
        read = (
            (LABEL, "prediction", "probability") if self.binary else tuple(n for pair in SCALES.values() for n in pair)
        )
        return FigureEvaluator(
            lambda predicted: self.figures(predicted, ()).popitem()[1],
            self.metric,
            self.binary,
            lambda predicted, column: {each[0]: found for each, found in self.figures(predicted, (column,)).items()},
            read,
        )

    def figures(self, predicted: DataFrame, by: tuple[str, ...]) -> dict[tuple[Any, ...], dict[str, float]]:
        """The figures of each group's predictions."""
        if self.binary:
            return gather_figures(binary_figures_by(with_probability(predicted), by), by)
        return gather_figures(regression_figures_by(predicted, by, SCALES), by)


def with_probability(predicted: DataFrame) -> DataFrame:
    """The predictions and `probability_of_1` double."""
    return predicted.withColumn("probability_of_1", vector_to_array(F.col("probability"))[1])


def wa_churn() -> Problem:
    """IBM's Telco customers: smooth in most columns, so that a line and small trees together serve best."""
    line = LogisticRegression(regParam=0.001, maxIter=40, standardization=False)
    few = {"learning_rate": 0.025, "subsample": 0.6, "colsample_bytree": 0.4, "reg_lambda": 5.0, "n_estimators": 400}
    small = XGBoostClassifier(**few, max_depth=3, min_child_weight=10.0)
    larger = XGBoostClassifier(**{**few, "n_estimators": 300}, max_depth=4, min_child_weight=20.0)
    learners = {
        "logistic regression and trees of 3 levels": VotingClassifier(learners=[line, small], labelCol=LABEL),
        "logistic regression and trees of 4 levels": VotingClassifier(learners=[line, larger], labelCol=LABEL),
    }
    features = load_model_settings(load_config(), "churn").features
    goals = {"roc_auc": Goal(0.850, 0.852)}
    return Problem(
        telco_customers, "customer_id", "churn", F.col("churn").cast("double"), features, learners, "roc_auc", goals
    )


def mlc_churn() -> Problem:
    """The MLC customers: they leave over thresholds in few columns, which deeper trees find."""
    grown = {"learning_rate": 0.04, "subsample": 0.7, "colsample_bytree": 0.5, "labelCol": LABEL}
    learners = {
        "trees of 4 levels": XGBoostClassifier(**grown, max_depth=4, n_estimators=300, min_child_weight=5.0),
        "trees of 8 levels": XGBoostClassifier(**grown, max_depth=8, n_estimators=250, min_child_weight=2.0),
    }
    numbers = ("account_length", "number_vmail_messages", "number_customer_service_calls", "total_charge")
    calls = tuple(f"total_{part}_{what}" for part in ("day", "eve", "night", "intl") for what in ("minutes", "calls"))
    plans = ("minutes_per_intl_call", "international_plan", "voice_mail_plan")
    features = FeatureSettings(numeric=(*numbers, *calls, *plans), scale="none")
    goals = {"roc_auc": Goal(0.923, 0.923), "f1": Goal(0.83, 0.826)}
    return Problem(mlc_customers, "id", "churn", F.col("churn").cast("double"), features, learners, "roc_auc", goals)


def ames() -> Problem:
    """The Ames sales: nearly linear in logarithms, with exceptions that trees find."""
    columns = {"labelCol": LABEL, "predictionCol": PREDICTED_LABEL}
    ridge = LinearRegression(regParam=0.02, standardization=False, solver="normal", predictionCol=PREDICTED_LABEL)
    grown = {"subsample": 0.6, "colsample_bytree": 0.2, "min_child_weight": 3.0, "learning_rate": 0.05}
    small = XGBoostRegressor(**grown, max_depth=3, n_estimators=600, predictionCol=PREDICTED_LABEL)
    larger = XGBoostRegressor(**grown, max_depth=4, n_estimators=450, predictionCol=PREDICTED_LABEL)
    learners = {
        "ridge and trees of 3 levels": VotingRegressor(learners=[ridge, small], weights=[1.0, 2.0], **columns),
        "ridge and trees of 4 levels": VotingRegressor(learners=[ridge, larger], weights=[1.0, 2.0], **columns),
    }
    features = load_model_settings(load_config(), "housing").features
    goals = {"rmse_log": Goal(0.117, larger_is_better=False), "mae": Goal(13_200, larger_is_better=False)}
    return Problem(ames_sales, "pid", "price", F.log("price"), features, learners, "rmse_log", goals)


PROBLEMS: Mapping[str, Callable[[], Problem]] = {"wa_churn": wa_churn, "mlc_churn": mlc_churn, "ames": ames}
