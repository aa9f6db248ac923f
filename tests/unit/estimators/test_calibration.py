import numpy as np
import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import DecisionTreeClassifier, LinearSVC, LogisticRegression
from scipy.optimize import minimize

from tidemill.estimators import CalibratedClassifier
from tidemill.estimators.calibration import platt_line
from tidemill.estimators.classes import Classes, NotTwoClasses, OneClassOnly, TooFewOfAClass
from tidemill.estimators.out_of_fold import NothingToHash, UnusableFolds
from tidemill.estimators.parameters import UnknownParameter, WrongLearner, WrongValue


@pytest.fixture(scope="module")
def calibrated(made):
    """A learner without probabilities, calibrated in both ways."""
    stages = {
        method: CalibratedClassifier(learner=LinearSVC(maxIter=10), method=method, parallelism=2)
        for method in ("platt", "isotonic")
    }
    return {method: stage.fit(made.common) for method, stage in stages.items()}


def test_probabilities_are_near_the_true_chances(calibrated, made, probabilities_of, values_of):
    truth = values_of(made.common, "chance")

    for method, limit in (("platt", 0.04), ("isotonic", 0.08)):
        found = probabilities_of(calibrated[method], made.common)
        assert np.mean([abs(found[key] - truth[key]) for key in truth]) < limit


def test_answers_are_in_the_columns_of_sparks_own_classifiers(calibrated, made):
    for model in calibrated.values():
        answers = model.transform(made.common)
        row = answers.orderBy("id").first()

        assert answers.columns == [*made.common.columns, "rawPrediction", "probability", "prediction"]
        assert sum(row["probability"]) == pytest.approx(1)
        assert row["rawPrediction"][1] == -row["rawPrediction"][0]
        assert row["prediction"] == float(row["probability"][1] > 0.5)


def test_the_map_is_learnt_from_rows_that_the_learner_did_not_see(made, probabilities_of):
    # A deep tree knows every row that it saw by heart; a coin's label it cannot know of any other.
    tree = DecisionTreeClassifier(maxDepth=9)
    model = CalibratedClassifier(learner=tree, labelCol="coin", foldCol="fold").fit(made.common)

    assert all(0.4 < p < 0.6 for p in probabilities_of(model, made.common).values())


def test_platts_line_has_the_highest_probability_of_his_targets(spark):
    scores = np.linspace(-3, 3, 40)
    labels = (np.sin(5 * scores) + scores > 0).astype(float)
    ones, zeros = labels.sum(), len(labels) - labels.sum()
    targets = np.where(labels == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))

    def loss(line):
        margin = line[0] * scores + line[1]
        return np.sum(np.logaddexp(0, margin) - targets * margin)

    pairs = spark.createDataFrame([(float(label), float(score)) for label, score in zip(labels, scores, strict=True)])

    line = platt_line(pairs.toDF("label", "score"), Classes(zeros, ones))

    assert line == pytest.approx(minimize(loss, [1.0, 0.0]).x, abs=1e-3)


def test_the_same_rows_give_the_same_model_whatever_their_partitions(calibrated, made):
    again = CalibratedClassifier(learner=LinearSVC(maxIter=10)).fit(made.common.repartition(5, "worth"))

    first = calibrated["platt"]
    assert again.getOrDefault("slope") == pytest.approx(first.getOrDefault("slope"), rel=1e-6)
    assert again.getOrDefault("intercept") == pytest.approx(first.getOrDefault("intercept"), rel=1e-6, abs=1e-9)


def test_a_model_comes_back_from_disk_alike(calibrated, made, probabilities_of, tmp_path):
    for method, model in calibrated.items():
        PipelineModel([model]).save(str(tmp_path / method))

        again = PipelineModel.load(str(tmp_path / method))

        assert probabilities_of(again, made.common) == probabilities_of(model, made.common)


def test_a_stage_comes_back_from_disk_with_its_learner(spark, tmp_path):
    Pipeline(stages=[CalibratedClassifier(learner=LinearSVC(maxIter=7), method="isotonic")]).save(str(tmp_path / "p"))

    (stage,) = Pipeline.load(str(tmp_path / "p")).getStages()

    assert stage.getOrDefault("method") == "isotonic"
    assert stage.getOrDefault("learner").getMaxIter() == 7


def test_a_grid_reaches_the_learner_inside(spark):
    inner = LinearSVC(maxIter=7)
    stage = CalibratedClassifier(learner=inner)

    copied = stage.copy({inner.maxIter: 3, stage.folds: 4})

    assert (copied.getOrDefault("learner").getMaxIter(), copied.getOrDefault("folds")) == (3, 4)
    assert (inner.getMaxIter(), stage.getOrDefault("folds")) == (7, 3)


def test_rows_that_cannot_be_learnt_from_are_refused_in_one_line(made, spark):
    rows = made.common
    stage = CalibratedClassifier(learner=LogisticRegression())

    with pytest.raises(OneClassOnly, match=r"all \d+ rows have the same 'label'"):
        stage.fit(rows.where("label = 1"))
    with pytest.raises(NotTwoClasses, match="1 rows have a 'label' that is neither 0 nor 1"):
        stage.fit(rows.selectExpr("features", "if(id = 3, 2.0, label) as label"))
    with pytest.raises(TooFewOfAClass, match="2 rows have the label 1, but at least 3 are needed"):
        stage.fit(rows.where("label = 0").limit(20).unionByName(rows.where("label = 1").limit(2)))
    with pytest.raises(UnusableFolds, match="a row without a fold in 'fold'"):
        stage.copy({stage.foldCol: "fold"}).fit(rows.selectExpr("features", "label", "nullif(fold, 2) as fold"))
    with pytest.raises(UnusableFolds, match="1 folds in 'fold'"):
        stage.copy({stage.foldCol: "fold"}).fit(rows.where("fold = 0"))
    with pytest.raises(NothingToHash, match="by hash of 'custmer', which is no column"):
        stage.copy({stage.keyCols: ["custmer"]}).fit(rows)


def test_settings_that_make_no_sense_are_refused_in_one_line(spark):
    with pytest.raises(UnknownParameter, match=r"Classifier has no parameter 'methd'\. Did you mean 'method'"):
        CalibratedClassifier(methd="platt")
    with pytest.raises(WrongValue, match=r"CalibratedClassifier's method cannot be 'plat': .*Did you mean 'platt'"):
        CalibratedClassifier(method="plat")
    with pytest.raises(WrongValue, match="folds cannot be 1: expected a whole number from 2 to 100"):
        CalibratedClassifier(folds=1)
    with pytest.raises(WrongLearner, match="not a str"):
        CalibratedClassifier(learner="logistic_regression")
