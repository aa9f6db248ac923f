"""A binary classifier's answer in the columns that Spark's own classifiers write."""

from pyspark.ml.functions import array_to_vector
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.estimators.members import log_odds
from tidemill.estimators.parameters import AnswersWithProbability


def answered(rows: DataFrame, probability: Column, stage: AnswersWithProbability) -> DataFrame:
    """Add rawPrediction (log odds of class 0 and 1), probability (of 0 and 1) and prediction (1 above a half).

    Args:
        rows: as scored so far.
        probability: of class 1, double, never null.
        stage: names the columns; one whose name is empty is left out.
    """
    odds = log_odds(probability)
    columns = {
        stage.getRawPredictionCol(): array_to_vector(F.array(-odds, odds)),
        stage.getProbabilityCol(): array_to_vector(F.array(1 - probability, probability)),
        stage.getPredictionCol(): (probability > 0.5).cast("double"),
    }
    return rows.withColumns({name: column for name, column in columns.items() if name})


def sigmoid(margin: Column) -> Column:
    """1 / (1 + exp(-margin))."""
    return 1 / (1 + F.exp(-margin))
