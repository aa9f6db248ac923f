"""Start the ranks of a training."""

import os
from collections.abc import Callable
from typing import TypeVar

from pyspark.sql import SparkSession

from tidemill.errors import RequestWrong, suggestion
from tidemill.models.images.backends.communicating import Alone, Communicator
from tidemill.models.images.backends.voices import Tell

T = TypeVar("T")
BACKENDS = ("single", "torch", "horovod")


class UnknownBackend(RequestWrong):
    """No backend has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no backend '{name}'. {suggestion(name, BACKENDS)}")


class OneRankAlone(RequestWrong):
    """The backend that starts no process is asked for several ranks."""

    def __init__(self, ranks: int) -> None:
        super().__init__(
            f"the backend single has one rank, not {ranks}. Set backend to torch or horovod in the model's file."
        )


class OtherLauncher(RequestWrong):
    """A horovodrun started the processes of a backend that starts its own, or none."""

    def __init__(self, backend: str) -> None:
        super().__init__(
            f"horovodrun started this process, but backend is {backend} in the model's file. Set it to horovod (--set "
            "NAME.backend=horovod), or start the job without horovodrun."
        )


def meet_ranks(backend: str, ranks: int) -> int:
    """This process's rank among those that a horovodrun started, once all are there; 0 where none did.

    They wait half a minute for each other, so this goes before whatever takes long.

    Raises:
        OtherLauncher: the backend is not horovod.
        OtherRanks: so many processes were not started.
    """
    if "HOROVOD_RANK" not in os.environ:
        return 0
    if backend != "horovod":
        raise OtherLauncher(backend)
    from tidemill.models.images.backends.horovod_ranks import meet  # noqa: PLC0415

    return meet(ranks)


def launch(
    backend: str,
    ranks: int,
    work: Callable[[Communicator], T],
    spark: SparkSession | None = None,
    tell: Tell = lambda line: None,
) -> T:
    """Run the work on each of some ranks and give back what rank 0 came to.

    Work and answer travel between processes by cloudpickle.

    Args:
        backend: single runs it here. torch starts the ranks by Spark's TorchDistributor. horovod starts them by
            horovod.spark.run, takes part in a horovodrun around this process, or starts them on this machine.
        ranks: how many.
        work: what each rank does, given its communicator.
        spark: on its executors ranks are started; without it, as processes of this machine.
        tell: is given the lines that rank 0 tells.

    Raises:
        UnknownBackend: there is none of that name.
        OneRankAlone: single is asked for more than one rank.
        TooFewSlots: Spark does not run so many tasks at once.
        RankFailed: a rank ended before the work did; a TidemillError that ended one is raised as such.
    """
    if backend == "single":
        if ranks != 1:
            raise OneRankAlone(ranks)
        return work(Alone(tell))
    # Each is imported where it is asked for: the other's library need not be installed.
    if backend == "torch":
        from tidemill.models.images.backends.torch_ranks import launch_torch  # noqa: PLC0415

        return launch_torch(ranks, work, spark, tell)
    if backend == "horovod":
        from tidemill.models.images.backends.horovod_ranks import launch_horovod  # noqa: PLC0415

        return launch_horovod(ranks, work, spark, tell)
    raise UnknownBackend(backend)
