from itertools import combinations

import numpy as np
import pytest

from tidemill.ingest.images import alike
from tidemill.ingest.images.alike import TooMuchAlike, first_alike, near_pairs


def words(*values):
    return np.array(values, np.uint64)


def families(seed, families=60, members=5, flips=4):
    """Hashes of which some differ in few bits."""
    rng = np.random.default_rng(seed)
    found = []
    for root in rng.integers(0, 1 << 63, families).tolist():
        for _ in range(members):
            flipped = rng.choice(64, rng.integers(0, flips + 1), replace=False).tolist()
            found.append(root ^ sum(1 << bit for bit in flipped))
    return words(*dict.fromkeys(found))


@pytest.mark.parametrize("distance", range(7))
def test_bands_find_every_pair_that_comparing_each_with_each_finds(distance):
    hashes = families(distance)

    found = {tuple(pair) for pair in near_pairs(hashes, distance).tolist()}

    each = {
        (first, second)
        for first, second in combinations(range(len(hashes)), 2)
        if bin(int(hashes[first]) ^ int(hashes[second])).count("1") <= distance
    }
    assert found == each
    assert found or distance == 0


@pytest.mark.parametrize("bits", [(0, 1, 2), (63, 62, 61), (20, 21, 43)])
def test_bits_at_any_place_may_differ(bits):
    assert near_pairs(words(0, sum(1 << bit for bit in bits)), 3).tolist() == [[0, 1]]
    assert not len(near_pairs(words(0, sum(1 << bit for bit in bits)), 2))


def test_of_a_chain_every_second_one_stays():
    chain = words(0b0, 0b1, 0b11, 0b111, 0b1111)

    assert first_alike(chain, 1).tolist() == [0, 0, 2, 2, 4]


def test_no_two_that_stay_are_near_and_each_other_is_near_the_first_that_is():
    hashes = families(11, members=8)

    winners = first_alike(hashes, 5).tolist()

    stay = [place for place, winner in enumerate(winners) if place == winner]
    far = [place for place, winner in enumerate(winners) if place != winner]
    distance = {
        (first, second): bin(int(hashes[first]) ^ int(hashes[second])).count("1")
        for first in range(len(hashes))
        for second in range(len(hashes))
    }
    assert all(distance[pair] > 5 for pair in combinations(stay, 2))
    assert len(far) > 100
    for place in far:
        assert winners[place] == next(one for one in stay if distance[one, place] <= 5)


def test_those_that_silver_has_stay_even_where_they_are_near():
    assert first_alike(words(0b0, 0b1, 0b11, 0b111), 1, kept=2).tolist() == [0, 1, 1, 3]


def test_a_distance_at_which_all_are_alike_ends_in_one_line_instead_of_a_day(monkeypatch):
    monkeypatch.setattr(alike, "MOST_PAIRS", 1000)
    hashes = words(*(1 << bit | 1 << other for bit, other in combinations(range(64), 2)))

    with pytest.raises(TooMuchAlike, match=r"2,016 different .* more than 1,000 pairs\. Set a smaller distance"):
        near_pairs(hashes, 4)
