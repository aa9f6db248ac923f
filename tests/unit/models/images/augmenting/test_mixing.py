import numpy as np
import torch

from tidemill.models.images.augmenting import Draws, kept, mixed_up, partners_of


def test_a_partner_is_of_the_same_lane_and_each_sample_is_a_partner_once():
    lanes = np.array([0, 1, 0, 1, 0, 2, 1], dtype=np.int64)

    partners = partners_of(lanes, Draws(0, 0, np.arange(7)))

    assert np.array_equal(lanes[partners], lanes)
    assert sorted(partners) == list(range(7))
    assert [at for at in range(7) if partners[at] == at] == [5]


def test_a_rank_with_some_of_the_lanes_mixes_as_one_with_all_of_them():
    images = torch.rand((16, 1, 4, 4), generator=torch.Generator().manual_seed(0))
    labels, lanes = torch.arange(16), np.repeat(np.arange(4), 4)
    keys = np.arange(16) * 7

    whole = mixed_up(images, labels, lanes, Draws(1, 0, keys), 0.4)
    part = mixed_up(images[8:], labels[8:], lanes[8:], Draws(1, 0, keys[8:]), 0.4)

    assert torch.equal(whole.images[8:], part.images)
    assert torch.equal(whole.partners[8:], part.partners)
    assert torch.equal(whole.shares[8:], part.shares)


def test_the_order_within_a_batch_does_not_decide_who_is_mixed_with_whom():
    keys, shuffled = np.arange(8), np.random.default_rng(0).permutation(8)
    lanes = np.zeros(8, dtype=np.int64)

    partners = partners_of(lanes, Draws(0, 0, keys))
    others = partners_of(lanes, Draws(0, 0, keys[shuffled]))

    assert {(key, keys[partners[key]]) for key in keys} == {(shuffled[at], shuffled[others[at]]) for at in range(8)}


def test_shares_follow_the_beta_distribution():
    many = 20_000
    images, labels = torch.zeros((many, 1, 1, 1)), torch.zeros(many, dtype=torch.int64)

    shares = mixed_up(images, labels, np.zeros(many, np.int64), Draws(0, 0, np.arange(many)), 0.4).shares

    # Beta(a, a) has the mean 1/2 and the variance 1 / (4 (2a + 1)).
    assert abs(float(shares.mean()) - 0.5) < 0.01
    assert abs(float(shares.var()) - 1 / (4 * 1.8)) < 0.005


def test_without_mixup_images_keep_to_themselves():
    images, labels = torch.rand((3, 1, 2, 2)), torch.tensor([2, 0, 1])

    mixed = mixed_up(images, labels, np.zeros(3, np.int64), Draws(0, 0, [0, 1, 2]), 0.0)

    assert mixed.images is images and mixed.shares.tolist() == [1, 1, 1]


def test_dropout_drops_its_share_and_keeps_the_mean():
    multiplied = kept(Draws(0, 0, np.arange(500)), 100, 0.2, torch.zeros(1))

    assert sorted(multiplied.unique().tolist()) == [0.0, 1.25]
    assert abs(float(multiplied.mean()) - 1) < 0.01


def test_without_dropout_nothing_is_multiplied():
    assert kept(Draws(0, 0, [1]), 4, 0.0, torch.zeros(1)) is None
