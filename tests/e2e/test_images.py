"""An image classifier as a person trains and uses it: train_images.py, then score.py, on handwritten digits."""

import subprocess
import sys

import pytest

from tests.e2e.conftest import REPOSITORY, environment
from tests.unit.models.images.digits import write_digits

QUICK = ("images.training.stages=[{name: whole, unfreeze: 1.0, epochs: 2, rate: 0.004}]", "images.baseline=false")


@pytest.fixture
def home(job):
    write_digits(job.home / "lake", share=0.4)
    return job.home


def test_a_classifier_is_trained_reported_and_answers_its_table(job, home, table):
    trained = job("train_images", "--set", *QUICK, "images.threads=1")
    scored = job("score", "--model", "images")

    assert (trained.status, scored.status) == (0, 0), trained.err + scored.err
    told = trained.result
    assert (told["version"], told["promoted"], told["ranks"], told["backend"]) == (1, True, 1, "single")
    assert "validation accuracy" in trained.err
    assert told["images_per_second"] > 0
    page = (home / "reports" / "models" / "images-1.html").read_text()
    assert told["report"].endswith("reports/models/images-1.html")
    assert "data:image/png;base64," in page
    rows = table(home, "gold.images_predictions")
    test = [row for row in rows if row["split"] == "test"]
    right = sum(row["prediction"] == row["label"] for row in test)
    assert (len(rows), len(test)) == (718, 144)
    assert right / len(test) == told["test"]["accuracy"]


@pytest.mark.slow
def test_horovodrun_around_the_job_makes_what_one_process_makes(job, home):
    alone = job.beside("alone")
    write_digits(alone.home / "lake", share=0.4)
    settings = ("--set", *QUICK, "images.threads=1")
    command = ["horovodrun", "--gloo", "-np", "2", sys.executable, "jobs/train_images.py", "--home", str(home)]

    together = subprocess.run(
        [*command, *settings, "images.backend=horovod", "images.ranks=2"],
        cwd=REPOSITORY,
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    single = alone("train_images", *settings)

    assert (together.returncode, single.status) == (0, 0), together.stderr + single.err
    assert f'"weights": "{single.result["weights"]}"' in together.stdout


def test_a_mistyped_setting_of_the_model_is_told_in_a_line_with_the_nearest_key(job, home):
    ended = job("train_images", "--set", "images.training.dropuot=0.2")

    assert ended.status == 2
    assert ended.err == (
        "train_images: --set images.training.dropuot=0.2: unknown key 'training.dropuot'. Did you mean 'dropout'?\n"
    )
