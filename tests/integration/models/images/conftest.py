"""Ranks in processes of their own find this project's code and these tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import cloudpickle
import pytest

from tests.integration.models.images import work
from tests.unit.models.images import arrays

REPO = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """What a rank's process inherits: where the code is, and one thread, as ranks share the machine."""
    before = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(REPO / "lib"), str(REPO), before])))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True, scope="session")
def carried_along() -> Iterator[None]:
    """Executors cannot import the tests: what ranks are given carries their code."""
    for module in (work, arrays):
        cloudpickle.register_pickle_by_value(module)
    yield
    for module in (work, arrays):
        cloudpickle.unregister_pickle_by_value(module)
