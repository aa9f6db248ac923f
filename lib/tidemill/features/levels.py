"""One-hot encoding of many categories at once, with rare and unseen levels treated alike."""

from typing import Any

from pyspark import keyword_only
from pyspark.ml import Estimator
from pyspark.ml.feature import CountVectorizerModel
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


class LevelEncoder(Estimator[CountVectorizerModel], HasInputCol, HasOutputCol):
    """Learn the levels of an array column and encode them as a sparse vector of zeros and ones.

    The input is an array of texts such as `contract=One year`, one for each category; the output has one place for
    each level whose share of the rows is at least `rareBelow`, in alphabetical order, so that the vector does not
    depend on how the rows are partitioned. A rarer level, or one first seen later, has no place: its category is all
    zeros. A StringIndexer and a OneHotEncoder do the same with two user-defined functions a category, which for the
    forty categories of a house takes ten times as long.
    """

    rareBelow: Param[float] = Param(  # noqa: N815 (Spark's way to name a parameter)
        Params._dummy(),
        "rareBelow",
        "the smallest share of rows of a level that has a place of its own",
        typeConverter=TypeConverters.toFloat,
    )

    @keyword_only
    def __init__(self, *, inputCol: str, outputCol: str, rareBelow: float = 0.0) -> None:  # noqa: N803
        super().__init__()
        given: dict[str, Any] = self._input_kwargs  # type: ignore[attr-defined]  # keyword_only sets it
        self._set(**given)

    def _fit(self, dataset: DataFrame) -> CountVectorizerModel:
        rows = dataset.count()
        level = F.explode(self.getInputCol()).alias("level")
        often = F.col("count") >= max(1.0, self.getOrDefault(self.rareBelow) * rows)
        counted = dataset.select(level).groupBy("level").count().where(often)
        # At most 1 / rareBelow levels a category reach the driver.
        levels = sorted(row["level"] for row in counted.select("level").toLocalIterator())
        model = CountVectorizerModel.from_vocabulary(levels, inputCol=self.getInputCol(), outputCol=self.getOutputCol())
        return model.setBinary(True)
