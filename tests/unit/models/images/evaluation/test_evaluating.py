"""Counts of a classifier's answers, against scikit-learn's figures and over any number of ranks."""

from itertools import pairwise
from threading import Barrier, Thread

import numpy as np
import pytest
import torch
from sklearn import metrics

from tidemill.models.images.backends import Alone
from tidemill.models.images.evaluation import (
    calibration_of,
    class_figures_of,
    counted,
    evaluate,
    figures_of,
    interval_of,
)
from tidemill.models.images.feeding import memory_feed

CLASSES = ("ankle boot", "bag", "coat", "dress", "pullover", "shirt", "trouser")


def answers(samples, seed=0):
    drawn = np.random.default_rng(seed)
    labels = drawn.integers(0, len(CLASSES), samples)
    logits = drawn.normal(size=(samples, len(CLASSES))) + 2.0 * np.eye(len(CLASSES))[labels]
    raised = np.exp(logits)
    return (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32), labels


def test_figures_are_scikit_learns():
    probabilities, labels = answers(2_000)
    told = probabilities.argmax(axis=1)

    counts = counted(probabilities, labels)
    found = figures_of(counts)

    precision, recall, f1, _ = metrics.precision_recall_fscore_support(labels, told, average="macro")
    exact = {
        "accuracy": metrics.accuracy_score(labels, told),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "f1_weighted": metrics.f1_score(labels, told, average="weighted"),
        **{f"top_{k}": metrics.top_k_accuracy_score(labels, probabilities, k=k) for k in (2, 3, 5)},
        "log_loss": metrics.log_loss(labels, probabilities.astype(np.float64)),
    }
    assert {name: found[name] for name in exact} == pytest.approx(exact, rel=1e-7)
    assert np.array_equal(counts.confusion, metrics.confusion_matrix(labels, told))
    each = class_figures_of(counts, CLASSES)
    of_each = metrics.precision_recall_fscore_support(labels, told)
    assert [one.precision for one in each] == pytest.approx(of_each[0])
    assert [one.recall for one in each] == pytest.approx(of_each[1])
    assert [one.f1 for one in each] == pytest.approx(of_each[2])
    assert [one.samples for one in each] == of_each[3].tolist()


def test_calibration_compares_the_probability_of_what_was_told_with_how_often_it_was_right():
    probabilities, labels = answers(3_000)
    sure, right = probabilities.max(axis=1).astype(np.float64), probabilities.argmax(axis=1) == labels

    found = calibration_of(counted(probabilities, labels))

    step = np.minimum((sure * 15).astype(int), 14)
    there = [bin for bin in range(15) if (step == bin).any()]
    assert [each.samples for each in found] == [int((step == bin).sum()) for bin in there]
    assert [each.probability for each in found] == pytest.approx([sure[step == bin].mean() for bin in there])
    assert [each.share for each in found] == pytest.approx([right[step == bin].mean() for bin in there])
    gaps = [(step == bin).mean() * abs(right[step == bin].mean() - sure[step == bin].mean()) for bin in there]
    assert figures_of(counted(probabilities, labels))["ece"] == pytest.approx(sum(gaps))


def test_parts_counted_apart_add_up_to_the_whole_to_the_last_digit():
    probabilities, labels = answers(1_001)
    cuts = [0, 1, 17, 500, 500, 1_001]

    parts = [counted(probabilities[a:b], labels[a:b]) for a, b in pairwise(cuts)]
    together = parts[0]
    for part in parts[1:]:
        together += part

    assert figures_of(together) == figures_of(counted(probabilities, labels))


def test_of_equal_probabilities_the_first_class_is_told():
    counts = counted(np.array([[0.4, 0.4, 0.2], [0.4, 0.4, 0.2]], np.float32), np.array([0, 1]))

    assert counts.confusion.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert counts.places.tolist() == [1, 1, 0]


def test_no_samples_make_figures_of_nought():
    found = figures_of(counted(np.zeros((0, 3), np.float32), np.zeros(0, np.int64)))

    assert set(found.values()) == {0.0}
    assert interval_of(0, 0) == (0.0, 1.0)


