import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.classification import GBTClassifier, LogisticRegression, RandomForestClassifier
from pyspark.ml.feature import IndexToString, StandardScaler, VectorAssembler
from pyspark.sql import functions as F

from tidemill.validation.small_fits import fit_one, fit_together

SHAPES = [(2, 1), (4, 1), (2, 2), (4, 2)]


@pytest.fixture(scope="module")
def rows(spark):
    made = spark.range(80).select("id", (F.col("id") / 80.0).alias("x"), F.pmod(F.xxhash64("id"), F.lit(7)).alias("y"))
    labelled = made.withColumn("label", (F.col("x") + F.col("y") / 20 > 0.6).cast("double"))
    return VectorAssembler(inputCols=["x", "y"], outputCol="features").transform(labelled).localCheckpoint()


@pytest.fixture
def boosted(spark):
    return GBTClassifier(maxIter=4, maxDepth=2)


@pytest.fixture
def jobs(spark, request):
    """Says how many jobs were started since the test began."""
    group = request.node.name
    spark.sparkContext.setJobGroup(group, group)
    yield lambda: len(spark.sparkContext.statusTracker().getJobIdsForGroup(group))
    spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)


def predicted(model, rows):
    return model.transform(rows).orderBy("id").select("prediction", "probability").collect()


def test_boosted_trees_of_several_numbers_and_depths_are_fitted_in_one_job(rows, boosted, jobs):
    candidates = [[boosted.copy({boosted.maxIter: trees, boosted.maxDepth: depth})] for trees, depth in SHAPES]

    models = fit_together(rows, candidates)

    assert jobs() == 1
    shapes = [(len(models[place].stages[0].trees), models[place].stages[0].trees[0].depth) for place in range(4)]
    assert shapes == SHAPES
    for place, (learner,) in enumerate(candidates):
        assert predicted(models[place], rows) == predicted(learner.fit(rows), rows)


def test_each_kind_is_fitted_in_its_own_job_and_what_is_behind_the_learner_stays(rows, boosted, jobs):
    named = IndexToString(inputCol="prediction", outputCol="said", labels=["no", "yes"])
    candidates = [[boosted, named], [LogisticRegression(), named], [RandomForestClassifier()]]

    models = fit_together(rows, candidates)

    assert jobs() == 2
    assert sorted(models) == [0, 1]
    assert {row.said for model in models.values() for row in model.transform(rows).collect()} == {"no", "yes"}


def test_candidates_that_fit_another_stage_are_left_to_spark(rows, boosted):
    scaled = StandardScaler(inputCol="features", outputCol="scaled")

    assert fit_together(rows, [[scaled, boosted], [scaled, LogisticRegression()]]) == {}


def test_one_candidate_is_fitted_as_by_a_pipeline(rows, boosted):
    ours, forest = fit_one(rows, [boosted]), fit_one(rows, [RandomForestClassifier(numTrees=2, seed=1)])

    assert isinstance(ours, PipelineModel)
    assert predicted(ours, rows) == predicted(boosted.fit(rows), rows)
    assert predicted(forest, rows) == predicted(RandomForestClassifier(numTrees=2, seed=1).fit(rows), rows)
