import pytest

from tidemill.models.algorithms import require_algorithm, require_parameter


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_xgboosts_parameters_are_checked_as_sparks_are(task):
    xgboost = require_algorithm(task, "xgboost")

    require_parameter("xgboost", xgboost, "max_depth", 4)
    require_parameter("xgboost", xgboost, "learning_rate", 0.1)
    with pytest.raises(ValueError, match=r"no parameter 'max_dept'\. Did you mean 'max_depth'"):
        require_parameter("xgboost", xgboost, "max_dept", 4)
    with pytest.raises(ValueError, match="max_depth cannot be 'deep'"):
        require_parameter("xgboost", xgboost, "max_depth", "deep")
    with pytest.raises(ValueError, match=r"subsample cannot be 1\.5"):
        require_parameter("xgboost", xgboost, "subsample", 1.5)


def test_what_makes_an_algorithm_what_its_name_says_cannot_be_set():
    lasso, mixed = require_algorithm("regression", "lasso"), require_algorithm("regression", "elastic_net")

    require_parameter("elastic_net", mixed, "elasticNetParam", 0.3)
    with pytest.raises(ValueError, match=r"lasso is LinearRegression with elasticNetParam 1\.0: leave it out"):
        require_parameter("lasso", lasso, "elasticNetParam", 0.3)
