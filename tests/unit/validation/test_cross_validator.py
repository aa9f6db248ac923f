import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import GBTClassifier, LogisticRegression, LogisticRegressionModel
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.ml.tuning import CrossValidator as SparkCrossValidator
from pyspark.ml.tuning import ParamGridBuilder
from pyspark.sql import functions as F

from tests.kept_in_spark import kept_in
from tidemill.validation import CrossValidator, WrongFolds, assign_folds, assign_time_folds
from tidemill.validation.areas import areas
from tidemill.validation.cross_validator import shared_stages
from tidemill.validation.fold_rows import fold_rows
from tidemill.validation.prefixes import with_first_trees

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
    kept = kept_in(spark)
    validator = CrossValidator(
        estimator=Pipeline(stages=stages),
        estimatorParamMaps=[{}],
        evaluator=BinaryClassificationEvaluator(labelCol="nowhere"),
        foldCol="fold",
    )

    with pytest.raises(Exception, match="nowhere"):
        validator.fit(rows)

    assert kept_in(spark) <= kept


def test_boosted_trees_that_differ_in_their_number_alone_score_as_if_each_were_fitted(rows, stages):
    learner = GBTClassifier(seed=3, subsamplingRate=0.8)
    settings = {
        "estimator": Pipeline(stages=[*stages[:2], learner]),
        "estimatorParamMaps": ParamGridBuilder()
        .addGrid(learner.maxIter, [1, 3])
        .addGrid(learner.maxDepth, [1, 2])
        .build(),
        "evaluator": BinaryClassificationEvaluator(numBins=0),
        "numFolds": FOLDS,
        "foldCol": "fold",
    }

    ours, theirs = CrossValidator(**settings).fit(rows), SparkCrossValidator(**settings).fit(rows)

    assert ours.avgMetrics == pytest.approx(theirs.avgMetrics, abs=1e-9)
    assert [[len(model.stages[-1].trees) for model in fold.own] for fold in ours.folds] == [[1, 1, 3, 3]] * FOLDS


def test_a_shortened_model_is_saved_and_loaded_with_its_trees(rows, stages, tmp_path):
    ready = Pipeline(stages=stages[:2]).fit(rows).transform(rows)
    longest, wanted = (Pipeline(stages=[GBTClassifier(seed=3, maxIter=trees)]) for trees in (4, 2))

    shorter = with_first_trees(longest.fit(ready), wanted.getStages())
    shorter.save(str(tmp_path / "model"))
    loaded = PipelineModel.load(str(tmp_path / "model"))

    columns = ["id", "rawPrediction", "probability", "prediction"]
    expected = wanted.fit(ready).transform(ready).select(columns).orderBy("id").collect()
    assert loaded.transform(ready).select(columns).orderBy("id").collect() == expected
    assert loaded.stages[0].getMaxIter() == 2


def test_predictions_out_of_fold_come_from_the_model_that_never_saw_the_row(rows, stages):
    learner = stages[-1]
    grid = ParamGridBuilder().addGrid(learner.regParam, [0.01, 1.0]).build()
    found = CrossValidator(
        estimator=Pipeline(stages=stages),
        estimatorParamMaps=grid,
        evaluator=BinaryClassificationEvaluator(),
        numFolds=FOLDS,
        foldCol="fold",
    ).fit(rows)

    predicted = found.out_of_fold(1).select("id", "fold", "_fold", "probability").orderBy("id").collect()

    assert [row["id"] for row in predicted] == list(range(90))
    assert all(row["fold"] == row["_fold"] for row in predicted)
    alone = Pipeline(stages=stages).fit(rows.where("fold != 2"), grid[1]).transform(rows.where("fold = 2"))
    expected = {row["id"]: row["probability"][1] for row in alone.select("id", "probability").collect()}
    of_fold = {row["id"]: row["probability"][1] for row in predicted if row["fold"] == 2}
    assert of_fold == pytest.approx(expected, abs=1e-9)
    assert found.out_of_fold().count() == 90


def test_folds_in_the_order_of_time_are_scored_by_models_of_the_past(rows, stages):
    dated = assign_time_folds(rows.drop("fold").withColumn("at", F.col("id") * 37 % 90), "at", 3)
    validator = CrossValidator(
        estimator=Pipeline(stages=stages),
        estimatorParamMaps=[{}],
        evaluator=BinaryClassificationEvaluator(),
        numFolds=3,
        foldCol="fold",
    )
    validator.forward = True

    found = validator.fit(dated)

    past = Pipeline(stages=stages).fit(dated.where("fold < 1"))
    learnt = found.folds[1].own[0].stages[-1].coefficients.toArray()
    assert learnt == pytest.approx(past.stages[-1].coefficients.toArray(), rel=1e-9)
    assert found.out_of_fold().count() == dated.where("fold >= 0").count()


@pytest.mark.parametrize(
    ("folds", "problem"),
    [(4, "no row has 3"), (2, "a row has 2"), (3, "a row has none")],
)
def test_a_column_of_folds_that_does_not_fit_is_told(rows, folds, problem):
    given = rows.withColumn("fold", F.when(F.col("id") != 5, F.col("fold"))) if "none" in problem else rows

    with pytest.raises(WrongFolds, match=problem):
        fold_rows(given, "fold", folds)


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


def test_areas_of_many_candidates_are_pysparks_own_where_scores_tie(spark):
    rows = spark.range(200).selectExpr("cast(id % 3 = 0 as double) as label", "id")
    predicted = [rows.withColumn("rawPrediction", F.expr(f"cast(id % {ties} as double)")) for ties in (2, 7, 200)]
    evaluator = BinaryClassificationEvaluator(numBins=0)

    assert areas(evaluator, predicted) == pytest.approx([evaluator.evaluate(each) for each in predicted], abs=1e-12)
    assert areas(evaluator, [each.where("label = 1") for each in predicted]) is None
