import pytest
import torch

from tests.unit.models.images.arrays import ArraysFeed, feeds, settings, tiny_network
from tidemill.models.images.backends import Alone
from tidemill.models.images.frozen import FeatureBatch
from tidemill.models.images.training import FrozenFeeds, OtherFeatures, features_of, fit

PROBE = {"name": "probe", "epochs": 3, "rate": 0.01}
ALL = {"name": "all", "unfreeze": 1.0, "epochs": 1, "rate": 0.005}
# Mixup mixes images, which features know nothing of.
UNMIXED = {"crop": 0.8, "flip": 0.5, "cutout": 0.3}


class ComputedFeatures:
    """The features of each batch of a feed, computed when it is asked for; view 0 where none are augmented."""

    def __init__(self, images: ArraysFeed, seen, augmented: bool) -> None:
        self.samples, self.steps = images.samples, images.steps
        self._images, self._seen, self._augmented = images, seen, augmented

    def batches(self, epoch, first_step=0):
        for batch in self._images.batches(epoch, first_step):
            view = epoch + 1 if self._augmented else 0
            yield FeatureBatch(self._seen(batch, view), batch.labels, batch.keys, batch.lanes)


def frozen(network, chosen, samples=96):
    train, validation = feeds(samples)
    seen = features_of(tiny_network(), chosen)
    return FrozenFeeds(ComputedFeatures(train, seen, True), ComputedFeatures(validation, seen, False))


def test_a_head_learns_from_features_what_it_learns_from_images():
    chosen = settings(stages=[PROBE, ALL], augment=UNMIXED)
    on_images, on_features = tiny_network(), tiny_network()

    expected = fit(*feeds(), on_images, chosen, Alone())
    found = fit(*feeds(), on_features, chosen, Alone(), frozen=frozen(on_features, chosen))

    assert found.losses == pytest.approx(expected.losses, abs=1e-5)
    assert [each.validation_accuracy for each in found.epochs] == [each.validation_accuracy for each in expected.epochs]
    assert torch.allclose(on_features.head.weight, on_images.head.weight, atol=1e-5)


def test_features_are_not_read_any_more_once_the_base_has_learnt():
    class Counting(ComputedFeatures):
        epochs = ()

        def batches(self, epoch, first_step=0):
            self.epochs += (epoch,)
            return super().batches(epoch, first_step)

    chosen = settings(stages=[PROBE, ALL, PROBE | {"name": "again"}], augment=UNMIXED)
    network = tiny_network()
    train, validation = frozen(network, chosen)
    counted = Counting(train._images, train._seen, True)

    fit(*feeds(), network, chosen, Alone(), frozen=FrozenFeeds(counted, validation))

    assert counted.epochs == (0, 1, 2)


def test_features_of_other_data_are_refused():
    network = tiny_network()

    with pytest.raises(OtherFeatures, match="train split's features have 80 samples, and its images 96"):
        fit(*feeds(), network, settings(), Alone(), frozen=frozen(network, settings(), samples=80))
