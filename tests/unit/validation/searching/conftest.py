"""The evaluator of these tests."""

import pytest

from tests.unit.validation.searching.by_columns import figures_by, figures_of
from tidemill.validation import FigureEvaluator


@pytest.fixture(scope="session")
def by_auc():
    return FigureEvaluator(figures_of, "roc_auc", True, figures_by, ("label", "prediction", "probability"))
