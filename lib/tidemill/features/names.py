"""What each place of a fitted model's vector is, and which columns of the table it comes from."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.feature import (
    CountVectorizerModel,
    Interaction,
    PCAModel,
    UnivariateFeatureSelectorModel,
    VectorAssembler,
    VectorSlicer,
)

from tidemill.features.prepared import PAIRED, READY

FEATURES = "features"


class Place(NamedTuple):
    """One place of the vector.

    Attributes:
        name: such as `log tenure_months`, `contract=One year`, `contract=One year x monthly_charges`.
        columns: of the table, that it is made of; a principal component is made of all.
    """

    name: str
    columns: tuple[str, ...]


Places = tuple[Place, ...]


def feature_places(model: PipelineModel) -> Places:
    """The places of a fitted model's vector `features`, in their order; reads only the model, no rows.

    Args:
        model: has the fitted stages of `feature_stages` among its own, as trained or as loaded.
    """
    made: dict[str, Places] = {}
    for stage in _flat(model.stages):
        places = _made(stage, made)
        if places is not None:
            made[stage.getOrDefault("outputCol")] = places
    return made[FEATURES]


def feature_names(model: PipelineModel) -> tuple[str, ...]:
    """The names of the places of a fitted model's vector `features`, in their order."""
    return tuple(place.name for place in feature_places(model))


def by_column(places: Sequence[Place], weights: Sequence[float]) -> dict[str, float]:
    """Sum the weights of places over the table's columns; one made of several counts for each in equal parts.

    Args:
        places: of a vector.
        weights: one for each place, such as a forest's importances or the sizes of scaled coefficients.
    """
    sums: dict[str, float] = {}
    for place, weight in zip(places, weights, strict=True):
        for column in place.columns:
            sums[column] = sums.get(column, 0.0) + float(weight) / len(place.columns)
    return sums


def _flat(stages: Sequence[Transformer]) -> Iterator[Transformer]:
    for stage in stages:
        if isinstance(stage, PipelineModel):
            yield from _flat(stage.stages)
        else:
            yield stage


def _made(stage: Transformer, made: Mapping[str, Places]) -> Places | None:
    """The places of the vector that a stage makes; none where it makes something else."""
    if isinstance(stage, CountVectorizerModel):
        return tuple(_level(level) for level in stage.vocabulary)
    if isinstance(stage, VectorAssembler):
        return tuple(place for column in stage.getInputCols() for place in made.get(column, (_number(column),)))
    if isinstance(stage, VectorSlicer | UnivariateFeatureSelectorModel):
        return _kept(stage, made)
    if isinstance(stage, Interaction):
        factors = [made.get(column, (_number(column),)) for column in stage.getInputCols()]
        return tuple(_crossed(each) for each in product(*factors))
    if isinstance(stage, PCAModel):
        columns = tuple(dict.fromkeys(column for place in made[stage.getInputCol()] for column in place.columns))
        return tuple(Place(f"component {at + 1}", columns) for at in range(len(stage.explainedVariance.toArray())))
    return None


def _kept(stage: VectorSlicer | UnivariateFeatureSelectorModel, made: Mapping[str, Places]) -> Places:
    if isinstance(stage, VectorSlicer):
        return tuple(made[stage.getInputCol()][at] for at in stage.getIndices())
    return tuple(made[stage.getFeaturesCol()][at] for at in sorted(stage.selectedFeatures))


def _number(column: str) -> Place:
    name = column.removeprefix(READY)
    bare = name.removeprefix("log ").removeprefix("box-cox ").removesuffix(" missing")
    return Place(name, tuple(bare.split(" x ")))


def _level(level: str) -> Place:
    parts = level.split(PAIRED)
    return Place(" x ".join(parts), tuple(part.partition("=")[0] for part in parts))


def _crossed(factors: Sequence[Place]) -> Place:
    columns = dict.fromkeys(column for factor in factors for column in factor.columns)
    return Place(" x ".join(factor.name for factor in factors), tuple(columns))
