"""The stages of a pyspark.ml Pipeline that turn a gold table's columns into one vector."""

from typing import Any

from pyspark.ml import Estimator, Transformer
from pyspark.ml.feature import Imputer, SQLTransformer, StandardScaler, VectorAssembler

from tidemill.features.levels import LevelEncoder
from tidemill.features.settings import FeatureSettings

FEATURES = "features"
MISSING = "missing"

Stage = Estimator[Any] | Transformer


def feature_stages(settings: FeatureSettings) -> list[Stage]:
    """Make the stages, unfitted; once fitted, each is one of Spark's own and is saved and loaded as such.

    Numbers are imputed with the median and scaled to mean 0 and standard deviation 1; categories are one-hot encoded.

    Args:
        settings: the columns and what to do with them.

    Returns:
        Stages whose last output is the vector column `features`: the numbers first, then the levels. The first stage
        looks at no other row, so a search may apply it once, before it makes folds.
    """
    numbers = [f"_{column}" for column in settings.numeric] + [f"_log_{column}" for column in settings.log1p]
    stages: list[Stage] = [
        SQLTransformer(statement=_prepared(settings)),
        Imputer(strategy="median", inputCols=numbers, outputCols=numbers),
        VectorAssembler(inputCols=numbers, outputCol="_numbers"),
        StandardScaler(inputCol="_numbers", outputCol="_scaled", withMean=True, withStd=True),
    ]
    if settings.categorical:
        stages.append(LevelEncoder(inputCol="_levels", outputCol="_encoded", rareBelow=settings.rare_below))
    blocks = ["_scaled", "_encoded"] if settings.categorical else ["_scaled"]
    stages.append(VectorAssembler(inputCols=blocks, outputCol=FEATURES))
    return stages


def _prepared(settings: FeatureSettings) -> str:
    plain = [f"cast(`{column}` as double) as `_{column}`" for column in settings.numeric]
    logs = [f"ln(1 + cast(`{column}` as double)) as `_log_{column}`" for column in settings.log1p]
    levels = ", ".join(
        f"concat('{column}=', coalesce(cast(`{column}` as string), '{MISSING}'))" for column in settings.categorical
    )
    array = [f"array({levels}) as `_levels`"] if settings.categorical else []
    return f"select *, {', '.join([*plain, *logs, *array])} from __THIS__"
