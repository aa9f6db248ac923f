import pytest
import torch
import torch.nn.functional as F

from tidemill.models.images.augmenting import Mixed
from tidemill.models.images.training.loss import summed_loss

LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 1.0, 0.0]])


def mixed(labels, partners, shares):
    return Mixed(torch.zeros(2, 1, 1, 1), torch.tensor(labels), torch.tensor(partners), torch.tensor(shares))


def test_without_mixing_it_is_the_cross_entropy_summed():
    found = summed_loss(LOGITS, mixed([0, 2], [0, 2], [1.0, 1.0]), smoothing=0.1, weights=None)

    assert found.item() == pytest.approx(
        F.cross_entropy(LOGITS, torch.tensor([0, 2]), reduction="sum", label_smoothing=0.1).item()
    )


def test_a_mixed_sample_has_both_classes_by_their_shares():
    found = summed_loss(LOGITS, mixed([0, 2], [1, 2], [0.7, 1.0]), smoothing=0.0, weights=None)

    logs = F.log_softmax(LOGITS, dim=1)
    assert found.item() == pytest.approx(-(0.7 * logs[0, 0] + 0.3 * logs[0, 1] + logs[1, 2]).item())


def test_each_class_counts_by_its_weight():
    found = summed_loss(LOGITS, mixed([0, 2], [1, 2], [0.7, 1.0]), 0.0, torch.tensor([1.0, 2.0, 3.0]))

    logs = F.log_softmax(LOGITS, dim=1)
    assert found.item() == pytest.approx(-(0.7 * logs[0, 0] + 0.3 * 2 * logs[0, 1] + 3 * logs[1, 2]).item())
