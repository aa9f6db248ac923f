"""Learners inside other stages: the columns and the seed that they get, and the columns that they answer in."""

from collections.abc import Mapping
from typing import Any, cast

from pyspark.ml import Estimator, Pipeline, PipelineModel, Transformer
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RequestWrong

# Nearer to 0 or 1 a probability has no useful odds: a tree that is sure would outweigh all others.
SMALLEST = 1e-6


class NoWeights(RequestWrong):
    """Rows are weighted, but a learner takes no weights."""

    def __init__(self, learner: str) -> None:
        super().__init__(f"{learner} takes no weights (it has no weightCol). Resample instead, or use another learner.")


class NoProbabilities(RequestWrong):
    """Probabilities are needed, but a learner gives none."""

    def __init__(self, learner: str) -> None:
        super().__init__(f"{learner} gives no probabilities. Wrap it: CalibratedClassifier(learner={learner}()).")


def handed_down(learner: Estimator[Any], columns: Mapping[str, str], seed: int) -> Estimator[Any]:
    """A copy of a learner that reads what the stage around it reads.

    Label and weights are the outer stage's. Features and seed are too, unless the learner was given its own. In a
    Pipeline all this goes to its last stage, except for the features, which its own stages make.

    Args:
        learner: any; a Pipeline must end with the learner.
        columns: by parameter: featuresCol, labelCol and, where rows are weighted, weightCol.
        seed: pyspark's own default differs from process to process.

    Raises:
        NoWeights: rows are weighted, and it takes no weights.
    """
    if isinstance(learner, Pipeline):
        *before, last = learner.getStages()
        inner = {name: column for name, column in columns.items() if name != "featuresCol"}
        return Pipeline(stages=[*before, handed_down(cast(Estimator[Any], last), inner, seed)])
    if "weightCol" in columns and not learner.hasParam("weightCol"):
        raise NoWeights(type(learner).__name__)
    copied = learner.copy()
    given: dict[str, Any] = {**columns, "seed": seed}
    for own in ("featuresCol", "seed"):
        if copied.hasParam(own) and copied.isSet(own):
            given.pop(own, None)
    copied._set(**{name: value for name, value in given.items() if copied.hasParam(name)})
    return copied


def probability_of_1(model: Transformer) -> Column:
    """The column in which a fitted classifier gives the probability of class 1.

    Raises:
        NoProbabilities: it gives none.
    """
    column = output(model, "probabilityCol")
    if not column:
        raise NoProbabilities(_name(model))
    return vector_to_array(F.col(column))[1]


def score(model: Transformer) -> Column:
    """A fitted classifier's score of class 1 on the scale of log odds: from its probability, else its raw margin."""
    if output(model, "probabilityCol"):
        return log_odds(probability_of_1(model))
    return vector_to_array(F.col(output(model, "rawPredictionCol") or "rawPrediction"))[1]


def prediction(model: Transformer) -> Column:
    """The column in which a fitted regressor answers."""
    return F.col(output(model, "predictionCol") or "prediction").cast("double")


def log_odds(probability: Column, smallest: float = SMALLEST) -> Column:
    """ln(p / (1 - p)), with p kept so far from 0 and 1."""
    inside = F.greatest(F.lit(smallest), F.least(F.lit(1 - smallest), probability))
    return F.log(inside / (1 - inside))


def applied(model: Transformer, rows: DataFrame, answers: Mapping[str, Column]) -> DataFrame:
    """The rows with these answers of a fitted model, and nothing else of what it adds."""
    own = [F.col(f"`{column}`") for column in rows.columns]
    return model.transform(rows).select(*own, *(answer.alias(name) for name, answer in answers.items()))


def output(model: Transformer, name: str) -> str | None:
    """The name of an output column of a fitted learner, or of the last stage of a pipeline that has one."""
    stages = model.stages if isinstance(model, PipelineModel) else [model]
    for stage in reversed(stages):
        if stage.hasParam(name):
            return str(stage.getOrDefault(name)) or None
        if stage.hasParam("predictionCol"):
            return None
    return None


def _name(model: Transformer) -> str:
    stage = model.stages[-1] if isinstance(model, PipelineModel) else model
    return type(stage).__name__.removesuffix("Model")
