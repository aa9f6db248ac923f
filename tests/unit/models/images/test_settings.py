from pathlib import Path

import pytest

from tidemill.config import Config
from tidemill.config.model import MlflowConfig
from tidemill.errors import RequestWrong
from tidemill.models import load_model_settings, require_own_settings
from tidemill.models.images.settings import load_image_settings

CONF = Path(__file__).parents[4] / "conf"
SMALL = """
name: pets
task: image_classes
table: silver.pets
training:
  base: small_cnn
  stages: [{name: whole, unfreeze: 1.0, epochs: 1, rate: 0.01}]
"""


def config_of(conf, *overrides):
    places = dict.fromkeys(("home", "landing", "lake_root", "checkpoints", "spool", "reports"), "/nowhere")
    mlflow = MlflowConfig(tracking_uri="sqlite:///x", artifacts="x")
    return Config(environment="test", conf_dir=conf, mlflow=mlflow, model_overrides=overrides, **places)


@pytest.fixture
def loaded(tmp_path):
    (tmp_path / "models").mkdir()

    def load(text=SMALL, *overrides):
        (tmp_path / "models" / "pets.yaml").write_text(text)
        return load_image_settings(config_of(tmp_path, *overrides), "pets")

    return load


@pytest.mark.parametrize(("name", "run"), [("images", ("single", 1)), ("fashion_mnist", ("torch", 2))])
def test_the_projects_own_files_are_right(name, run):
    settings = load_image_settings(config_of(CONF), name)

    assert (settings.name, settings.table.split(".")[0]) == (name, "silver")
    assert (settings.run_as.backend, settings.run_as.ranks) == run


def test_what_is_typed_lies_over_the_file_and_reaches_the_training():
    settings = load_image_settings(
        config_of(CONF, "images.backend=horovod", "images.ranks=2", "images.training.seed=7"), "images"
    )

    assert (settings.backend, settings.ranks, settings.training.seed) == ("horovod", 2, 7)
    assert (settings.run_as.backend, settings.run_as.ranks, settings.run_as.seed) == ("horovod", 2, 7)


def test_how_a_training_is_run_does_not_make_it_another_one(loaded):
    here, there = loaded(), loaded(SMALL, "pets.backend=torch", "pets.ranks=4", "pets.threads=1")

    assert here.decisive == there.decisive
    later = ("pets.version=3", "pets.metric=f1", "pets.baseline=false", "pets.mistakes=3")
    assert here.decisive == loaded(SMALL, *later).decisive
    assert here.decisive != loaded(SMALL, "pets.training.seed=3").decisive
    assert here.decisive != loaded(SMALL, "pets.table=silver.others").decisive


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("pets.trainin.seed=1", "unknown key 'trainin'. Did you mean 'training'?"),
        ("pets.training.augment.flop=1", "unknown key 'training.augment.flop'. Did you mean 'flip'?"),
        ("pets.ranks=3", "ranks is 3, but must be one of 1, 2, 4, 8"),
        ("pets.ranks=2", "the backend single has one rank, not 2. Set backend to torch or horovod."),
        ("pets.training.ranks=2", "'ranks' stands at the top of the file, not under training"),
        ("pets.metric=loss", "'metric': input should be 'accuracy', 'f1', 'f1_weighted' or 'log_loss', got 'loss'."),
        ("pets.table=gold.pets", "'table': string should match pattern"),
        ("pets.training.base=smal_cnn", "there is no base 'smal_cnn'. Did you mean 'small_cnn'?"),
        ("pets.training.seed=-1", "'training.seed': input should be greater than or equal to 0, got -1"),
        ("pets.training.weights=a.pth", "small_cnn begins without weights, but weights is"),
        (
            "pets.training={base: efficientnet_lite0, weights: a.pth, pretrained: false, stages: [{name: a, epochs: 1, "
            "rate: 0.1}]}",
            "but pretrained is false",
        ),
        (
            "pets.training.stages=[{name: a, unfreeze: top, epochs: 1, rate: 0.1}]",
            "must be a share from 0 to 1, or a list of blocks' names, as in [top]",
        ),
    ],
)
def test_a_mistake_is_told_in_one_line(loaded, typed, told):
    with pytest.raises(RequestWrong) as error:
        loaded(SMALL, typed)

    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_of_another_task_names_the_job_that_is_for_it(loaded):
    with pytest.raises(RequestWrong, match=r"task is 'binary', but image_classes was expected.*train_churn\.py"):
        load_image_settings(config_of(CONF), "churn")
    with pytest.raises(RequestWrong, match=r"task is 'image_classes'.*train_images\.py --model images"):
        load_model_settings(config_of(CONF), "images")


def test_a_file_of_weights_is_the_same_one_wherever_a_rank_runs(loaded, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    settings = loaded(SMALL.replace("small_cnn", "efficientnet_lite0"), "pets.training.weights=mine/a.pth")

    assert settings.training.weights == tmp_path / "mine" / "a.pth"


def test_what_is_set_of_another_model_is_refused(tmp_path):
    config = config_of(tmp_path, "pets.ranks=2", "images.ranks=1")

    with pytest.raises(RequestWrong, match=r"--set images.ranks=1 is for the model images.*Set pets.ranks=1, or name"):
        require_own_settings(config, "pets")
