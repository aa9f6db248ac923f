"""A model's file that draws its candidates, tries them on few rows first, and validates the whole search."""

from types import SimpleNamespace

import pytest

from tests.integration.models.people import CHURN, house_at
from tidemill.models import ModelSettings, train_model


@pytest.fixture(scope="module")
def searched(spark, tmp_path_factory):
    house = house_at(spark, tmp_path_factory.mktemp("searched"))
    settings = {
        **CHURN.model_dump(),
        "name": "searched",
        "candidates": [
            {
                "algorithm": "logistic_regression",
                "settings": {"maxIter": 5},
                "grid": {"regParam": {"log_uniform": [1e-3, 1]}},
            }
        ],
        "search": {"kind": "random", "draws": 4, "halving": {"eta": 2, "rungs": 2}},
        "threshold": {"by": "f"},
        "folds": 2,
        "nested_folds": 3,
    }
    told = []
    trained = train_model(house.lake, house.registry, ModelSettings.model_validate(settings), told.append)
    return SimpleNamespace(house=house, trained=trained, told=told)


def test_candidates_are_drawn_and_half_of_them_tried_on_all_rows(searched):
    fits = [line for line in searched.told if line.startswith("fold")]

    assert len(fits) == 2 * (4 + 2)
    assert 1e-3 <= searched.trained.parameters["regParam"] <= 1


def test_the_whole_search_is_validated_on_folds_that_it_did_not_see(searched):
    outer = [line for line in searched.told if line.startswith("search")]

    assert [line.split(" chose candidate ")[0] for line in outer] == ["search 1 of 3", "search 2 of 3", "search 3 of 3"]
    assert searched.trained.nested["mean"]["roc_auc"] == pytest.approx(searched.trained.holdout["roc_auc"], abs=0.1)
    assert searched.trained.nested["mean"]["f1"] > 0.5


def test_the_report_and_its_figures_are_kept_with_the_run(searched):
    mlflow, client = searched.house.registry._open()
    run = client.get_run(searched.trained.registered.run_id)

    names = {each.path for each in client.list_artifacts(run.info.run_id)}
    assert {"report.html", "findings.json", "environment.txt", "model"} <= names
    page = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/report.html")
    assert "nested cross-validation" in page
    assert "pyspark==" in mlflow.artifacts.load_text(f"{run.info.artifact_uri}/environment.txt")
    assert run.data.metrics["nested_roc_auc_mean"] == pytest.approx(searched.trained.nested["mean"]["roc_auc"])
    assert run.data.tags["promoted"] == "true"
