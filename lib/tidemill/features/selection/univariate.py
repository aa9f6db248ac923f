"""Keep the places of a vector that a test, each place by itself, finds related to the label."""

from pyspark.ml import Estimator
from pyspark.ml.feature import UnivariateFeatureSelector, UnivariateFeatureSelectorModel
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.sql import DataFrame

from tidemill.errors import RunFailed
from tidemill.features.settings import Selection

# Spark's names for the tests: what the features are, and what the label is.
KINDS = {
    "anova": ("continuous", "categorical"),
    "regression": ("continuous", "continuous"),
    "chi2": ("categorical", "categorical"),
}


class NothingSelected(RunFailed):
    """The test finds no feature that is related to the label."""

    def __init__(self, selection: Selection) -> None:
        super().__init__(
            f"the {selection.test} test finds no feature that is related to the target at a false discovery rate of "
            f"{selection.false_discovery}. Raise features.select.false_discovery in the model's file in conf/models/, "
            "or say with keep how many features are kept."
        )


class UnivariateSelector(Estimator[UnivariateFeatureSelectorModel], HasInputCol, HasOutputCol):
    """Spark's UnivariateFeatureSelector, which says so when nothing is left.

    The label is the column `label` of the training rows. A constant place comes last: no test says anything of it.

    Args:
        inputCol: a vector.
        outputCol: the places that are kept, in their order.
        selection: the test, and how much is kept.
    """

    def __init__(self, inputCol: str, outputCol: str, selection: Selection) -> None:  # noqa: N803
        super().__init__()
        self._set(inputCol=inputCol, outputCol=outputCol)
        self.selection = selection

    def _fit(self, dataset: DataFrame) -> UnivariateFeatureSelectorModel:
        features, label = KINDS[self.selection.test]
        mode, threshold = _mode(self.selection)
        selector = UnivariateFeatureSelector(
            featuresCol=self.getInputCol(), outputCol=self.getOutputCol(), labelCol="label", selectionMode=mode
        )
        fitted = selector.setFeatureType(features).setLabelType(label).setSelectionThreshold(threshold).fit(dataset)
        if not fitted.selectedFeatures:
            raise NothingSelected(self.selection)
        return fitted


def _mode(selection: Selection) -> tuple[str, float]:
    if selection.keep is not None:
        return "numTopFeatures", selection.keep
    if selection.share is not None:
        return "percentile", selection.share
    return "fdr", selection.false_discovery or 0.0
