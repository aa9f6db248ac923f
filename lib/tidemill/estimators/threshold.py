"""The answer of a binary model at a threshold of its own."""

from typing import Any

from pyspark.ml import Transformer
from pyspark.ml.functions import vector_to_array
from pyspark.ml.param.shared import HasPredictionCol, HasProbabilityCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.estimators.parameters import Declared, number, param


class ThresholdedAnswer(
    Transformer, Declared, HasProbabilityCol, HasPredictionCol, DefaultParamsReadable[Any], DefaultParamsWritable
):
    """Rewrites the prediction of a binary classifier: 1.0 where the probability of class 1 is at least the threshold.

    Args:
        params: threshold (0.5; above 1 nothing is class 1), probabilityCol, predictionCol.

    Raises:
        UnknownParameter: there is no such parameter.
    """

    threshold = param("threshold", "the lowest probability of class 1 that is called so", number(0))

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._take(params, threshold=0.5)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        probability = vector_to_array(F.col(self.getProbabilityCol()))[1]
        answer = (probability >= self.getOrDefault("threshold")).cast("double")
        return dataset.withColumn(self.getPredictionCol(), answer)
