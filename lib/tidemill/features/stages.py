"""The stages of a pyspark.ml Pipeline that turn a gold table's columns into one vector."""

from typing import Any

from pyspark.ml import Estimator, Transformer
from pyspark.ml.feature import VectorAssembler

from tidemill.features.added_columns import AddedColumns
from tidemill.features.components import Components
from tidemill.features.levels import CrossedLevels, LevelEncoder, LevelFiller
from tidemill.features.numbers import NumberPreparer
from tidemill.features.prepared import LEVELS, READY, flags_of, number_of, numbers_of, pairs_of, prepared_columns
from tidemill.features.selection.univariate import UnivariateSelector
from tidemill.features.settings import MOST_FREQUENT, FeatureSettings

FEATURES = "features"
FILLED = "_filled levels"
ENCODED = "_encoded"
CROSSED = "_crossed"

Stage = Estimator[Any] | Transformer


def feature_stages(settings: FeatureSettings) -> list[Stage]:
    """Make the stages, unfitted; once fitted, each is one of Spark's own and is saved and loaded as such.

    Fitting takes two passes over the training rows, one for all numbers and one for all levels, and more only for
    what asks for them: Box-Cox, most frequent values, a selection, principal components.

    Args:
        settings: the columns and what to do with them.

    Returns:
        Stages whose last output is the vector column `features`: the numbers first, then the flags of missing ones,
        then the levels; `feature_names` tells the places of the fitted stages. The first stage looks at no other row,
        so a search may apply it once, before it makes folds.
    """
    numbers = numbers_of(settings)
    blocks = [f"{READY}{name}" for name in (*(number.name for number in numbers), *flags_of(settings))]
    stages: list[Stage] = [
        AddedColumns(prepared_columns(settings)),
        NumberPreparer(numbers, settings.scale),
    ]
    if settings.categorical:
        made = _level_stages(settings)
        stages += made
        blocks.append(made[-1].getOrDefault("outputCol"))
    return stages + _vector_stages(settings, blocks)


def _level_stages(settings: FeatureSettings) -> list[Stage]:
    stages: list[Stage] = []
    levels = LEVELS
    filled = [column for column in settings.categorical if settings.impute.of_category(column) == MOST_FREQUENT]
    if filled:
        stages, levels = [LevelFiller(LEVELS, FILLED, filled)], FILLED
    encoder = LevelEncoder(inputCol=levels, outputCol=ENCODED, rareBelow=settings.rare_below)
    mixed = [(category, f"{READY}{number_of(settings, number).name}") for category, number in pairs_of(settings).mixed]
    stages.append(CrossedLevels(encoder, CROSSED, mixed) if mixed else encoder)
    if settings.select and settings.select.test == "chi2":
        stages.append(UnivariateSelector(stages[-1].getOrDefault("outputCol"), "_tested levels", settings.select))
    return stages


def _vector_stages(settings: FeatureSettings, blocks: list[str]) -> list[Stage]:
    tested = settings.select if settings.select and settings.select.test != "chi2" else None
    steps = ["_all places", *(["_selected"] if tested and settings.pca else []), FEATURES]
    if not tested and not settings.pca:
        return [VectorAssembler(inputCols=blocks, outputCol=FEATURES)]
    stages: list[Stage] = [VectorAssembler(inputCols=blocks, outputCol=steps[0])]
    if tested:
        stages.append(UnivariateSelector(steps[0], steps[1], tested))
    if settings.pca:
        stages.append(Components(steps[-2], FEATURES, settings.pca))
    return stages
