import pytest
from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression, LogisticRegressionModel
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.ml.tuning import CrossValidator as SparkCrossValidator
from pyspark.ml.tuning import ParamGridBuilder
from pyspark.sql import functions as F

from tidemill.validation import CrossValidator, assign_folds
from tidemill.validation.cross_validator import shared_stages

FOLDS = 3


@pytest.fixture(scope="module")
def rows(spark):
    made = spark.range(90).select("id", (F.col("id") / 90.0).alias("x"), F.pmod(F.xxhash64("id"), F.lit(7)).alias("y"))
    noisy = F.col("x") + F.pmod(F.xxhash64("id", F.lit(1)), F.lit(100)) / 250.0
    cached = assign_folds(made.withColumn("label", (noisy > 0.7).cast("double")), ["id"], FOLDS, 1, "label").cache()
    cached.count()
    return cached


@pytest.fixture
def stages():
    return [
        VectorAssembler(inputCols=["x", "y"], outputCol="given"),
        StandardScaler(inputCol="given", outputCol="features"),
        LogisticRegression(maxIter=5),
    ]


def test_it_takes_the_place_of_pysparks_own_with_the_same_scores_and_model(rows, stages):
    learner = stages[-1]
    settings = {
        "estimator": Pipeline(stages=stages),
        "estimatorParamMaps": ParamGridBuilder().addGrid(learner.regParam, [0.01, 1.0]).build(),
        "evaluator": BinaryClassificationEvaluator(),
        "numFolds": FOLDS,
        "foldCol": "fold",
    }

    ours, theirs = CrossValidator(**settings).fit(rows), SparkCrossValidator(**settings).fit(rows)

    assert ours.avgMetrics == pytest.approx(theirs.avgMetrics, abs=1e-9)
    assert ours.stdMetrics == pytest.approx(theirs.stdMetrics, abs=1e-9)
    assert ours.bestModel.transform(rows).columns == theirs.bestModel.transform(rows).columns


def test_a_learner_without_a_pipeline_is_taken_too(rows, stages):
    ready = Pipeline(stages=stages[:2]).fit(rows).transform(rows)
    fitted = CrossValidator(
        estimator=stages[-1], estimatorParamMaps=[{}], evaluator=BinaryClassificationEvaluator(), foldCol="fold"
    ).fit(ready)

    assert 0.5 < fitted.avgMetrics[0] <= 1
    assert isinstance(fitted.bestModel, LogisticRegressionModel)


def test_nothing_stays_cached(spark, rows, stages):
    kept = len(list(spark.sparkContext._jsc.getPersistentRDDs()))
    validator = CrossValidator(
        estimator=Pipeline(stages=stages),
        estimatorParamMaps=[{}],
        evaluator=BinaryClassificationEvaluator(labelCol="nowhere"),
        foldCol="fold",
    )

    with pytest.raises(Exception, match="nowhere"):
        validator.fit(rows)

    assert len(list(spark.sparkContext._jsc.getPersistentRDDs())) == kept


def test_stages_are_shared_up_to_the_first_that_differs(stages):
    assembler, scaler, learner = stages
    other = scaler.copy({scaler.withMean: True})

    assert shared_stages([[assembler, scaler, learner], [assembler, scaler, LogisticRegression()]]) == [
        assembler,
        scaler,
    ]
    assert shared_stages([[assembler, scaler, learner], [assembler, other, learner]]) == [assembler]
    assert shared_stages([[assembler, scaler, learner]]) == [assembler, scaler]
    assert shared_stages([[learner], [learner]]) == []
