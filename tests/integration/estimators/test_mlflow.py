"""A pipeline that ends in stages of ours, through MLflow and back."""

import pytest
from pyspark.ml import Pipeline
from pyspark.ml.classification import LinearSVC
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import functions as F

from tidemill.estimators import CalibratedClassifier, StackingClassifier, VotingClassifier, XGBoostClassifier
from tidemill.estimators.imbalance import Undersampled
from tidemill.registry.quiet import quiet_mlflow


@pytest.fixture(scope="module")
def rows(spark):
    made = spark.range(300, numPartitions=2).select("id", (F.pmod(F.xxhash64("id"), F.lit(1000)) / 1000).alias("x"))
    noisy = F.col("x") + F.pmod(F.xxhash64("id", F.lit(1)), F.lit(1000)) / 2000
    return made.withColumn("label", (noisy > 0.9).cast("double")).cache()


def test_ensembles_of_calibrated_and_boosted_learners_come_back_through_mlflow_alike(rows, tmp_path):
    boosted = XGBoostClassifier(n_estimators=3, max_depth=2)
    smooth = CalibratedClassifier(learner=LinearSVC(maxIter=3), method="isotonic", folds=2)
    stacked = StackingClassifier(learners=[boosted, LinearSVC(maxIter=3)], folds=2)
    vote = VotingClassifier(learners=[Undersampled(learner=boosted), smooth, stacked])
    model = Pipeline(stages=[VectorAssembler(inputCols=["x"], outputCol="features"), vote]).fit(rows)
    mlflow, where = quiet_mlflow(), str(tmp_path / "model")
    mlflow.spark.save_model(model, where, dfs_tmpdir=str(tmp_path / "between"), pip_requirements=["pyspark"])

    again = mlflow.spark.load_model(where, dfs_tmpdir=str(tmp_path / "between"))

    expected, found = (each.transform(rows).orderBy("id").select("probability").collect() for each in (model, again))
    assert found == expected
