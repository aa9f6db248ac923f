"""Random over- and under-sampling."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.estimators.classes import Classes
from tidemill.estimators.imbalance.balanced import Sampled, times

CHANCE = "_chance"


class Oversampled(Sampled):
    """Repeat rows of the rarer class.

    Args:
        params: learner; ratio (1.0); keyCols; correctPrior (true); featuresCol, labelCol (0 or 1), weightCol, seed;
            rawPredictionCol, probabilityCol, predictionCol.

    Raises:
        UnknownParameter: there is no such parameter.
        OneClassOnly: when fitted to one class.
        NoProbabilities: when the prior is to be corrected and the learner gives no probabilities.
    """

    def balanced(self, rows: DataFrame, classes: Classes) -> DataFrame:
        """The rows, those of the rarer class once or more often."""
        mean = max(1.0, self.getOrDefault("ratio") * classes.more / classes.fewer)
        copies = F.when(self.is_minority(classes), times(mean, CHANCE)).otherwise(1)
        drawn = self.with_chance(rows, CHANCE).withColumn(CHANCE, F.explode(F.sequence(F.lit(1), copies)))
        return drawn.drop(CHANCE)


class Undersampled(Sampled):
    """Leave out rows of the commoner class.

    Args:
        params: as Oversampled's.

    Raises:
        UnknownParameter: there is no such parameter.
        OneClassOnly: when fitted to one class.
        NoProbabilities: when the prior is to be corrected and the learner gives no probabilities.
    """

    def balanced(self, rows: DataFrame, classes: Classes) -> DataFrame:
        """All rows of the rarer class, and some of the other."""
        share = min(1.0, classes.fewer / (self.getOrDefault("ratio") * classes.more))
        drawn = self.with_chance(rows, CHANCE)
        return drawn.where(self.is_minority(classes) | (F.col(CHANCE) < share)).drop(CHANCE)
