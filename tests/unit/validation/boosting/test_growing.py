import numpy as np
import pytest

from tidemill.validation.arrow import Unfit
from tidemill.validation.boosting.binning import binned
from tidemill.validation.boosting.boosts import Rows, boosted
from tidemill.validation.boosting.growing import ground_of, grown
from tidemill.validation.boosting.settings import Settings
from tidemill.validation.boosting.splitting import AT_ONCE, nodes_at_once
from tidemill.validation.boosting.tree import as_text, from_text

SETTINGS = Settings(False, 3, 0.5, 1.0, 1, 3, 32, 1, 0.0, 0.0, "all", 256 * 2**20)


def rows_of(count, seed=1):
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, 4))
    return Rows(features, features[:, 0] + 0.1 * random.normal(size=count), [count])


def test_a_step_is_found_where_it_is():
    features = np.arange(10.0)[:, None]
    ground = ground_of(binned(features, {}, 32), [10])

    tree, predictions = grown(ground, np.repeat([1.0, 5.0], [4, 6]), np.ones(10, dtype=bool), SETTINGS, 1)

    assert tree.inner.split.threshold == 3.5
    assert predictions.tolist() == [1.0] * 4 + [5.0] * 6
    assert tree.inner.left.inner is None
    assert tree.inner.right.inner is None


def test_categories_go_left_by_their_means():
    features = np.array([0.0, 1.0, 2.0, 0.0, 1.0, 2.0])[:, None]
    ground = ground_of(binned(features, {0: 4}, 6), [6])

    tree, _ = grown(ground, np.array([3.0, 1.0, 1.0, 3.0, 0.0, 1.0]), np.ones(6, dtype=bool), SETTINGS, 1)

    assert tree.inner.split.left == (1, 2)
    assert tree.inner.split.categories == 4


def test_rows_that_are_not_drawn_are_predicted_but_not_learnt_from():
    features = np.arange(10.0)[:, None]
    ground = ground_of(binned(features, {}, 32), [10])
    labels = np.repeat([1.0, 5.0, 100.0], [4, 4, 2])

    _, predictions = grown(ground, labels, np.arange(10) < 8, SETTINGS, 1)

    assert predictions.tolist() == [1.0] * 4 + [5.0] * 6


def test_nodes_that_are_looked_at_a_few_at_a_time_are_split_alike(monkeypatch):
    rows = rows_of(300)
    settings = SETTINGS._replace(depth=6)
    ground = ground_of(binned(rows.features, {}, 32), rows.sizes)
    whole = boosted(ground, rows, settings)

    monkeypatch.setattr("tidemill.validation.boosting.splitting.AT_ONCE", 600)
    few = ground_of(binned(rows.features, {}, 32), rows.sizes)

    assert (len(few.blocks), len(ground.blocks)) == (2, 1)
    assert nodes_at_once(few.blocks) == 4
    assert boosted(few, rows, settings) == whole


def test_features_of_more_bins_than_are_looked_at_are_refused():
    ground = ground_of(binned(rows_of(64).features, {}, 32), [64])

    with pytest.raises(Unfit):
        nodes_at_once(ground.blocks * (AT_ONCE // 64))


def test_trees_learn_what_is_left_over():
    rows = rows_of(500)
    ground = ground_of(binned(rows.features, {}, 32), rows.sizes)

    errors = []
    for trees in (1, 4, 16):
        grown_trees = boosted(ground, rows, SETTINGS._replace(trees=trees))
        assert len(grown_trees) == trees
        errors.append(grown_trees[-1].impurity)

    assert errors[0] > 5 * errors[1] > 5 * errors[2] > 0


def test_no_class_is_refused():
    rows = rows_of(20)
    ground = ground_of(binned(rows.features, {}, 32), rows.sizes)

    with pytest.raises(Unfit):
        boosted(ground, rows, SETTINGS._replace(classifies=True))


def test_nodes_that_spark_would_not_look_at_together_are_refused_where_their_features_are_drawn():
    rows = rows_of(200)
    ground = ground_of(binned(rows.features, {}, 32), rows.sizes)
    little = SETTINGS._replace(memory=4 * 32 * 24)

    assert len(boosted(ground, rows, little)) == 3
    with pytest.raises(Unfit):
        boosted(ground, rows, little._replace(choice="onethird"))


def test_trees_come_back_from_text_as_they_were():
    rows = rows_of(200)
    trees = boosted(ground_of(binned(rows.features, {}, 32), rows.sizes), rows, SETTINGS)

    assert from_text(as_text(trees)) == trees
