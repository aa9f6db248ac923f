"""Ranks as tasks of Spark; the session has two slots."""

import pytest
import torch

from tests.integration.models.images import work
from tidemill.errors import RequestWrong
from tidemill.models.images.backends import Alone, RankFailed, TooFewSlots, launch
from tidemill.models.images.backends.slots import PATIENCE

BACKENDS = ("torch", "horovod")


@pytest.mark.parametrize("backend", BACKENDS)
def test_ranks_on_executors_have_the_losses_of_one_rank(spark, backend):
    torch.set_num_threads(1)
    told = []

    found = launch(backend, 2, work.train, spark, told.append)

    assert found == pytest.approx(work.train(Alone()), abs=1e-4)
    # Between them are lines about steps, where the machine is slow.
    epochs = [line for line in told if " in all: " in line]
    assert epochs[0].startswith("stage probe, epoch 1 in all: loss ")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_rank_that_is_killed_ends_the_run_with_a_clear_error(spark, backend):
    with pytest.raises(RankFailed, match=r"a rank of the training ended too early"):
        launch(backend, 2, work.die, spark)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_error_of_one_rank_is_the_error_of_the_run(spark, backend):
    with pytest.raises(RequestWrong, match=r"^rank 1 was given nothing to do$"):
        launch(backend, 2, work.refuse, spark)


@pytest.mark.parametrize("backend", BACKENDS)
def test_more_ranks_than_slots_are_refused_within_half_a_minute(spark, backend):
    slots = spark.sparkContext.defaultParallelism

    with pytest.raises(TooFewSlots, match=rf"{slots + 1} ranks were asked for, but only {slots} task"):
        launch(backend, slots + 1, work.talk, spark)

    assert PATIENCE < 30
