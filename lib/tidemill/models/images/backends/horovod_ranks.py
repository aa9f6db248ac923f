"""Ranks started by Horovod: as tasks of Spark, as processes of hosts, or by a horovodrun around this process."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import cloudpickle
import torch
from pyspark.sql import SparkSession
from torch import Tensor

from tidemill.errors import RequestWrong
from tidemill.models.images.backends.communicating import Communicator
from tidemill.models.images.backends.signals import lent_signals
from tidemill.models.images.backends.slots import require_slots
from tidemill.models.images.backends.voices import Address, Hearing, Tell, Voice, hearing, log_what_is_wrong

T = TypeVar("T")
BACKEND = "horovod"
UNSAID = "(None,)"
# Seconds for the processes to find each other, which each import torch first: half a minute on a busy machine.
# Horovod's own on Spark are six hundred.
START_TIMEOUT = 120
# How often Horovod asks all ranks for what is to be exchanged, where the environment says nothing. Its own, 1 ms, takes
# a seventh of each rank's core while nothing is, 0 takes one whole; a step waits for one such question.
CYCLE_MS = "10"


class OtherRanks(RequestWrong):
    """horovodrun started another number of processes than the settings name."""

    def __init__(self, started: int, ranks: int) -> None:
        super().__init__(
            f"horovodrun started {started} processes, but ranks is {ranks} in the model's file. Make both the same: "
            f"horovodrun -np {ranks}, or --set NAME.ranks={started}."
        )


class NotTheMainThread(RequestWrong):
    """Horovod's launchers handle signals, which Python lets the main thread do alone."""

    def __init__(self) -> None:
        super().__init__("the backend horovod can only be started from the main thread; call it there, or use torch.")


