import pytest
from pydantic import ValidationError

from tests.unit.models.images.arrays import settings


@pytest.mark.parametrize(
    "change", [{"ranks": 4, "backend": "torch"}, {"threads": 1}, {"checkpoint_every": 9}, {"checkpoints_kept": 5}]
)
def test_how_a_training_is_run_may_change_between_runs(change):
    assert settings(**change).fingerprint == settings().fingerprint


@pytest.mark.parametrize("change", [{"seed": 1}, {"batch_size": 32}, {"dropout": 0.5}, {"augment": {"mixup": 0.9}}])
def test_what_decides_the_result_may_not(change):
    assert settings(**change).fingerprint != settings().fingerprint


def test_a_share_beyond_all_blocks_is_refused():
    with pytest.raises(ValidationError, match=r"unfreeze is 1\.5, but must be a share"):
        settings(stages=[{"name": "all", "epochs": 1, "rate": 0.1, "unfreeze": 1.5}])
