import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import (
    DecisionTreeClassifier,
    LinearSVC,
    LogisticRegression,
    MultilayerPerceptronClassifier,
)
from pyspark.ml.feature import StandardScaler
from pyspark.ml.functions import vector_to_array
from pyspark.ml.regression import DecisionTreeRegressor, LinearRegression

from tidemill.estimators import VotingClassifier, VotingRegressor
from tidemill.estimators.classes import OneClassOnly
from tidemill.estimators.members import NoProbabilities, NoWeights
from tidemill.estimators.parameters import WrongValue
from tidemill.estimators.voting import WrongWeights


@pytest.fixture(scope="module")
def members():
    scaled = StandardScaler(inputCol="features", outputCol="scaled")
    return [
        DecisionTreeClassifier(maxDepth=3),
        Pipeline(stages=[scaled, LogisticRegression(featuresCol="scaled", maxIter=10)]),
    ]


@pytest.fixture(scope="module")
def voted(made, members):
    return VotingClassifier(learners=members, weights=[1, 3], parallelism=2).fit(made.common)


def test_the_probability_is_the_weighted_mean_of_the_members(voted, made, members, probabilities_of):
    tree, line = (probabilities_of(member.fit(made.common), made.common) for member in members)

    found = probabilities_of(voted, made.common)

    assert found == pytest.approx({key: (tree[key] + 3 * line[key]) / 4 for key in tree})


def test_only_the_answer_is_added(voted, made):
    assert voted.transform(made.common).columns == [*made.common.columns, "rawPrediction", "probability", "prediction"]


def test_an_ensemble_may_hold_another(voted, made, members, probabilities_of):
    outer = VotingClassifier(learners=[VotingClassifier(learners=members, weights=[1, 3]), members[0]])

    found = probabilities_of(outer.fit(made.common), made.common)

    tree, both = probabilities_of(members[0].fit(made.common), made.common), probabilities_of(voted, made.common)
    assert found == pytest.approx({key: (tree[key] + both[key]) / 2 for key in tree})


def test_regressors_are_averaged_whatever_they_call_their_answer(made, values_of):
    members = [LinearRegression(predictionCol="by_line"), DecisionTreeRegressor(maxDepth=3)]
    columns = {"labelCol": "worth", "predictionCol": "predicted_label"}
    line, tree = (member.copy({member.labelCol: "worth"}).fit(made.common) for member in members)

    model = VotingRegressor(learners=members, **columns).fit(made.common)

    found = values_of(model.transform(made.common), "predicted_label")
    by_line = values_of(line.transform(made.common), "by_line")
    by_tree = values_of(tree.transform(made.common), "prediction")
    assert found == pytest.approx({key: (by_line[key] + by_tree[key]) / 2 for key in found})


def test_a_model_comes_back_from_disk_alike_and_predicts_on_a_stream(spark, voted, made, probabilities_of, tmp_path):
    PipelineModel([voted]).save(str(tmp_path / "model"))
    made.common.select("id", "features").write.parquet(str(tmp_path / "rows"))
    again = PipelineModel.load(str(tmp_path / "model"))

    schema = made.common.select("id", "features").schema

    coming = again.transform(spark.readStream.schema(schema).parquet(str(tmp_path / "rows")))
    coming.writeStream.format("memory").queryName("voted").trigger(availableNow=True).start().awaitTermination()

    answers = spark.table("voted").select("id", vector_to_array("probability")[1].alias("p")).collect()
    assert {row["id"]: row["p"] for row in answers} == probabilities_of(voted, made.common)


def test_learners_that_cannot_vote_are_refused_in_one_line(made, members):
    with pytest.raises(NoProbabilities, match=r"LinearSVC gives no probabilities\. Wrap it: CalibratedClassifier"):
        VotingClassifier(learners=[LinearSVC(maxIter=2)]).fit(made.common)
    with pytest.raises(NoWeights, match="takes no weights"):
        VotingClassifier(learners=[MultilayerPerceptronClassifier()], weightCol="weight").fit(made.common)
    with pytest.raises(WrongWeights, match=r"2 learners and the weights \[1\.0\]"):
        VotingClassifier(learners=members, weights=[1]).fit(made.common)
    with pytest.raises(WrongValue, match="expected one learner or more"):
        VotingClassifier(learners=[])
    with pytest.raises(OneClassOnly):
        VotingClassifier(learners=members).fit(made.common.where("label = 0"))
