import pytest

from tidemill.config import Config, WrongDocument
from tidemill.config.model import MlflowConfig
from tidemill.models import UnknownModel, load_model_settings
from tidemill.validation.figures import REGRESSION_FIGURES

GOOD = """name: small
task: regression
table: gold.things
key: [id]
target: {column: price, transform: log}
features: {numeric: [size]}
candidates:
  - {algorithm: linear_regression, settings: {maxIter: 5}, grid: {regParam: [0.1, 1.0], elasticNetParam: [0.0, 0.5]}}
  - {algorithm: random_forest}
metric: rmse_log
"""

VOTING, STACKING = (
    f"ensembles: [{{kind: {kind}, of: [linear_regression, random_forest]" for kind in ("voting", "stacking")
)


@pytest.fixture
def load(tmp_path):
    (tmp_path / "models").mkdir()
    places = dict.fromkeys(("home", "landing", "lake_root", "checkpoints", "spool", "reports"), str(tmp_path))
    mlflow = MlflowConfig(tracking_uri="sqlite:///x", artifacts="x")
    config = Config(environment="test", conf_dir=tmp_path, mlflow=mlflow, **places)

    def loaded(text, name="small"):
        (tmp_path / "models" / "small.yaml").write_text(text)
        return load_model_settings(config, name)

    return loaded


def test_every_combination_of_a_grid_is_tried(load):
    settings = load(GOOD)
    linear, forest = settings.candidates

    chosen = [(each["regParam"], each["elasticNetParam"]) for each in settings.search.combinations(linear.grid, 0)]
    assert chosen == [(0.1, 0.0), (0.1, 0.5), (1.0, 0.0), (1.0, 0.5)]
    assert settings.search.combinations(forest.grid, 0) == [{}]


def test_a_log_target_is_judged_on_both_scales_and_a_smaller_error_wins(load):
    settings = load(GOOD)

    assert settings.figures == (*REGRESSION_FIGURES, *(f"{name}_log" for name in REGRESSION_FIGURES))
    assert not settings.larger_is_better
    assert load(GOOD.replace("metric: rmse_log", "metric: r2")).larger_is_better
    assert load(GOOD.replace("transform: log", "transform: box_cox")).figures == settings.figures


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("regParam", "regPram", "has no parameter 'regPram'. Did you mean 'regParam'?"),
        ("maxIter: 5", "maxIter: many", "maxIter cannot be 'many'"),
        ("random_forest", "random_forrest", "no regression algorithm 'random_forrest'. Did you mean 'random_forest'?"),
        ("metric: rmse_log", "metric: roc_auc", "there is no metric 'roc_auc'"),
        ("numeric: [size]", "numeric: [size, price]", "the target 'price' cannot be a feature"),
        ("[size]}", "[size], select: {test: anova, keep: 1}}", "'anova' does not fit a regression target"),
        ("[size]}", "[size], ordinal: {grade: [A]}}", "ordinal names 'grade' with fewer than two levels"),
        ("[size]}", "[size], impute: {numbrs: 0}}", "Did you mean 'numbers'?"),
        ("numeric:", "numerc:", "unknown key 'features.numerc'. Did you mean 'numeric'?"),
        ("task: regression", "task: binary", "there is no binary algorithm|takes no transform|metric"),
        ("metric: rmse_log", "metric: rmse_log\nfolds: 1", "greater than or equal to 2, got 1"),
        ("[0.1, 1.0]", "[]", "names regParam without a value"),
        ("metric:", f"{VOTING}, settings: {{weights: 2}}}}]\nmetric:", "weights are 2, but must be a list of numbers"),
        ("metric:", f"{VOTING}, settings: {{weights: [1, -1]}}}}]\nmetric:", "weights are [1, -1], but must be"),
        (
            "metric:",
            f"{STACKING}, settings: {{folds: many}}}}]\nmetric:",
            "folds are 'many', but must be a whole number",
        ),
        ("metric:", f"{STACKING}, settings: {{metaRegParam: -1}}}}]\nmetric:", "metaRegParam is -1, but must be"),
    ],
)
def test_a_mistake_in_the_file_is_told_in_one_line(load, old, new, reason):
    with pytest.raises(WrongDocument) as caught:
        load(GOOD.replace(old, new))

    message = str(caught.value)
    assert any(part in message for part in reason.split("|"))
    assert "small.yaml" in message
    assert "\n" not in message


def test_an_unknown_model_is_named_with_the_nearest_one(load):
    with pytest.raises(UnknownModel, match=r"no model 'smal' in conf/models/\. Did you mean 'small'"):
        load(GOOD, "smal")
