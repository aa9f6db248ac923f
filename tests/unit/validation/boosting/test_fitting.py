"""What Spark's own fits give is expected throughout: the same trees to the last bit, node by node."""

from typing import NamedTuple

import numpy as np
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.ml.classification import GBTClassificationModel, GBTClassifier
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.linalg import Vectors
from pyspark.ml.regression import GBTRegressor
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.validation.boosting import fit_all
from tidemill.validation.boosting.fitting import fit_small

WIDTH = 12
NOMINAL = {"idx": 2, "num_vals": 6}
ATTRIBUTES = {"binary": [{"idx": 0}, {"idx": 1}, {"idx": 4}], "nominal": [NOMINAL, {"idx": 9, "vals": ["only"]}]}


def sample(spark, seed, partitions=2, count=400, known=True):
    """Rows with what makes splits tie: mirrored and equal columns, few values, a constant, rare ones, noise.

    Where it is known, the column of features says which of them are categories.
    """
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, WIDTH)).round(2)
    features[:, 0] = random.integers(0, 2, count)
    features[:, 1] = 1 - features[:, 0]
    features[:, 2] = random.integers(0, 5, count)
    features[:, 3] = 2.5
    features[:, 4] = random.random(count) < 0.02
    features[:, 5] = features[:, 6]
    features[:, 7] = np.maximum(features[:, 7], 0)
    features[:, 8] = -features[:, 6]
    features[:, 9] = 0
    pull = features[:, 6] + 0.5 * features[:, 0] + 0.3 * (features[:, 2] == 3) - features[:, 7] * features[:, 0]
    amounts = pull + 0.7 * random.normal(size=count)
    vectors = [
        Vectors.dense(row) if place % 3 else Vectors.sparse(WIDTH, {at: x for at, x in enumerate(row) if x})
        for place, row in enumerate(features.tolist())
    ]
    columns = zip(range(count), vectors, (amounts > 0).tolist(), amounts.tolist(), strict=True)
    rows = spark.createDataFrame(list(columns), ["id", "features", "positive", "amount"])
    metadata = {"ml_attr": {"attrs": ATTRIBUTES, "num_attrs": WIDTH}} if known else {}
    named = rows.withColumn("features", F.col("features").alias("features", metadata=metadata))
    labelled = named.withColumn("label", F.col("positive").cast("double"))
    return labelled.repartition(partitions).sortWithinPartitions("id").localCheckpoint()


class Case(NamedTuple):
    kind: type[GBTClassifier] | type[GBTRegressor]
    settings: dict[str, object]
    partitions: int = 2
    known: bool = True


CASES = {
    "classes, two partitions": Case(GBTClassifier, {"maxIter": 5}),
    "classes, one partition": Case(GBTClassifier, {"maxIter": 4, "maxDepth": 4, "minInstancesPerNode": 9}, 1),
    "classes, drawn rows of five partitions": Case(
        GBTClassifier, {"maxIter": 5, "maxDepth": 4, "subsamplingRate": 0.7, "stepSize": 0.3, "seed": -3}, 5
    ),
    "numbers alone, few bins": Case(
        GBTClassifier, {"maxIter": 3, "maxDepth": 4, "minInfoGain": 0.01, "maxBins": 9}, known=False
    ),
    "amounts, drawn rows": Case(
        GBTRegressor, {"labelCol": "amount", "maxIter": 4, "subsamplingRate": 0.5, "minWeightFractionPerNode": 0.03}
    ),
    "amounts, tiny nodes": Case(GBTRegressor, {"labelCol": "amount", "maxIter": 2, "maxDepth": 20}),
    "no split at all": Case(GBTRegressor, {"labelCol": "amount", "maxIter": 2, "maxDepth": 0}),
    "classes, some features a node": Case(
        GBTClassifier, {"maxIter": 5, "maxDepth": 6, "featureSubsetStrategy": "sqrt", "seed": 9}
    ),
    "amounts, some features and rows": Case(
        GBTRegressor,
        {"labelCol": "amount", "maxIter": 5, "subsamplingRate": 0.7, "featureSubsetStrategy": "onethird"},
        partitions=3,
    ),
}


class Fitted(NamedTuple):
    """Rows, our model of them and Spark's."""

    rows: DataFrame
    ours: GBTClassificationModel
    theirs: GBTClassificationModel


@pytest.fixture(scope="module", params=CASES)
def fitted(spark, request):
    case = CASES[request.param]
    rows = sample(spark, list(CASES).index(request.param), case.partitions, known=case.known)
    learner = case.kind(**case.settings)
    ours = fit_small(rows, [learner])
    assert ours, "left to Spark, so nothing would be compared"
    return Fitted(rows, ours[0], learner.fit(rows))


