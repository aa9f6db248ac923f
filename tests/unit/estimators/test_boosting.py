from multiprocessing.pool import ThreadPool

import pytest
from pyspark.ml import PipelineModel

from tidemill.estimators import XGBoostClassifier, XGBoostRegressor
from tidemill.estimators.boosting import TooManyWorkers
from tidemill.estimators.classes import OneClassOnly
from tidemill.estimators.parameters import UnknownParameter, WrongValue

SMALL = {"n_estimators": 10, "max_depth": 3, "subsample": 0.7, "colsample_bynode": 0.7}


@pytest.fixture(scope="module")
def boosted(made):
    return XGBoostClassifier(**SMALL, seed=1, weightCol="weight").fit(made.common)


def test_rows_in_another_order_give_the_same_trees_and_another_seed_gives_others(boosted, made, probabilities_of):
    shuffled = made.common.repartition(5, "worth")
    again, other = (XGBoostClassifier(**SMALL, seed=seed, weightCol="weight").fit(shuffled) for seed in (1, 2))

    assert again.get_booster().get_dump() == boosted.get_booster().get_dump()
    assert probabilities_of(other, made.common) != probabilities_of(boosted, made.common)


def test_it_learns_what_is_there_to_learn(boosted, made, probabilities_of, values_of):
    found, truth = probabilities_of(boosted, made.common), values_of(made.common, "chance")

    assert sum(abs(found[key] - truth[key]) for key in truth) / len(truth) < 0.12


def test_a_model_comes_back_from_disk_alike(boosted, made, probabilities_of, tmp_path):
    PipelineModel([boosted]).save(str(tmp_path / "model"))

    again = PipelineModel.load(str(tmp_path / "model"))

    assert probabilities_of(again, made.common) == probabilities_of(boosted, made.common)


def test_more_fits_at_once_than_there_are_slots_all_end(made):
    stage = XGBoostRegressor(n_estimators=2, num_workers=2, labelCol="worth")

    with ThreadPool(3) as pool:
        models = pool.map_async(lambda _: stage.fit(made.common), range(3)).get(timeout=240)

    first, *others = (model.get_booster().get_dump() for model in models)
    assert others == [first, first]


def test_rows_and_settings_that_make_no_sense_are_refused_in_one_line(made):
    with pytest.raises(OneClassOnly, match="XGBoostClassifier"):
        XGBoostClassifier().fit(made.common.where("label = 1"))
    with pytest.raises(TooManyWorkers, match="num_workers 3, but 2 tasks run at once"):
        XGBoostClassifier(num_workers=3).fit(made.common)
    with pytest.raises(UnknownParameter, match=r"no parameter 'maxDepth'\. Did you mean 'max_depth'"):
        XGBoostClassifier(maxDepth=3)
    with pytest.raises(WrongValue, match="subsample cannot be 2: expected a number above 0 to 1"):
        XGBoostRegressor(subsample=2)
