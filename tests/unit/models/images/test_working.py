"""A rank's whole work on handwritten digits, without Spark: what it comes to, and what becomes of the champion."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.unit.models.images.digits import write_digits
from tests.unit.models.images.test_settings import CONF, config_of
from tidemill.models.images.backends import Alone
from tidemill.models.images.classifier import Classifier
from tidemill.models.images.evaluation import figures_of
from tidemill.models.images.feeding import pinned
from tidemill.models.images.loading import FILE
from tidemill.models.images.naming import names_of
from tidemill.models.images.rivalry import judge_images, rival_of
from tidemill.models.images.settings import load_image_settings
from tidemill.models.images.working import TEST, Rival, Task, Work
from tidemill.registry import ImageCard, ImageChampion


def settings_of(*overrides, epochs=1, rate=0.004):
    torch.set_num_threads(1)
    stages = f"images.training.stages=[{{name: whole, unfreeze: 1.0, epochs: {epochs}, rate: {rate}}}]"
    return load_image_settings(config_of(CONF, stages, *overrides), "images")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write_digits(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="module")
def made(table, tmp_path_factory):
    task = Task(pinned(table), str(tmp_path_factory.mktemp("checkpoints")), "")
    return Work(settings_of(epochs=7), task)(Alone())


def test_digits_are_told_apart(made):
    figures = figures_of(made.test.counts)

    assert made.test.counts.samples == 360
    assert figures["accuracy"] >= 0.96
    assert figures["ece"] < 0.1
    assert len(made.losses) == 7 * 19
    assert [each.stage for each in made.epochs] == ["whole"] * 7


def test_the_worst_mistakes_are_found_again_in_the_table(made, table):
    snapshot = pinned(table)
    names = names_of(snapshot, TEST)

    assert len(names) == 360
    for each in made.test.mistakes:
        assert names[each.key].path.split("/")[1] == snapshot.classes[each.label]


def test_what_comes_out_answers_as_it_was_evaluated(made, table):
    snapshot = pinned(table)
    task = Task(snapshot, "", "", rival=Rival(made.classifier, None))

    classifier = Classifier.from_bytes(task.rival.classifier)

    assert classifier.classes == tuple("0123456789")
    assert classifier.weights == made.weights


def champion_of(made, snapshot, **others):
    card = ImageCard(
        name="images",
        table="silver.digits",
        table_id=snapshot.table_id,
        table_version=snapshot.version,
        classes=snapshot.classes,
        base="small_cnn",
        size=made.size,
        shape=snapshot.shape,
        weights=made.weights,
        training="f",
        seed=1,
        run="before",
    )
    return ImageChampion(card.model_copy(update=others), 3, {FILE: made.classifier})


def judged(made, champion, path, folder, settings, anyway=False):
    snapshot = pinned(path)
    prepared = rival_of(champion, snapshot, settings, lambda at: pinned(path, at))
    task = Task(snapshot, str(folder), "", rival=prepared.rival)
    compared = Work(settings, task)(Alone()).compared
    return judge_images(compared, prepared, champion, settings, "now", anyway), compared


def test_a_worse_model_does_not_take_the_champions_place_unless_that_is_asked_for(made, table, tmp_path):
    champion, worse = champion_of(made, pinned(table)), settings_of(rate=0.000001)

    told, compared = judged(made, champion, table, tmp_path / "a", worse)
    asked, _ = judged(made, champion, table, tmp_path / "b", worse, anyway=True)

    assert not told.promoted
    assert "of version 3, the champion, on 360 test images that neither has learnt from" in told.reason
    assert compared.champion.right == made.test.counts.right
    assert asked.promoted and asked.reason.endswith("; promoted on request")


def test_images_that_the_champion_has_learnt_from_do_not_count_in_the_comparison(made, tmp_path):
    path = write_digits(tmp_path / "lake")
    first = pinned(path)
    seen = {name.image_id for split in ("train", "validation") for name in names_of(first, split)}
    write_digits(tmp_path / "lake", seed=8)
    fresh = [name.image_id not in seen for name in names_of(pinned(path), TEST)]

    told, compared = judged(made, champion_of(made, first), path, tmp_path / "checkpoints", settings_of())

    assert 0 < sum(fresh) < 360
    assert compared.new.samples == compared.champion.samples == sum(fresh)
    assert f"on {sum(fresh)} test images" in told.reason


@pytest.mark.parametrize(
    ("others", "problem"),
    [
        ({"table": "silver.letters"}, "answers another question (it was trained on silver.letters)"),
        ({"classes": ("0", "1")}, "tells other classes apart (2, and there are 10)"),
        ({"table_id": "other"}, "learnt from a table that is gone: silver.digits was made anew"),
        ({"table_version": 9}, "learnt from version 9 of its table, which cannot be read"),
    ],
)
def test_a_champion_that_cannot_be_compared_stays_until_somebody_has_looked(made, table, others, problem):
    champion, settings = champion_of(made, pinned(table), **others), settings_of()

    prepared = rival_of(champion, pinned(table), settings, lambda at: pinned(table, at))
    told = judge_images(None, prepared, champion, settings, "now")

    assert prepared.rival is None
    assert not told.promoted
    assert problem in told.reason and "promote it with --promote" in told.reason


def test_the_first_of_its_name_is_the_champion(table):
    settings = settings_of()

    prepared = rival_of(None, pinned(table), settings, lambda at: pinned(table, at))

    assert prepared.rival is None
    assert judge_images(None, prepared, None, settings, "now").reason == "it is the first of its name"


def test_a_work_goes_on_from_its_checkpoint_and_ends_with_the_same_weights(table, tmp_path):
    task = Task(pinned(table), str(tmp_path), "")
    settings = settings_of("images.training.checkpoint_every=7")
    whole = Work(settings, task)(Alone())
    for file in sorted(tmp_path.iterdir())[1:]:
        file.unlink()

    again = Work(settings, task)(Alone())
    anew = Work(settings, replace(task, restart=True))(Alone())

    assert whole.resumed_at is None
    assert 0 < again.resumed_at < len(whole.losses)
    assert anew.resumed_at is None
    assert again.weights == whole.weights == anew.weights
    assert np.array_equal(again.test.counts.confusion, whole.test.counts.confusion)


def test_a_head_learns_from_features_that_are_kept_for_the_next_training(table, tmp_path):
    stages = "images.training.stages=[{name: head, unfreeze: 0, epochs: 2, rate: 0.01}]"
    settings = load_image_settings(config_of(CONF, stages, "images.frozen_views=0"), "images")
    features = tmp_path / "features"

    first = Work(settings, Task(pinned(table), str(tmp_path / "a"), str(features)))(Alone())
    written = {file: file.stat().st_mtime_ns for file in features.rglob("*.npy")}
    second = Work(settings, Task(pinned(table), str(tmp_path / "b"), str(features)))(Alone())

    assert written
    assert {file: file.stat().st_mtime_ns for file in features.rglob("*.npy")} == written
    assert first.weights == second.weights
    assert first.losses[-1] < first.losses[0]
