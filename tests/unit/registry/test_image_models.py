import numpy as np
import pytest

from tests.services.mlflow_store import ready_store
from tidemill.config import Config
from tidemill.models.images.classifier import Classifier, ClassifierDamaged
from tidemill.models.images.loading import FILE
from tidemill.models.images.networks import build_network
from tidemill.registry import ImageCard, ImageRegistry, NoImageChampion
from tidemill.registry.quiet import quiet_mlflow

CLASSES = ("cat", "dog", "emu")
LOADER = "tidemill.models.images.loading"


@pytest.fixture
def registry(tmp_path):
    places = dict.fromkeys(("landing", "lake_root", "checkpoints", "spool", "reports"), str(tmp_path))
    mlflow = {"tracking_uri": ready_store(tmp_path), "artifacts": f"{tmp_path}/mlflow/artifacts"}
    config = Config.model_validate(
        {"environment": "local", "conf_dir": tmp_path, "home": str(tmp_path), "mlflow": mlflow, **places}
    )
    return ImageRegistry(config)


def some_classifier(seed=1):
    return Classifier.of(build_network("small_cnn", 3, size=12, channels=1, pretrained=False, seed=seed), CLASSES)


def card_of(classifier, run="20260101T000000-a"):
    return ImageCard(
        name="pets",
        table="silver.pets",
        table_id="t",
        table_version=3,
        classes=CLASSES,
        base="small_cnn",
        size=12,
        shape=(12, 12, 1),
        weights=classifier.weights,
        training="f",
        seed=1,
        run=run,
    )


def recorded(registry, classifier, run="20260101T000000-a"):
    files = {FILE: classifier.to_bytes()}
    curves = {"loss": [(1, 0.5), (2, 0.25)]}
    return registry.record_images(
        card_of(classifier, run), files, LOADER, {"base": "small_cnn"}, {"test_accuracy": 0.9}, curves
    )


def some_images(samples=5):
    return np.random.default_rng(0).integers(0, 256, (samples, 12, 12, 1), np.uint8)


def test_a_registered_classifier_answers_as_it_did_when_it_was_trained(registry):
    classifier = some_classifier()

    made = recorded(registry, classifier)
    assert registry.champion_version("pets") is None
    registry.promote("pets", made.version)
    champion = registry.image_champion("pets")

    read = Classifier.from_bytes(champion.files[FILE])
    assert (champion.version, champion.card) == (made.version, card_of(classifier))
    assert read.weights == classifier.weights
    assert np.array_equal(read.probabilities(some_images()), classifier.probabilities(some_images()))


def test_mlflow_alone_loads_a_registered_classifier(registry):
    classifier = some_classifier()
    registry.promote("pets", recorded(registry, classifier).version)

    answers = quiet_mlflow().pyfunc.load_model("models:/pets@champion").predict(some_images())

    expected = classifier.answers(some_images())
    assert answers["prediction"].tolist() == expected.labels
    assert answers["probability"].tolist() == expected.probabilities.tolist()


def test_figures_and_curves_are_kept_by_step(registry):
    made = recorded(registry, some_classifier())

    client = quiet_mlflow().MlflowClient()
    run = client.get_run(made.run_id)
    assert run.data.metrics["test_accuracy"] == 0.9
    assert run.data.params["base"] == "small_cnn"
    assert [(each.step, each.value) for each in client.get_metric_history(made.run_id, "loss")] == [(1, 0.5), (2, 0.25)]


def test_a_training_that_is_finished_a_second_time_makes_no_other_version(registry):
    first = recorded(registry, some_classifier())

    assert recorded(registry, some_classifier()) == first
    assert recorded(registry, some_classifier(), run="20260102T000000-b").version == first.version + 1


def test_a_champion_that_is_not_there_is_named_with_the_job_that_trains_it(registry):
    with pytest.raises(NoImageChampion, match=r"no image classifier 'pets'.*train_images\.py --model pets"):
        registry.image_champion("pets")


@pytest.mark.parametrize("damage", [lambda file: file[:500], lambda _: b"", lambda file: b"PK" + file[100:]])
def test_a_damaged_file_is_told_in_a_line(damage):
    with pytest.raises(ClassifierDamaged, match="no classifier that can be read") as error:
        Classifier.from_bytes(damage(some_classifier().to_bytes()))

    assert "\n" not in str(error.value)