class HorovodRank:
    """A rank of an initialised Horovod.

    Args:
        tell: carries its lines to the one that started it.
    """

    def __init__(self, tell: Tell) -> None:
        import horovod.torch as hvd  # noqa: PLC0415 (built for this machine by the set-up)

        self._hvd = hvd
        self._tell = tell
        self.rank = int(hvd.rank())
        self.ranks = int(hvd.size())
        self._on_gpu = bool(hvd.nccl_built())

    def sum_(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all ranks."""
        for number, each in enumerate(tensors):
            with self._reachable(each) as near:
                self._hvd.allreduce_(near, op=self._hvd.Sum, name=f"sum.{number}.{each.dtype}.{each.numel()}")

    def broadcast_(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by rank 0's; all are under way at once."""
        with ExitStack() as reached:
            near = [reached.enter_context(self._reachable(each)) for each in tensors]
            for handle in [
                self._hvd.broadcast_async_(each, root_rank=0, name=f"broadcast.{number}")
                for number, each in enumerate(near)
            ]:
                self._hvd.synchronize(handle)

    def share(self, value: T) -> T:
        """Rank 0's value."""
        return self._hvd.broadcast_object(value if self.rank == 0 else None, root_rank=0, name="share")

    def gather(self, value: T) -> list[T]:
        """Every rank's value."""
        return list(self._hvd.allgather_object(value, name="gather"))

    def barrier(self) -> None:
        """Wait for all ranks."""
        self._hvd.barrier()

    def tell(self, line: str) -> None:
        """Say a line to the person who started the training."""
        if self.rank == 0:
            self._tell(line)

    @contextmanager
    def _reachable(self, tensor: Tensor) -> Iterator[Tensor]:
        """The tensor in one piece, where this build of Horovod can reach it; written back where it had to be copied."""
        whole = tensor.detach()
        near = whole if self._on_gpu or not whole.is_cuda else whole.cpu()
        near = near.contiguous()
        yield near
        if near.data_ptr() != tensor.data_ptr():
            with torch.no_grad():
                tensor.copy_(near)


def launch_horovod(
    ranks: int, work: Callable[[Communicator], T], spark: SparkSession | None, tell: Tell, hosts: str | None = None
) -> T:
    """Run the work on so many ranks and give back what rank 0 came to.

    Under a horovodrun each of its processes calls this, is a rank, and gets what it came to itself.

    Args:
        ranks: how many.
        work: what each does.
        spark: its executors are where ranks run; without it they run on `hosts`.
        tell: is given rank 0's lines.
        hosts: HOST:SLOTS,..., reached by ssh; this machine where nothing is said.

    Raises:
        TooFewSlots: Spark does not run so many tasks at once.
        OtherRanks: a horovodrun has another number of processes.
        NotTheMainThread: it is called from another thread.
        RankFailed: a rank ended before the work did.
    """
    if "HOROVOD_RANK" in os.environ:
        return _under_horovodrun(ranks, work, tell)
    if threading.current_thread() is not threading.main_thread():
        raise NotTheMainThread
    if spark is not None:
        require_slots(spark, ranks)
    with lent_signals(), hearing(tell, spark) as heard:
        try:
            answer = _run(ranks, cloudpickle.dumps(work), heard, spark, hosts)
        except Exception as error:
            raise heard.ear.failure(BACKEND, str(error)) from error
    return cloudpickle.loads(answer)


def _run(ranks: int, work: bytes, heard: Hearing, spark: SparkSession | None, hosts: str | None) -> bytes:
    cycle = os.environ.get("HOROVOD_CYCLE_TIME", CYCLE_MS)
    task = {"args": (work, heard.address, cycle), "num_proc": ranks, "use_gloo": True, "start_timeout": START_TIMEOUT}
    if spark is None:
        import horovod  # noqa: PLC0415

        with _environment(OMP_NUM_THREADS=str(max(1, (os.cpu_count() or 1) // ranks))):
            return horovod.run(_as_rank, hosts=hosts, **task)[0]
    import horovod.spark  # noqa: PLC0415

    # The driver's environment is not forwarded by itself.
    cores = spark.sparkContext.getConf().get("spark.task.cpus", "1") or "1"
    env = {"OMP_NUM_THREADS": cores, **os.environ}
    return horovod.spark.run(_as_rank, env=env, verbose=0, stdout=heard.output, stderr=heard.output, **task)[0]


def _as_rank(work: bytes, address: Address, cycle: str) -> bytes | None:
    import horovod.torch as hvd  # noqa: PLC0415

    log_what_is_wrong()
    _forget_what_was_not_said()
    os.environ["HOROVOD_CYCLE_TIME"] = cycle
    hvd.init()
    _use_gpu(hvd.local_rank())
    voice = Voice(address)
    with voice.complaining():
        answer = cloudpickle.loads(work)(HorovodRank(lambda line: voice.say(tell=line)))
    hvd.barrier()
    return cloudpickle.dumps(answer) if hvd.rank() == 0 else None


def meet(ranks: int) -> int:
    """Wait for the other processes that a horovodrun started; this one's rank.

    Raises:
        OtherRanks: the horovodrun has another number of processes.
    """
    import horovod.torch as hvd  # noqa: PLC0415

    started = int(os.environ["HOROVOD_SIZE"])
    if started != ranks:
        raise OtherRanks(started, ranks)
    os.environ.setdefault("HOROVOD_CYCLE_TIME", CYCLE_MS)
    hvd.init()
    _use_gpu(hvd.local_rank())
    return int(hvd.rank())


def _under_horovodrun(ranks: int, work: Callable[[Communicator], T], tell: Tell) -> T:
    meet(ranks)
    return work(HorovodRank(tell))


def _forget_what_was_not_said() -> None:
    """Horovod 0.28's `run` writes what it was not given as '(None,)', which it then reads as 0."""
    for name, value in list(os.environ.items()):
        if name.startswith("HOROVOD_") and value == UNSAID:
            del os.environ[name]


def _use_gpu(local_rank: int) -> None:
    if torch.cuda.is_available():
        torch.cuda.set_device(local_rank % torch.cuda.device_count())


@contextmanager
def _environment(**defaults: str) -> Iterator[None]:
    added = {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
