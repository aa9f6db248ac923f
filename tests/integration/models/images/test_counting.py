"""What ranks in processes of their own count of the champion's answers, against one process."""

import numpy as np
import pytest
import torch

from tests.unit.models.images.digits import write_digits
from tests.unit.models.images.test_settings import CONF, config_of
from tidemill.models.images.backends import Alone, launch
from tidemill.models.images.classifier import Classifier
from tidemill.models.images.evaluation import evaluate
from tidemill.models.images.feeding import delta_feed, pinned
from tidemill.models.images.networks import build_network
from tidemill.models.images.settings import load_image_settings
from tidemill.models.images.working import ANSWERED_AT_ONCE, Rival, Task, Work

STAGES = "images.training.stages=[{name: head, unfreeze: 0, epochs: 1, rate: 0.01}]"


@pytest.mark.parametrize("backend", ["torch", "horovod"])
def test_two_processes_count_what_one_does_to_the_last_digit(backend, tmp_path):
    torch.set_num_threads(1)
    snapshot = pinned(write_digits(tmp_path / "lake"))
    champion = Classifier.of(
        build_network("small_cnn", 10, size=16, channels=1, pretrained=False, seed=5), snapshot.classes
    )
    settings = load_image_settings(
        config_of(CONF, STAGES, f"images.backend={backend}", "images.ranks=2", "images.threads=1"), "images"
    )
    task = Task(snapshot, str(tmp_path / "checkpoints"), "", rival=Rival(champion.to_bytes(), None))

    made = launch(backend, 2, Work(settings, task))

    feed = delta_feed(snapshot, "test", batch_size=ANSWERED_AT_ONCE, seed=9, rank=0, ranks=1, shuffle=False)
    alone = evaluate(feed, champion.probabilities, Alone()).counts
    assert alone.samples == 360
    pairs = zip(made.compared.champion.arrays(), alone.arrays(), strict=True)
    assert all(np.array_equal(ours, theirs) for ours, theirs in pairs)