def nodes(node):
    """What each node below a node has, parents first."""
    sums = node.impurityStats()
    own = (node.prediction(), node.impurity(), *sums.stats(), sums.rawCount())
    if node.getClass().getSimpleName() == "LeafNode":
        return [own]
    split = node.split()
    if split.getClass().getSimpleName() == "ContinuousSplit":
        at = (split.threshold(),)
    else:
        at = (split.numCategories(), *split.leftCategories())
    return [(*own, node.gain(), split.featureIndex(), *at), *nodes(node.leftChild()), *nodes(node.rightChild())]


def test_every_node_is_sparks(fitted):
    ours, theirs = ([nodes(tree._java_obj.rootNode()) for tree in model.trees] for model in fitted[1:])

    assert ours == theirs


def test_a_model_is_sparks_own_with_the_learners_parameters(fitted):
    rows, ours, theirs = fitted
    added = [
        column for column in ("rawPrediction", "probability", "prediction") if column in theirs.transform(rows).columns
    ]

    assert (ours.uid, ours.numFeatures, ours.treeWeights) == (theirs.uid, theirs.numFeatures, theirs.treeWeights)
    assert parameters(ours) == parameters(theirs)
    assert parameters(ours.trees[0]) == parameters(theirs.trees[0])
    assert ours.transform(rows).select(added).collect() == theirs.transform(rows).select(added).collect()
    assert ours.featureImportances == theirs.featureImportances


def parameters(model):
    return {param.name: value for param, value in model.extractParamMap().items()}


def test_a_model_is_saved_and_loaded(spark, tmp_path):
    rows = sample(spark, 1)
    (ours,) = fit_all(rows, [GBTClassifier(maxIter=3, maxDepth=3)])

    ours.save(str(tmp_path / "model"))
    loaded = GBTClassificationModel.load(str(tmp_path / "model"))

    assert [nodes(tree._java_obj.rootNode()) for tree in loaded.trees] == [
        nodes(tree._java_obj.rootNode()) for tree in ours.trees
    ]
    area = BinaryClassificationEvaluator(numBins=0)
    assert area.evaluate(loaded.transform(rows)) == area.evaluate(ours.transform(rows)) > 0.8


def test_learners_of_several_columns_and_bins_are_fitted_in_their_order(spark):
    rows = sample(spark, 2)
    learners = [
        GBTClassifier(maxIter=2, maxDepth=2),
        GBTRegressor(labelCol="amount", maxIter=2, maxDepth=2),
        GBTClassifier(maxIter=1, maxDepth=1).setThresholds([0.2, 0.8]),
        GBTClassifier(maxIter=2, maxDepth=2, maxBins=8),
    ]

    ours = fit_all(rows, learners)

    assert [nodes(model.trees[-1]._java_obj.rootNode()) for model in ours] == [
        nodes(learner.fit(rows).trees[-1]._java_obj.rootNode()) for learner in learners
    ]


def test_rows_beyond_the_bound_are_left_to_spark(spark):
    rows = sample(spark, 3, count=40)
    bound, learner = 40 * WIDTH * 8, GBTClassifier(maxIter=1, maxDepth=1)

    assert list(fit_small(rows, [learner], most_bytes=bound)) == [0]
    assert fit_small(rows, [learner], most_bytes=bound - 1) == {}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda rows: rows.where("false"), id="no row"),
        pytest.param(lambda rows: rows.withColumn("label", F.col("id") % 3), id="three classes"),
        pytest.param(lambda rows: rows.withColumn("label", F.expr("if(id = 3, null, label)")), id="a label is missing"),
        pytest.param(lambda rows: rows.withColumnRenamed("features", "given"), id="no features"),
        pytest.param(lambda rows: rows.withColumn("prediction", F.lit(1)), id="a column of the name of a prediction"),
        pytest.param(lambda rows: rows.withColumn("label", F.lit("yes")), id="a text for a label"),
    ],
)
def test_what_spark_has_an_error_for_is_left_to_spark(spark, changed):
    assert fit_small(changed(sample(spark, 4, count=30)), [GBTClassifier(maxIter=1)]) == {}


def test_a_category_that_is_none_gets_sparks_error(spark):
    rows = sample(spark, 5, count=30)
    worse = {"ml_attr": {"attrs": {"binary": [{"idx": 2}]}, "num_attrs": WIDTH}}

    with pytest.raises(Py4JJavaError, match="invalid data"):
        fit_all(rows.withColumn("features", F.col("features").alias("features", metadata=worse)), [GBTClassifier()])
