"""From a silver table of digits to answers in gold, with Spark, the ledger and MLflow."""

import pytest
import torch

from tests.integration.models.people import house_at
from tests.unit.models.images.digits import write_digits
from tests.unit.models.images.test_settings import CONF, config_of
from tidemill.errors import RequestWrong
from tidemill.lake import runs
from tidemill.models.images.producing import put_image_report, train_images
from tidemill.models.images.settings import load_image_settings
from tidemill.registry import ImageRegistry
from tidemill.scoring.images import score_images


def settings_of(*overrides, epochs=1):
    torch.set_num_threads(1)
    stages = f"images.training.stages=[{{name: whole, unfreeze: 1.0, epochs: {epochs}, rate: 0.004}}]"
    return load_image_settings(config_of(CONF, stages, "images.baseline=false", *overrides), "images")


@pytest.fixture
def house(spark, tmp_path):
    made = house_at(spark, tmp_path)
    write_digits(made.lake.root, share=0.3)
    return made.lake, ImageRegistry(made.config), made.config


def test_a_classifier_is_registered_with_its_report_and_answers_its_table(house, tmp_path):
    lake, registry, config = house
    told = []

    trained = train_images(lake, registry, config, settings_of(epochs=2), told.append)
    page = put_image_report(str(tmp_path / "reports"), trained, told.append)
    champion, run = score_images(lake, registry, "images")

    result = trained.result()
    assert (result["version"], result["promoted"], champion.version) == (1, True, 1)
    assert told[0] == (
        "training small_cnn on silver.digits, version 0: 350 train, 81 validation, 108 test images of 10 classes"
    )
    assert "images-1.html" in page
    answers = lake.read("gold.images_predictions").toPandas()  # 539 rows
    assert list(answers.columns) == [
        *("image_id", "path", "label", "prediction", "probability", "split", "model_version", "_run_id")
    ]
    test = answers[answers["split"] == "test"]
    assert (test["label"] == test["prediction"]).mean() == result["test"]["accuracy"]
    assert answers["probability"].between(0.1, 1).all()
    assert run.table_versions == {"silver.digits": 0, "gold.images_predictions": 0}
    (recorded,) = runs(lake).where("job = 'train_images'").collect()
    assert (recorded["event"], recorded["rows_read"], recorded["dataset"]) == ("committed", 539, "images")
    assert list((tmp_path / "checkpoints" / "models" / "images").iterdir()) == []


class Stopped(RuntimeError):
    """The training is stopped from outside."""


def test_a_training_that_was_stopped_goes_on_under_its_run_and_makes_one_version(house):
    lake, registry, config = house
    settings = settings_of("images.training.checkpoint_every=2", epochs=2)

    def stop(line):
        if "epoch 1 in all" in line:
            raise Stopped

    with pytest.raises(Stopped):
        train_images(lake, registry, config, settings, stop)
    (failed,) = runs(lake).where("job = 'train_images'").collect()
    trained = train_images(lake, registry, config, settings)

    assert trained.result()["resumed_at"] > 0
    assert trained.run.id == failed["run_id"]
    assert trained.registered.version == 1


def test_a_training_that_was_left_is_found_again_after_another_one_that_failed(house, tmp_path):
    lake, registry, config = house
    settings = settings_of("images.training.checkpoint_every=2", epochs=2)
    other = settings_of("images.training.checkpoint_every=2", "images.training.seed=5", epochs=2)

    def stop(line):
        if "epoch 1 in all" in line:
            raise Stopped

    for each in (settings, other):
        with pytest.raises(Stopped):
            train_images(lake, registry, config, each, stop)
    told = []
    trained = train_images(lake, registry, config, settings, told.append)

    assert trained.result()["resumed_at"] > 0
    assert [line for line in told if line.startswith("removed ") and "which was left before its end" in line]
    assert list((tmp_path / "checkpoints" / "models" / "images").iterdir()) == []


def test_a_block_that_the_base_has_not_is_told_before_anything_is_trained(house):
    lake, registry, config = house
    wrong = "images.training.stages=[{name: whole, unfreeze: [blok0], epochs: 1, rate: 0.004}]"

    with pytest.raises(RequestWrong, match=r"unfreezes 'blok0', which small_cnn has not. Did you mean 'block0'"):
        train_images(lake, registry, config, settings_of(wrong))
    assert runs(lake).where("job = 'train_images'").count() == 0


def test_images_without_pixels_have_no_answer(house, spark):
    lake, registry, config = house
    train_images(lake, registry, config, settings_of())
    table = lake.table("silver.digits")
    spark.sql(f"update delta.`{table}` set pixels = null where split = 'validation'")

    score_images(lake, registry, "images")

    answers = lake.read("gold.images_predictions")
    assert answers.where("prediction is null").select("split").distinct().collect()[0][0] == "validation"
    assert answers.where("(prediction is null) != (split = 'validation')").count() == 0


def test_a_table_that_is_not_there_is_told_before_anything_is_trained(house):
    lake, registry, config = house

    with pytest.raises(RequestWrong, match=r"silver/letters is no table of images: there is no such folder"):
        train_images(lake, registry, config, settings_of("images.table=silver.letters"))
    assert runs(lake).where("job = 'train_images'").count() == 0
