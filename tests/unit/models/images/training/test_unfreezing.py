import pytest

from tests.unit.models.images.arrays import settings, tiny_network
from tidemill.models.images.networks import build_network
from tidemill.models.images.settings import StageSettings
from tidemill.models.images.training import UnknownBlock
from tidemill.models.images.training.unfreezing import optimizer_for, set_modes, unfrozen


def stage(**changes):
    return StageSettings.model_validate({"name": "top", "epochs": 1, "rate": 0.1, **changes})


@pytest.fixture(scope="module")
def lite0():
    return build_network("efficientnet_lite0", 2, size=32, pretrained=False)


@pytest.mark.parametrize(
    ("unfreeze", "expected"),
    [
        (0.0, ()),
        (0.1, ("block15", "top")),
        (["stem", "top"], ("stem", "top")),
    ],
)
def test_a_stage_teaches_a_share_from_the_top_or_what_it_names(lite0, unfreeze, expected):
    assert unfrozen(lite0, stage(unfreeze=unfreeze)) == expected


def test_a_share_of_one_is_all_of_them(lite0):
    assert unfrozen(lite0, stage(unfreeze=1.0)) == tuple(lite0.blocks)


def test_a_block_that_the_base_has_not_is_refused_with_the_nearest(lite0):
    with pytest.raises(UnknownBlock, match=r"stage top unfreezes 'block99'.*efficientnet_lite0"):
        unfrozen(lite0, stage(unfreeze=["block99"]))


def test_only_what_is_taught_learns(lite0):
    set_modes(lite0, ("top",), "evaluation")

    learning = {name.split(".")[1] for name, each in lite0.blocks.named_parameters("blocks") if each.requires_grad}

    assert learning == {"top"}
    assert lite0.head.weight.requires_grad


def test_statistics_of_taught_blocks_alone_are_learnt_where_that_is_asked_for(lite0):
    set_modes(lite0, ("top",), "training")

    assert lite0.blocks["top"].norm.training
    assert not lite0.blocks["stem"].norm.training


def test_each_block_has_the_rate_of_the_one_above_it_times_the_decay():
    network = tiny_network()
    chosen = stage(unfreeze=1.0, decay=0.5)
    set_modes(network, unfrozen(network, chosen), "evaluation")

    optimizer = optimizer_for(network, chosen, settings())

    owner = {id(each): name for name, each in network.named_parameters()}
    peaks = {
        ".".join(owner[id(each)].split(".")[:2]): group["peak"]
        for group in optimizer.param_groups
        for each in group["params"]
    }
    assert peaks == pytest.approx({
        "head.weight": 0.1,
        "head.bias": 0.1,
        "blocks.block1": 0.1,
        "blocks.block0": 0.05,
        "blocks.stem": 0.025,
    })  # fmt: skip


def test_biases_and_normalisation_are_not_pulled_towards_nought():
    network = tiny_network()
    set_modes(network, tuple(network.blocks), "evaluation")

    optimizer = optimizer_for(network, stage(unfreeze=1.0), settings(weight_decay=0.3))

    assert all(
        (each.dim() > 1) == (group["weight_decay"] == 0.3)
        for group in optimizer.param_groups
        for each in group["params"]
    )


@pytest.mark.parametrize(("optimizer", "factor"), [("sgd", 4.0), ("adamw", 2.0)])
def test_rates_grow_with_the_global_batch(optimizer, factor):
    network = tiny_network()
    set_modes(network, (), "evaluation")

    made = optimizer_for(network, stage(), settings(optimizer=optimizer, batch_size=64))

    assert made.param_groups[0]["peak"] == pytest.approx(0.1 * factor)
