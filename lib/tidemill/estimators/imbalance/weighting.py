"""Class weights."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.estimators.classes import Classes
from tidemill.estimators.imbalance.balanced import Balanced

CLASS_WEIGHT = "_class_weight"


class ClassWeighted(Balanced):
    """Weigh the rows so that both classes have the same sum: each by rows / (2 * rows of its class).

    Args:
        params: learner (it must take weights); correctPrior (true); featuresCol, labelCol (0 or 1), weightCol (these
            weights are multiplied), seed; rawPredictionCol, probabilityCol, predictionCol.

    Raises:
        UnknownParameter: there is no such parameter.
        NoWeights: when the learner takes no weights.
        OneClassOnly: when fitted to one class.
        NoProbabilities: when the prior is to be corrected and the learner gives no probabilities.
    """

    def balanced(self, rows: DataFrame, classes: Classes) -> DataFrame:
        """The rows with their weight in `_class_weight`."""
        half = sum(classes) / 2
        of_class = F.when(F.col(self.getLabelCol()) == 1, half / classes.ones).otherwise(half / classes.zeros)
        own = F.col(self.getWeightCol()) if self.isDefined("weightCol") else F.lit(1.0)
        return rows.withColumn(CLASS_WEIGHT, own * of_class)

    def weight_column(self) -> str:
        """The column that `balanced` adds."""
        return CLASS_WEIGHT
