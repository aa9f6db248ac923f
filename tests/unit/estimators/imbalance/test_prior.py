import pytest
from pyspark.ml.classification import LogisticRegression
from pyspark.sql import functions as F

from tidemill.estimators.classes import Classes
from tidemill.estimators.imbalance import PriorCorrectedModel, Undersampled, prior_corrected
from tidemill.estimators.imbalance.prior import odds_ratio


def test_a_probability_learnt_from_a_sample_becomes_that_of_the_rows(spark):
    # Of 1,000 rows 100 are of class 1; at some place there are 30 of them and 90 of the others. A tenth of class 0 is
    # kept, so that the place has 30 and 9.
    learnt = 30 / 39

    (row,) = spark.range(1).select(prior_corrected(F.lit(learnt), 0.1).alias("p")).collect()

    assert row["p"] == pytest.approx(30 / 120)
    kept = 0.1  # Dal Pozzolo's own way to write it
    assert row["p"] == pytest.approx(kept * learnt / (kept * learnt - learnt + 1))


def test_the_odds_are_the_share_of_class_0_that_was_kept():
    assert odds_ratio(Classes(900, 100), Classes(90, 100)) == pytest.approx(0.1)


def test_a_corrected_model_comes_back_from_disk_alike(made, probabilities_of, tmp_path):
    model = Undersampled(learner=LogisticRegression(maxIter=5)).fit(made.rare)
    model.save(str(tmp_path / "model"))

    again = PriorCorrectedModel.load(str(tmp_path / "model"))

    assert probabilities_of(again, made.rare) == probabilities_of(model, made.rare)
