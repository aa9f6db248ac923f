import pytest
import torch
from torch import nn

from tidemill.models.images.backends import Alone
from tidemill.models.images.training.gradients import Gradients


@pytest.mark.parametrize("parts", [0, 2, 4])
def test_parts_come_to_the_mean_over_all_their_samples(parts):
    weight = nn.Parameter(torch.ones(2))
    gradients = Gradients([weight], parts)

    for part in ([[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]):
        loss = (torch.tensor(part) * weight).sum()
        loss.backward()
        gradients.add(float(loss.detach()), len(part))
    step = gradients.finish(Alone(), clip=None)

    assert step == (7.0, 3)
    assert weight.grad.tolist() == [3.0, 4.0]


def test_exact_sums_are_the_same_in_any_order():
    parts = torch.randn(8, 1000, generator=torch.Generator().manual_seed(3))

    def summed(order) -> torch.Tensor:
        weight = nn.Parameter(torch.zeros(1000))
        gradients = Gradients([weight], parts=8)
        for part in parts[order]:
            (part * weight).sum().backward()
            gradients.add(0.0, 1)
        gradients.finish(Alone(), clip=1.0)
        return weight.grad

    assert torch.equal(summed(list(range(8))), summed([6, 4, 2, 0, 7, 5, 3, 1]))


def test_a_step_forgets_the_one_before():
    weight = nn.Parameter(torch.ones(1))
    gradients = Gradients([weight], parts=8)

    for _ in range(2):
        gradients.begin()
        (2 * weight).sum().backward()
        gradients.add(1.0, 1)
        gradients.finish(Alone(), clip=None)

    assert weight.grad.tolist() == [2.0]