def test_a_class_that_is_neither_there_nor_told_does_not_lower_the_mean():
    labels, told = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])

    found = figures_of(counted(np.eye(3)[told], labels))

    assert found["precision"] == pytest.approx(metrics.precision_score(labels, told, average="macro"))
    assert found["f1"] == pytest.approx(metrics.f1_score(labels, told, average="macro"))


def test_an_accuracys_interval_is_wilsons():
    low, high = interval_of(8, 10)

    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))


class InThreads:
    """Ranks that are threads of this process, whose sums go through shared memory."""

    def __init__(self, rank, ranks, board, barrier):
        self.rank, self.ranks, self.board, self.barrier = rank, ranks, board, barrier

    def gather(self, value):
        self.board[self.rank] = value
        self.barrier.wait(60)
        found = list(self.board)
        self.barrier.wait(60)
        return found

    def sum_(self, tensors):
        for of_ranks, tensor in zip(zip(*self.gather([t.clone() for t in tensors]), strict=True), tensors, strict=True):
            tensor.copy_(sum(of_ranks))


def on_ranks(ranks, work):
    board, barrier, found = [None] * ranks, Barrier(ranks), [None] * ranks

    def of(rank):
        found[rank] = work(InThreads(rank, ranks, board, barrier))

    threads = [Thread(target=of, args=(rank,)) for rank in range(ranks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    layers = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8 * 36, 3)
    )

    def answer(images):
        with torch.no_grad():
            pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
            return torch.softmax(layers(pixels), dim=1).numpy()

    return answer


@pytest.fixture(scope="module")
def split():
    drawn = np.random.default_rng(7)
    return drawn.integers(0, 256, (700, 8, 8, 1), np.uint8), drawn.integers(0, 3, 700)


def feed_of(split, rank, ranks, batch_size=64):
    return memory_feed(*split, ("a", "b", "c"), batch_size=batch_size, seed=1, rank=rank, ranks=ranks, shuffle=False)


@pytest.mark.parametrize("ranks", [2, 4, 8])
def test_ranks_come_to_what_one_process_comes_to_to_the_last_digit(network, split, ranks):
    alone = evaluate(feed_of(split, 0, 1), network, Alone())

    found = on_ranks(ranks, lambda rank: evaluate(feed_of(split, rank.rank, ranks), network, rank))

    assert alone.counts.samples == 700
    for each in found:
        assert figures_of(each.counts) == figures_of(alone.counts)
        assert all(np.array_equal(a, b) for a, b in zip(each.counts.arrays(), alone.counts.arrays(), strict=True))
        assert [one[:5] for one in each.mistakes] == [one[:5] for one in alone.mistakes]
        assert all(np.array_equal(a.image, b.image) for a, b in zip(each.mistakes, alone.mistakes, strict=True))


def test_the_worst_mistakes_are_the_surest_wrong_answers_with_their_pictures(network, split):
    images, labels = split
    probabilities = network(images)
    sure, told = probabilities.max(axis=1), probabilities.argmax(axis=1)

    found = evaluate(feed_of(split, 0, 1), network, Alone(), most=5).mistakes

    wrong = sorted(np.flatnonzero(told != labels), key=lambda at: -sure[at])[:5]
    assert [each.probability for each in found] == pytest.approx(sure[wrong].tolist(), abs=1e-6)
    assert [(each.label, each.told) for each in found] == [(labels[at], told[at]) for at in wrong]
    assert all(np.array_equal(each.image, images[at]) for each, at in zip(found, wrong, strict=True))


def test_samples_that_are_left_out_count_nowhere(network, split):
    keys = {key for batch in feed_of(split, 0, 1).batches(0) for key in batch.keys[:10].tolist()}
    unseen = np.zeros(700, bool)
    unseen[list(keys)] = True

    found = evaluate(feed_of(split, 0, 1), network, Alone(), unseen=unseen)

    assert found.counts.samples == len(keys)
    assert {each.key for each in found.mistakes} <= keys
