"""A target that is learnt on Box and Cox's scale and predicted on its own."""

from typing import Any

from pyspark.ml import Estimator, PipelineModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.features.added_columns import AddedColumns
from tidemill.features.box_cox import box_cox_sql, fit_box_cox, inverse_sql


class BoxCoxTarget(Estimator[PipelineModel]):
    """Fit a learner to the Box-Cox transform of its label, and take its predictions back.

    The power is fitted to the rows that the learner is fitted to, in three passes over one column. The way back is a
    stage of the model, Spark's own: it needs neither this class nor the target's column. A prediction that is no
    value's transform becomes the training rows' lowest value (for a positive power) or highest one (for a negative).

    Args:
        learner: reads the transformed label from `label`, predicts it as `predicted`.
        target: what messages call the label.
        label: a positive double on the target's own scale.
        predicted: the learner's prediction.
        prediction: on the target's own scale.
    """

    def __init__(
        self,
        learner: Estimator[Any],
        target: str,
        label: str = "label",
        predicted: str = "predicted_label",
        prediction: str = "prediction",
    ) -> None:
        super().__init__()
        self.learner = learner
        self.target = target
        self.label = label
        self.predicted = predicted
        self.prediction = prediction

    def _fit(self, dataset: DataFrame) -> PipelineModel:
        label = f"`{self.label}`"
        fitted = fit_box_cox(dataset, {self.target: label})[self.target]
        transformed = dataset.withColumn(self.label, F.expr(box_cox_sql(label, fitted.power)))
        back = inverse_sql(f"`{self.predicted}`", fitted)
        return PipelineModel([self.learner.fit(transformed), AddedColumns({self.prediction: back})])
