import shutil

import numpy as np
import pytest
import torch

from tests.unit.models.images.arrays import ArraysFeed, feeds, settings, shapes, tiny_network
from tidemill.models.images.backends import Alone
from tidemill.models.images.checkpoints import CheckpointFolder, OtherCheckpoint
from tidemill.models.images.networks import build_network
from tidemill.models.images.training import EmptyClass, LossNotFinite, NoImages, OtherClasses, fit, validate

PLAIN = {"augment": {}, "dropout": 0.0, "label_smoothing": 0.0}
PROBE = {"name": "probe", "epochs": 1, "rate": 0.01}
ALL = {"name": "all", "unfreeze": 1.0, "epochs": 8, "rate": 0.01}


class Interrupted(Exception):
    pass


class EndingFeed(ArraysFeed):
    """Breaks off before a step, as a killed process does."""

    left = 10**9

    def batches(self, epoch, first_step=0):
        for batch in super().batches(epoch, first_step):
            if self.left == 0:
                raise Interrupted
            self.left -= 1
            yield batch


def weights(network):
    return {name: each.clone() for name, each in network.state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def test_a_network_learns_what_it_is_shown():
    train, validation = feeds(240)
    network = tiny_network()

    fitted = fit(train, validation, network, settings(**PLAIN, stages=[ALL]), Alone())

    assert fitted.steps == len(fitted.losses) == 8 * 15
    assert [epoch.epoch for epoch in fitted.epochs] == list(range(8))
    assert fitted.epochs[-1].validation_accuracy > 0.9
    assert fitted.epochs[-1].loss < 0.5 * fitted.epochs[0].loss
    assert validate(network, validation, Alone()).accuracy == fitted.epochs[-1].validation_accuracy


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    def trained(seed):
        network = tiny_network()
        fit(*feeds(), network, settings(seed=seed), Alone())
        return weights(network)

    torch.manual_seed(1)
    first = trained(7)
    torch.manual_seed(2)

    assert same(first, trained(7))
    assert not same(first, trained(8))


def test_what_is_frozen_does_not_change_and_what_is_not_does():
    network = build_network("efficientnet_lite0", 3, size=32, seed=0)
    before = weights(network)
    stages = [{"name": "top", "unfreeze": ["top"], "epochs": 1, "rate": 0.001}]

    fit(*feeds(32), network, settings(stages=stages), Alone())

    after = network.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    learning = {name for name, _ in network.named_parameters() if name.startswith(("blocks.top.", "head."))}
    assert changed == learning


def test_in_evaluation_mode_no_statistic_of_batch_norm_changes():
    network = build_network("efficientnet_lite0", 3, size=32, seed=0)
    statistics = {name: each.clone() for name, each in network.named_buffers()}
    stages = [{"name": "all", "unfreeze": 1.0, "epochs": 1, "rate": 0.001}]

    fit(*feeds(32), network, settings(stages=stages), Alone())

    assert statistics and same(statistics, dict(network.named_buffers()))


def test_in_training_mode_those_of_taught_blocks_do():
    network = build_network("efficientnet_lite0", 3, size=32, seed=0)
    statistics = {name: each.clone() for name, each in network.named_buffers()}
    stages = [{"name": "top", "unfreeze": ["top"], "epochs": 1, "rate": 0.001}]

    fit(*feeds(32), network, settings(stages=stages, batch_norm="training"), Alone())

    after = dict(network.named_buffers())
    assert {name for name in statistics if not torch.equal(statistics[name], after[name])} == {
        "blocks.top.norm.running_mean",
        "blocks.top.norm.running_var",
        "blocks.top.norm.num_batches_tracked",
    }


@pytest.fixture(scope="module")
def undisturbed():
    """What a training comes to that nothing broke off."""
    return fit(*feeds(), tiny_network(), settings(), Alone())


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The checkpoints of a training that has ended."""
    folder = tmp_path_factory.mktemp("finished")
    fit(*feeds(), tiny_network(), settings(), Alone(), CheckpointFolder(folder, "shapes 1"))
    return folder


# Six steps an epoch, three epochs in two stages, a checkpoint every four steps: in the first step, before and after a
# checkpoint, at the end of an epoch and of a stage, in the last step.
@pytest.mark.parametrize("steps", [0, 3, 5, 6, 7, 12, 17])
def test_a_training_that_broke_off_goes_on_to_the_same_weights(undisturbed, tmp_path, steps):
    breaking = EndingFeed(*shapes(96))
    breaking.left = steps

    with pytest.raises(Interrupted):
        fit(breaking, feeds()[1], tiny_network(), settings(), Alone(), CheckpointFolder(tmp_path, "shapes 1"))
    resumed = tiny_network()
    found = fit(*feeds(), resumed, settings(), Alone(), CheckpointFolder(tmp_path, "shapes 1"))

    # A checkpoint stands at every fourth step and at the end of each epoch of six.
    expected = max((step for step in (4, 6, 8, 12, 16) if step <= steps), default=None)
    assert found.resumed_at == expected
    assert found.images == 16 * (18 - (expected or 0))
    assert same(undisturbed.network.state_dict(), resumed.state_dict())
    assert (found.losses, found.epochs, found.steps) == (undisturbed.losses, undisturbed.epochs, undisturbed.steps)


def test_a_finished_training_is_not_repeated(tmp_path):
    first = fit(*feeds(), tiny_network(), settings(), Alone(), CheckpointFolder(tmp_path, "shapes 1"))

    again = fit(*feeds(), tiny_network(), settings(), Alone(), CheckpointFolder(tmp_path, "shapes 1"))

    assert again.images == 0 and again.resumed_at == first.steps
    assert same(first.network.state_dict(), again.network.state_dict())


def test_a_broken_checkpoint_is_told_of_and_the_one_before_it_used(undisturbed, finished, tmp_path):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    last = sorted(tmp_path.iterdir())[-1]
    last.write_bytes(last.read_bytes()[:1000])
    told = []

    again = fit(*feeds(), tiny_network(), settings(), Alone(), CheckpointFolder(tmp_path, "shapes 1"), tell=told.append)

    assert told[:2] == [f"warning: the checkpoint {last.name} is broken, and the one before it is used",
                        "going on after step 16"]  # fmt: skip
    assert same(undisturbed.network.state_dict(), again.network.state_dict())


@pytest.mark.parametrize(
    ("what", "data", "seed", "samples", "classes"),
    [("data", "shapes 2", 7, 96, 3), ("settings", "shapes 1", 8, 96, 3), ("data", "shapes 1", 7, 80, 3)],
)
def test_a_checkpoint_of_another_training_is_refused(finished, what, data, seed, samples, classes):
    with pytest.raises(OtherCheckpoint, match=f"another training: its {what} is"):
        fit(*feeds(samples), tiny_network(), settings(seed=seed), Alone(), CheckpointFolder(finished, data))


def test_a_stage_that_no_longer_improves_ends_early_and_the_best_weights_come_back():
    worsening = [ALL | {"rate": 0.1, "epochs": 3}, {"name": "broken", "unfreeze": 1.0, "epochs": 20, "rate": 5.0}]
    stopping = settings(**PLAIN, stages=worsening, early_stopping={"patience": 2}, optimizer="sgd")
    train, validation = feeds(240)

    fitted = fit(train, validation, tiny_network(), stopping, Alone())

    best = max(epoch.validation_accuracy for epoch in fitted.epochs)
    assert len(fitted.epochs) < 12
    assert validate(fitted.network, validation, Alone()).accuracy == best
    assert fitted.epochs[-1].validation_accuracy < best


def test_balanced_weights_make_a_rare_class_count():
    images, labels = shapes(240)
    chosen = np.concatenate([np.flatnonzero(labels != 2), np.flatnonzero(labels == 2)[:4]])
    few = ArraysFeed(images[chosen], labels[chosen])
    rare_shapes = shapes(90, seed=1)
    rare = ArraysFeed(rare_shapes[0][rare_shapes[1] == 2], rare_shapes[1][rare_shapes[1] == 2], shuffle=False)

    def found(class_weights):
        network = tiny_network()
        chosen = settings(**PLAIN, stages=[ALL | {"epochs": 3}], class_weights=class_weights)
        fit(few, rare, network, chosen, Alone())
        return validate(network, rare, Alone()).loss

    assert found("balanced") < 0.7 * found("none")


def test_a_class_without_a_sample_is_named():
    images, labels = shapes(60)
    train = ArraysFeed(images[labels != 1], labels[labels != 1])

    with pytest.raises(EmptyClass, match="class '1' has no sample"):
        fit(train, feeds()[1], tiny_network(), settings(class_weights="balanced"), Alone())


def test_no_images_are_refused():
    empty = ArraysFeed(*shapes(0))

    with pytest.raises(NoImages, match="the train split has no image"):
        fit(empty, feeds()[1], tiny_network(), settings(), Alone())


def test_a_network_for_other_classes_is_refused():
    with pytest.raises(OtherClasses, match="tells 5 classes apart, and the data have 3"):
        fit(*feeds(), build_network("small_cnn", 5), settings(), Alone())


def test_a_loss_beyond_all_numbers_ends_the_training():
    stages = [ALL | {"rate": 1e30}]

    with pytest.raises(LossNotFinite, match=r"no number any more after step 1, in stage all\. Lower its rate"):
        fit(*feeds(), tiny_network(), settings(stages=stages, optimizer="sgd", warm_up=0), Alone())


def test_a_last_batch_that_is_smaller_counts_by_its_size():
    train, validation = feeds(90)

    fitted = fit(train, validation, tiny_network(), settings(stages=[PROBE]), Alone())

    sizes = [16] * 5 + [10]
    expected = sum(size * loss for size, loss in zip(sizes, fitted.losses, strict=True)) / 90
    assert fitted.epochs[0].loss == pytest.approx(expected, rel=1e-6)
    assert fitted.images == 90


def test_the_time_that_is_left_is_told(monkeypatch):
    from tidemill.models.images.training import telling

    monkeypatch.setattr(telling, "EVERY", 0.0)
    told = []

    fit(*feeds(), tiny_network(), settings(stages=[PROBE | {"epochs": 2}]), Alone(), tell=told.append)

    assert told[1].startswith("stage probe, epoch 1 of 2, step 2 of 6: loss ")
    assert "images/s, about" in told[1] and told[1].endswith("left at this stage's speed")
