"""A registered model, made once, and for each test a lake with the table that it reads."""

import pytest

from tests.integration.scoring.people import PEOPLE, House
from tidemill.config import Config
from tidemill.config.model import MlflowConfig
from tidemill.lake import Lake
from tidemill.registry import Registry


@pytest.fixture(scope="session")
def registry(tmp_path_factory):
    home = tmp_path_factory.mktemp("registry")
    places = {name: str(home / name) for name in ("landing", "lake_root", "checkpoints", "reports", "spool")}
    mlflow = MlflowConfig(tracking_uri=f"sqlite:///{home}/mlflow/mlflow.db", artifacts=str(home / "artifacts"))
    return Registry(Config(environment="test", conf_dir=home, home=str(home), mlflow=mlflow, **places))


@pytest.fixture(scope="session")
def trained(spark, registry, tmp_path_factory):
    """The champion 'leaving', made once."""
    House(lake=Lake(spark, str(tmp_path_factory.mktemp("lake"))), registry=registry).train("leaving", 0.01)
    return registry


@pytest.fixture
def house(lake, trained):
    made = House(lake=lake, registry=trained)
    made.people(PEOPLE)
    return made
