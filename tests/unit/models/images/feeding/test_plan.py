"""The plan against a plain oracle, for any sizes of row groups, lanes, ranks and batches."""

from itertools import chain, groupby, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tidemill.models.images.feeding.assembling import Assembly, Group
from tidemill.models.images.feeding.plan import EpochPlan

plans = st.builds(
    EpochPlan,
    sizes=st.lists(st.integers(0, 12), max_size=9).map(tuple),
    seed=st.integers(0, 2**40),
    epoch=st.integers(0, 5),
    shuffle=st.booleans(),
    window=st.integers(1, 40),
    lanes=st.sampled_from([1, 2, 4, 8]),
)


def dealt(plan, batch_size, ranks=1, first_step=0, read=None):
    """Each rank's batches as (keys, lanes), from samples whose value is their key."""
    begins = [0, *np.cumsum(plan.sizes).tolist()]

    def groups(numbers):
        for number in numbers:
            if read is not None:
                read.append(number)
            keys = np.arange(begins[number], begins[number + 1])
            yield Group(keys, keys * 10)

    def checked(values, labels, keys, lanes):
        assert values.tolist() == keys.tolist()
        assert labels.tolist() == (keys * 10).tolist()
        return keys.tolist(), lanes.tolist()

    like = np.empty(0, np.int64)
    return [
        list(chain.from_iterable(Assembly(groups, like, checked, batch_size, rank, ranks).blocks(plan, first_step)))
        for rank in range(ranks)
    ]


def oracle(plan, batch_size):
    """The keys of each global batch, made one sample after another from what the plan's module says of it."""

    def drawn(count, *purpose):
        random = np.random.default_rng([plan.seed, plan.epoch, *purpose])
        return random.permutation(count).tolist() if plan.shuffle else list(range(count))

    begins = np.cumsum([0, *plan.sizes]).tolist()
    line = [(group, row) for group in drawn(len(plan.sizes), 0) for row in drawn(plan.sizes[group], 1, group)]
    lanes = []
    for lane in range(plan.lanes):
        size = len(range(lane, plan.samples, plan.lanes))
        mine, line = line[:size], line[size:]
        runs = [sorted(run) for _, run in groupby(mine, key=lambda sample: sample[0])]
        windows = []
        for run in runs:
            limit = plan.window * (lane + 1) // plan.lanes if len(windows) <= 1 else plan.window
            if not windows or not plan.shuffle or len(windows[-1]) + len(run) > limit:
                windows.append([])
            windows[-1].extend(run)
        samples = []
        for number, window in enumerate(windows):
            places = drawn(len(window), 2, lane, number)
            samples += [begins[group] + row for _, (group, row) in sorted(zip(places, window, strict=True))]
        lanes.append(samples)
    dealt_in_turn = [lanes[position % plan.lanes][position // plan.lanes] for position in range(plan.samples)]
    return [dealt_in_turn[begin : begin + batch_size] for begin in range(0, plan.samples, batch_size)]


@given(plans, st.integers(1, 30))
def test_every_sample_is_in_exactly_one_batch_of_an_epoch(plan, batch_size):
    [batches] = dealt(plan, batch_size)

    keys = [key for batch, _ in batches for key in batch]
    assert sorted(keys) == list(range(plan.samples))
    assert [len(batch) for batch, _ in batches] == [len(batch) for batch in oracle(plan, batch_size)]


@given(plans, st.integers(1, 30))
def test_the_batches_are_those_of_a_plain_reading_of_the_plan(plan, batch_size):
    [batches] = dealt(plan, batch_size)

    assert [keys for keys, _ in batches] == oracle(plan, batch_size)


@given(plans, st.integers(1, 30))
def test_any_number_of_ranks_shares_the_same_global_batches_in_equal_steps(plan, batch_size):
    expected = oracle(plan, batch_size)

    for ranks in (number for number in (1, 2, 4, 8) if plan.lanes % number == 0):
        parts = dealt(plan, batch_size, ranks)

        assert {len(batches) for batches in parts} == {len(expected)}
        for step, batch in enumerate(expected):
            assert sorted(key for rank in parts for key in rank[step][0]) == sorted(batch)
            sizes = [len(rank[step][0]) for rank in parts]
            assert max(sizes) - min(sizes) <= 1
        for rank, batches in enumerate(parts):
            assert {lane % ranks for _, lanes in batches for lane in lanes} <= {rank}


@given(plans, st.integers(1, 30), st.sampled_from([1, 2, 4]), st.data())
def test_an_epoch_goes_on_at_any_step_and_reads_again_at_most_a_window_a_lane(plan, batch_size, ranks, data):
    ranks = min(ranks, plan.lanes)
    whole = dealt(plan, batch_size, ranks)
    step = data.draw(st.integers(0, len(whole[0])))
    read = []

    rest = dealt(plan, batch_size, ranks, step, read)

    assert rest == [batches[step:] for batches in whole]
    position = step * batch_size
    ahead = [w for lane in range(plan.lanes) for w in plan.windows([lane]) if w.first >= plan.before(position, lane)]
    under_way = len(read) - sum(len(window.stretches) for window in ahead)
    bound = [max((len(w.stretches) for w in plan.windows([lane])), default=0) for lane in range(plan.lanes)]
    assert 0 <= under_way <= sum(bound)


@given(plans)
def test_lanes_differ_by_a_row_at_most_and_only_row_groups_on_a_cut_are_read_twice(plan):
    windows = {lane: plan.windows([lane]) for lane in range(plan.lanes)}

    sizes = [sum(window.size for window in found) for found in windows.values()]
    read = [stretch.group for found in windows.values() for window in found for stretch in window.stretches]

    assert max(sizes) - min(sizes) <= 1
    assert len(read) <= sum(size > 0 for size in plan.sizes) + plan.lanes - 1


@given(plans)
def test_a_window_is_bounded_and_follows_the_one_before(plan):
    for lane in range(plan.lanes):
        windows = plan.windows([lane])

        assert all(one.first + one.size == other.first for one, other in pairwise(windows))
        assert all(window.size <= max(plan.window, *plan.sizes, 1) for window in windows)


def test_epochs_and_seeds_draw_other_orders_and_the_same_ones_again():
    def order(seed, epoch, shuffle=True):
        return oracle(EpochPlan((50,) * 20, seed, epoch, shuffle, 200), 64)

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)
    assert order(1, 0, shuffle=False) == order(2, 5, shuffle=False)


@settings(max_examples=5)
@given(st.integers(0, 2**32))
def test_a_shuffled_batch_is_spread_over_the_whole_split(seed):
    plan = EpochPlan((100,) * 40, seed, 0, True, 250)

    [batches] = dealt(plan, 64)

    # Of keys drawn from all 4,000 evenly, the mean of 64 has a deviation of 144.
    means = np.array([np.mean(keys) for keys, _ in batches[:-1]])
    assert abs(means.mean() - 2000) < 100
    assert means.std() < 1000
    assert all(len({key // 100 for key in keys}) >= 8 for keys, _ in batches[:-1])
