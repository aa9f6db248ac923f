import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.classification import DecisionTreeClassifier, LinearSVC, LogisticRegression
from pyspark.ml.regression import DecisionTreeRegressor, LinearRegression
from pyspark.sql import functions as F

from tests.kept_in_spark import kept_in
from tidemill.estimators import StackingClassifier, StackingRegressor
from tidemill.estimators.classes import OneClassOnly
from tidemill.estimators.out_of_fold import UnusableFolds
from tidemill.estimators.parameters import WrongValue

DEEP = 9


@pytest.fixture(scope="module")
def stacked(made):
    """A tree that knows its rows by heart, a line without probabilities, and one with."""
    learners = [DecisionTreeClassifier(maxDepth=DEEP), LinearSVC(maxIter=10), LogisticRegression(maxIter=10)]
    return StackingClassifier(learners=learners, foldCol="fold", parallelism=2).fit(made.common)


def test_a_learner_that_only_knows_the_rows_that_it_saw_is_not_trusted(stacked):
    tree, *lines = stacked.getOrDefault("shares")

    assert abs(tree) < 0.2 * sum(lines)


def test_probabilities_are_near_the_true_chances(stacked, made, probabilities_of, values_of):
    found, truth = probabilities_of(stacked, made.common), values_of(made.common, "chance")

    assert sum(abs(found[key] - truth[key]) for key in truth) / len(truth) < 0.08


def test_regressors_are_weighed_by_what_they_say_of_unseen_rows(made):
    learners = [DecisionTreeRegressor(maxDepth=DEEP), LinearRegression()]

    model = StackingRegressor(learners=learners, labelCol="worth", folds=3).fit(made.common)

    tree, line = model.getOrDefault("shares")
    assert line > 2 * abs(tree)  # of rows that it saw the tree is always right
    error = F.avg(F.abs(F.col("prediction") - F.col("worth")))
    assert model.transform(made.common).select(error).first()[0] < 0.08  # the noise is within 0.15 of its mean


def test_a_model_comes_back_from_disk_alike(stacked, made, probabilities_of, tmp_path):
    PipelineModel([stacked]).save(str(tmp_path / "model"))

    again = PipelineModel.load(str(tmp_path / "model"))

    assert probabilities_of(again, made.common) == probabilities_of(stacked, made.common)


def test_nothing_stays_cached(spark, made):
    rows = made.common.where("id >= 0")
    rows.count()  # the rows themselves are kept from the first time on that they are needed
    kept = kept_in(spark)

    with pytest.raises(OneClassOnly):
        StackingClassifier(learners=[LogisticRegression()]).fit(rows.where("label = 1"))
    StackingClassifier(learners=[LogisticRegression(maxIter=1)]).fit(rows)

    assert kept_in(spark) <= kept


def test_too_few_rows_and_senseless_penalties_are_refused(made):
    stage = StackingRegressor(learners=[LinearRegression()], labelCol="worth", foldCol="fold")

    with pytest.raises(UnusableFolds, match="StackingRegressor: 1 folds"):
        stage.fit(made.common.where("id = 0"))
    with pytest.raises(WrongValue, match="metaRegParam cannot be -1"):
        StackingRegressor(metaRegParam=-1)
