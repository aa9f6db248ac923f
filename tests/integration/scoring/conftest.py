"""A registered model, made once, and for each test a lake with the table that it reads."""

import pytest

from tests.integration.scoring.people import PEOPLE, House
from tests.services.mlflow_store import ready_store
from tidemill.config import Config
from tidemill.config.model import MlflowConfig
from tidemill.lake import Lake
from tidemill.registry import Champion, Registry


class Remembering(Registry):
    """Loads each version of a model once: what follows a table loads it each time that it is begun."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._loaded: dict[tuple[str, int | None], Champion] = {}

    def champion(self, name: str) -> Champion:
        asked = name, self.champion_version(name)
        if asked not in self._loaded:
            self._loaded[asked] = super().champion(name)
        return self._loaded[asked]


@pytest.fixture(scope="session")
def registry(tmp_path_factory):
    home = tmp_path_factory.mktemp("registry")
    places = {name: str(home / name) for name in ("landing", "lake_root", "checkpoints", "reports", "spool")}
    mlflow = MlflowConfig(tracking_uri=ready_store(home), artifacts=str(home / "artifacts"))
    return Remembering(Config(environment="test", conf_dir=home, home=str(home), mlflow=mlflow, **places))


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
