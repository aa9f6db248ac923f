import numpy as np
import pytest
from pyspark.sql import functions as F
from sklearn import metrics

from tidemill.validation.figures import BadReplicates, NoKey, binary_figures, bootstrap, intervals

ROWS, REPLICATES = 300, 150


@pytest.fixture(scope="module")
def made():
    random = np.random.default_rng(10)
    label = (random.random(ROWS) < 0.4).astype(float)
    return label, np.clip(0.4 * label + random.random(ROWS) * 0.6, 0, 1)


@pytest.fixture(scope="module")
def rows(spark, made):
    each = [(at, float(was), float(p > 0.5), float(p)) for at, (was, p) in enumerate(zip(*made, strict=True))]
    return spark.createDataFrame(each, "id int, label double, prediction double, probability_of_1 double").cache()


@pytest.fixture(scope="module")
def found(rows):
    return intervals(rows.repartition(3), ["id"], replicates=REPLICATES, seed=4)


def test_intervals_are_as_wide_as_those_of_rows_drawn_one_by_one(found, made):
    label, p = made
    random = np.random.default_rng(11)
    drawn = [random.integers(0, ROWS, ROWS) for _ in range(400)]
    theirs = {
        "roc_auc": [metrics.roc_auc_score(label[each], p[each]) for each in drawn],
        "accuracy": [(label[each] == (p[each] > 0.5)).mean() for each in drawn],
        "log_loss": [metrics.log_loss(label[each], np.clip(p[each], 1e-15, 1 - 1e-15)) for each in drawn],
    }
    for name, values in theirs.items():
        low, high = np.quantile(values, [0.025, 0.975])
        assert found[name].high - found[name].low == pytest.approx(high - low, rel=0.25)
        assert (found[name].low + found[name].high) / 2 == pytest.approx((low + high) / 2, abs=0.2 * (high - low))
        assert found[name].low < found[name].value < found[name].high


def test_the_value_is_that_of_the_rows_as_they_are(found, rows):
    assert {name: each.value for name, each in found.items()} == binary_figures(rows)


def test_the_same_seed_draws_the_same_however_the_rows_are_partitioned(found, rows):
    again = intervals(rows.repartition(2, "probability_of_1"), ["id"], replicates=REPLICATES, seed=4)

    assert again == found


def test_draws_are_poisson_with_mean_1_and_of_one_key_alike(rows):
    twice = rows.select("id", "label").unionByName(rows.select("id", "label"))
    drawn = bootstrap(twice, ["id"], 100, seed=1).where("_replicate > 0")

    counts = drawn.groupBy("_weight").count().collect()
    shares = {row["_weight"]: row["count"] / (2 * ROWS * 100) for row in counts}
    assert [shares[count] for count in (1, 2, 3)] == pytest.approx([0.3679, 0.1839, 0.0613], abs=0.01)
    pairs = drawn.groupBy("id", "_replicate").agg(F.count("*").alias("rows"), F.countDistinct("_weight").alias("kinds"))
    assert {(row["rows"], row["kinds"]) for row in pairs.select("rows", "kinds").distinct().collect()} == {(2, 1)}


def test_what_no_interval_can_be_given_from_is_told(rows):
    with pytest.raises(BadReplicates, match="at least 20 replicates"):
        intervals(rows, ["id"], replicates=5)
    with pytest.raises(NoKey, match="name the columns"):
        intervals(rows, [])
