from collections import namedtuple

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

from tidemill.models.images.baseline import baseline_of, histograms, linear_baseline, linear_machine, machine
from tidemill.models.images.baseline.gradients import Cells

UNSIGNED = (Cells(2, 1, 4, False),)


def ramp(angle, size=16):
    """An image whose root gets brighter in one direction: angles run from right to down."""
    down, across = np.mgrid[0:size, 0:size] / size - 0.5
    bright = np.clip(0.5 + (across * np.cos(angle) + down * np.sin(angle)) * 0.6, 0, 1)
    return np.rint(255 * bright**2).astype(np.uint8)[None, :, :, None]


@pytest.mark.parametrize(("angle", "bin"), [(0, 0), (np.pi / 4, 1), (np.pi / 2, 2), (3 * np.pi / 4, 3), (np.pi, 0)])
def test_an_image_that_gets_brighter_one_way_falls_into_that_ways_bin(angle, bin):
    found = histograms(ramp(angle), UNSIGNED).reshape(-1, 4)

    assert (found.argmax(axis=1) == bin).all()


def test_opposite_ways_differ_only_where_the_sign_counts():
    there, back = ramp(0.0), ramp(np.pi)

    unsigned = [histograms(each, UNSIGNED) for each in (there, back)]
    signed = [histograms(each, (Cells(2, 1, 8, True),)) for each in (there, back)]

    assert np.allclose(*unsigned, atol=0.02)
    assert np.abs(signed[0] - signed[1]).max() > 0.3


def test_blocks_have_unit_length_and_contrast_does_not_matter():
    bright = np.random.default_rng(0).integers(0, 200, (3, 28, 28, 1)).astype(np.uint8)

    found = histograms(bright, (Cells(7, 1, 9, False),)).reshape(3, -1, 36)

    assert found.shape[1] == 36
    assert np.linalg.norm(found, axis=2) == pytest.approx(1.0, abs=1e-3)


def test_images_are_described_alike_alone_and_among_others():
    images = np.random.default_rng(1).integers(0, 256, (1_003, 8, 8, 3)).astype(np.uint8)

    together = histograms(images)

    assert np.array_equal(together[1_001:], histograms(images[1_001:]))


def test_large_images_have_no_more_numbers_than_small_ones_twice_as_fine():
    large = np.random.default_rng(2).integers(0, 256, (2, 224, 224, 3)).astype(np.uint8)

    assert histograms(large).shape[1] < 3 * histograms(large[:, :56, :56]).shape[1]


def test_the_baseline_reads_handwritten_digits():
    digits = load_digits()
    images = np.rint(digits.images * 255 / 16).astype(np.uint8)[..., None]
    train, test, train_labels, test_labels = train_test_split(images, digits.target, test_size=0.3, random_state=0)

    found = linear_baseline(train, train_labels, test, test_labels, 10)

    assert found.figures["accuracy"] > 0.95
    assert set(found.figures) == {"accuracy", "precision", "recall", "f1", "f1_weighted"}
    assert linear_baseline(train, train_labels, test, test_labels, 10).figures == found.figures


def test_the_machine_is_scikit_learns():
    digits = load_digits()
    features = (digits.data / 16).astype(np.float32)

    weights = linear_machine(features, digits.target, 10, strength=0.1)

    theirs = LinearSVC(C=0.1, dual=False, tol=1e-8).fit(features, digits.target)
    assert pytest.approx(theirs.coef_, abs=0.02) == weights[:-1].T
    assert weights[-1] == pytest.approx(theirs.intercept_, abs=0.02)
    told = (features @ weights[:-1] + weights[-1]).argmax(axis=1)
    assert (told == theirs.predict(features)).mean() > 0.998


def test_a_table_whose_features_do_not_fit_into_memory_has_no_baseline(monkeypatch):
    table = namedtuple("Table", "splits shape")({"train": 10_000}, (28, 28, 1))
    monkeypatch.setattr(machine, "MOST_BYTES", 100 << 20)
    told = []

    assert baseline_of(table, told.append) is None
    assert told == ["no baseline: the training images have 169 MiB of features, and 100 are the most"]
