"""Principal components, as many as explain a share of the variance."""

from itertools import accumulate

from pyspark.ml import Estimator, PipelineModel
from pyspark.ml.feature import PCA, VectorSlicer
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.sql import DataFrame


class Components(Estimator[PipelineModel], HasInputCol, HasOutputCol):
    """The fewest principal components that explain at least a share of the training rows' variance.

    The driver holds the covariance of all places, 8 bytes times their number squared, whatever the number of rows.

    Args:
        inputCol: a vector, scaled: a place of large numbers outweighs the others.
        outputCol: the components, the one of largest variance first.
        share: above 0, at most 1.
    """

    def __init__(self, inputCol: str, outputCol: str, share: float) -> None:  # noqa: N803
        super().__init__()
        self._set(inputCol=inputCol, outputCol=outputCol)
        self.share = share

    def _fit(self, dataset: DataFrame) -> PipelineModel:
        every = f"{self.getOutputCol()} of all places"
        size = _size(dataset, self.getInputCol())
        model = PCA(k=size, inputCol=self.getInputCol(), outputCol=every).fit(dataset)
        explained = list(accumulate(float(share) for share in model.explainedVariance.toArray()))
        # The shares' sum may miss 1 by its last digits.
        needed = next((at for at, sum_ in enumerate(explained, start=1) if sum_ >= self.share - 1e-12), size)
        # Spark fits no share; slicing costs less than a second fit with the number that is known now.
        kept = VectorSlicer(inputCol=every, outputCol=self.getOutputCol(), indices=list(range(needed)))
        return PipelineModel([model, kept])


def _size(rows: DataFrame, column: str) -> int:
    described = rows.schema[column].metadata.get("ml_attr", {}).get("num_attrs")
    return int(described) if described else len(rows.select(column).head(1)[0][0])
