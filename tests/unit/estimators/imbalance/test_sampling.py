import pytest
from pyspark.ml.classification import LogisticRegression, MultilayerPerceptronClassifier
from pyspark.sql import functions as F

from tidemill.estimators.classes import Classes, OneClassOnly
from tidemill.estimators.imbalance import ClassWeighted, Oversampled, SmoteSampled, Undersampled
from tidemill.estimators.members import NoWeights

WAYS = [ClassWeighted, Oversampled, Undersampled, SmoteSampled]


@pytest.fixture(scope="module")
def line(spark):
    return LogisticRegression(maxIter=20)


def counts(rows):
    found = {row["label"]: row["count"] for row in rows.groupBy("label").count().collect()}
    return Classes(found[0.0], found[1.0])


def content(rows):
    return sorted(tuple(row) for row in rows.select("label", F.xxhash64("features")).collect())


@pytest.fixture(scope="module")
def classes(made):
    return counts(made.rare)


@pytest.mark.parametrize("ratio", [0.5, 1.0])
def test_the_classes_come_to_the_ratio(made, classes, ratio):
    over = counts(Oversampled(ratio=ratio).balanced(made.rare, classes))
    under = counts(Undersampled(ratio=ratio).balanced(made.rare, classes))

    assert over.zeros == classes.zeros
    assert under.ones == classes.ones
    assert over.ones / over.zeros == pytest.approx(ratio, rel=0.1)
    assert under.ones / under.zeros == pytest.approx(ratio, rel=0.15)


@pytest.mark.parametrize("way", [Oversampled, Undersampled])
def test_the_same_rows_are_drawn_whatever_their_partitions_and_others_with_another_seed(made, classes, way):
    drawn = content(way(seed=1).balanced(made.rare, classes))

    assert content(way(seed=1).balanced(made.rare.repartition(5, "worth"), classes)) == drawn
    assert content(way(seed=2).balanced(made.rare, classes)) != drawn


def test_equal_rows_are_drawn_each_for_itself(spark, made):
    # All features alike: drawn by their content alone, all would be kept or none.
    alike = made.rare.withColumn("features", F.lit(None).cast(made.rare.schema["features"].dataType))
    classes = counts(alike)

    kept = counts(Undersampled().balanced(alike, classes))

    assert kept.zeros == pytest.approx(kept.ones, rel=0.3)


@pytest.mark.parametrize("way", WAYS)
def test_each_row_is_predicted_once_and_as_it_is(made, way, line):
    model = way(learner=line).fit(made.rare.where("fold != 0"))
    held_out = made.rare.where("fold = 0")

    scored = model.transform(held_out)

    given = ["id", "label", "features"]
    assert sorted(scored.select(given).collect(), key=str) == sorted(held_out.select(given).collect(), key=str)


@pytest.mark.parametrize("way", WAYS)
def test_corrected_probabilities_have_the_share_of_class_1_again(made, classes, way, line, probabilities_of):
    share = classes.ones / sum(classes)

    corrected = probabilities_of(way(learner=line).fit(made.rare), made.rare)
    plain = probabilities_of(way(learner=line, correctPrior=False).fit(made.rare), made.rare)

    assert sum(corrected.values()) / len(corrected) == pytest.approx(share, abs=0.035)
    assert sum(plain.values()) / len(plain) > share + 0.15
    assert sorted(corrected, key=corrected.get) == sorted(plain, key=plain.get)


def test_class_weights_multiply_those_of_the_rows(made, classes):
    weighted = ClassWeighted(weightCol="weight").balanced(made.rare, classes)

    factor = F.round(F.col("_class_weight") / F.col("weight"), 6).alias("factor")
    found = dict(tuple(row) for row in weighted.select("label", factor).distinct().collect())
    assert found == {0.0: round(450 / classes.zeros, 6), 1.0: round(450 / classes.ones, 6)}


def test_rows_that_cannot_be_balanced_are_refused(made, line):
    with pytest.raises(OneClassOnly, match="Oversampled"):
        Oversampled(learner=line).fit(made.rare.where("label = 0"))
    with pytest.raises(NoWeights, match="MultilayerPerceptronClassifier takes no weights"):
        ClassWeighted(learner=MultilayerPerceptronClassifier()).fit(made.rare)
