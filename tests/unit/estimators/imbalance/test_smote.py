import numpy as np
import pandas as pd
import pytest
from pyspark.ml.classification import RandomForestClassifier
from pyspark.ml.linalg import Vectors
from sklearn.neighbors import NearestNeighbors

from tidemill.estimators.classes import Classes, TooFewOfAClass
from tidemill.estimators.imbalance import SmoteSampled
from tidemill.estimators.imbalance.smote import NoNumbers, made_up_rows, nearest_others


@pytest.fixture(scope="module")
def classes(made):
    ones = made.rare.where("label = 1").count()
    return Classes(900 - ones, ones)


def vectors(rows):
    return np.array([row["features"].toArray() for row in rows.select("features").collect()])


@pytest.fixture(scope="module")
def balanced(made, classes):
    return SmoteSampled(neighbours=4, seed=1).balanced(made.rare, classes).cache()


def test_a_made_up_row_lies_between_a_row_of_the_rarer_class_and_one_of_its_nearest(made, classes, balanced):
    minority, made_up = vectors(made.rare.where("label = 1")), vectors(balanced.where("id is null"))
    near = NearestNeighbors(n_neighbors=5).fit(minority).kneighbors(minority, return_distance=False)[:, 1:]
    starts, ends = minority.repeat(4, axis=0), minority[near.ravel()]
    along = ends - starts

    def distance(point):
        place = np.clip(((point - starts) * along).sum(1) / (along * along).sum(1), 0, 1)
        return np.linalg.norm(starts + place[:, None] * along - point, axis=1).min()

    assert len(made_up) == pytest.approx(classes.zeros - classes.ones, rel=0.1)
    assert max(distance(point) for point in made_up) < 1e-9


def test_a_made_up_row_is_of_the_rarer_class_and_in_no_fold_and_no_row_is_lost(made, balanced):
    (made_up,) = balanced.where("id is null").select("label", "fold", "worth").distinct().collect()

    assert tuple(made_up) == (1.0, None, None)
    assert (
        balanced.where("id is not null")
        .select("id", "label", "fold")
        .exceptAll(made.rare.select("id", "label", "fold"))
        .isEmpty()
    )
    assert balanced.where("id is not null").count() == 900


def test_the_same_rows_are_made_up_whatever_the_partitions(made, classes, balanced):
    again = SmoteSampled(neighbours=4, seed=1).balanced(made.rare.repartition(5, "worth"), classes)
    other = SmoteSampled(neighbours=4, seed=2).balanced(made.rare, classes)

    first = np.sort(vectors(balanced.where("id is null")), axis=0)
    assert np.array_equal(np.sort(vectors(again.where("id is null")), axis=0), first)
    assert not np.array_equal(np.sort(vectors(other.where("id is null")), axis=0)[:50], first[:50])


def test_beyond_a_buckets_rows_neighbours_are_sought_within_buckets(made, classes):
    in_buckets = SmoteSampled(bucketRows=100, seed=1).balanced(made.rare.where("id is not null"), classes)

    assert vectors(in_buckets.where("id is null")).shape[0] == pytest.approx(classes.zeros - classes.ones, rel=0.1)


def test_a_buckets_rows_in_another_order_make_up_the_same():
    rng = np.random.default_rng(5)
    bucket = pd.DataFrame({"features": list(rng.random((30, 2))), "weight": rng.random(30), "bucket": 0})
    bucket = bucket.assign(copies=rng.integers(0, 4, 30), place=rng.integers(0, 1 << 40, 30))
    made = made_up_rows(seed=-3, neighbours=5)

    first, second = made(bucket), made(bucket.sample(frac=1, random_state=1))

    pd.testing.assert_frame_equal(first, second)
    assert len(first) == bucket["copies"].sum()
    assert made(bucket.head(1)).empty


def test_the_nearest_others_are_those_of_a_search_by_hand():
    points = np.random.default_rng(1).random((60, 3))
    expected = NearestNeighbors(n_neighbors=6).fit(points).kneighbors(points, return_distance=False)[:, 1:]

    assert np.array_equal(nearest_others(points, 5), expected)


def test_a_tree_can_learn_from_made_up_values_of_places_declared_binary(spark):
    from pyspark.ml.feature import OneHotEncoder

    rows = spark.range(60).selectExpr("cast(id % 3 as double) as level", "cast(id < 20 as double) as label")
    encoded = OneHotEncoder(inputCol="level", outputCol="features", dropLast=False).fit(rows).transform(rows)

    model = SmoteSampled(learner=RandomForestClassifier(numTrees=2)).fit(encoded)

    assert model.transform(encoded).count() == 60


def test_rows_without_distances_or_too_few_of_them_are_refused(spark, made):
    rows = [(Vectors.dense(float(n), 1.0), float(n < 7)) for n in range(20)]
    broken = {"nan": Vectors.dense(float("nan"), 1.0), "null": None}
    stage = SmoteSampled(learner=RandomForestClassifier(numTrees=2))

    for vector in broken.values():
        with pytest.raises(NoNumbers, match="1 rows of the rarer class have a 'features' that is null, or"):
            stage.fit(spark.createDataFrame([*rows, (vector, 1.0)], made.rare.select("features", "label").schema))
    few = spark.createDataFrame(rows[3:], ["features", "label"])
    with pytest.raises(TooFewOfAClass, match="4 rows have the label 1, but at least 6 are needed, one more than neigh"):
        stage.fit(few)
