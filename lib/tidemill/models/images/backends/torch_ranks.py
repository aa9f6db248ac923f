"""Ranks started by Spark's TorchDistributor, or as processes of this machine, that speak through torch.distributed."""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar
from uuid import uuid4

import cloudpickle
import torch
import torch.distributed as dist
from pyspark.sql import SparkSession
from torch import Tensor

from tidemill.models.images.backends.communicating import Communicator
from tidemill.models.images.backends.signals import lent_signals
from tidemill.models.images.backends.slots import require_slots
from tidemill.models.images.backends.voices import Address, Tell, Voice, hearing, log_what_is_wrong

T = TypeVar("T")
BACKEND = "torch"


class TorchRank:
    """A rank of an initialised process group.

    Args:
        voice: carries its lines to the one that started it.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self.rank = dist.get_rank()
        self.ranks = dist.get_world_size()

    def sum_(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all ranks."""
        for each in tensors:
            dist.all_reduce(each, op=dist.ReduceOp.SUM)

    def broadcast_(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by rank 0's."""
        for each in tensors:
            # What is sent must lie in one piece, which a filter with its channels last does not.
            whole = each.detach().contiguous()
            dist.broadcast(whole, src=0)
            with torch.no_grad():
                each.copy_(whole)

    def share(self, value: T) -> T:
        """Rank 0's value."""
        holder = [value if self.rank == 0 else None]
        dist.broadcast_object_list(holder, src=0)
        return holder[0]  # type: ignore[return-value]

    def gather(self, value: T) -> list[T]:
        """Every rank's value."""
        values: list[T | None] = [None] * self.ranks
        dist.all_gather_object(values, value)
        return values  # type: ignore[return-value]

    def barrier(self) -> None:
        """Wait for all ranks."""
        dist.barrier()

    def tell(self, line: str) -> None:
        """Say a line to the person who started the training."""
        if self.rank == 0:
            self._voice.say(tell=line)


def launch_torch(ranks: int, work: Callable[[Communicator], T], spark: SparkSession | None, tell: Tell) -> T:
    """Run the work on so many ranks and give back what rank 0 came to.

    Raises:
        TooFewSlots: Spark does not run so many tasks at once.
        RankFailed: a rank ended before the work did.
    """
    return _on_this_machine(ranks, work, tell) if spark is None else _on_executors(ranks, work, spark, tell)


def _on_executors(ranks: int, work: Callable[[Communicator], T], spark: SparkSession, tell: Tell) -> T:
    from pyspark.ml.torch.distributor import TorchDistributor  # noqa: PLC0415 (it looks for torch when imported)

    require_slots(spark, ranks)
    with hearing(tell, spark) as heard:
        try:
            answer = TorchDistributor(num_processes=ranks, local_mode=False, use_gpu=_has_gpus(spark)).run(
                _as_rank, cloudpickle.dumps(work), heard.address
            )
        except Exception as error:
            raise heard.ear.failure(BACKEND, _cause([*str(error).splitlines(), *heard.output.lines])) from error
    return cloudpickle.loads(answer)


def _has_gpus(spark: SparkSession) -> bool:
    return int(spark.sparkContext.getConf().get("spark.task.resource.gpu.amount", "0") or 0) > 0


def _on_this_machine(ranks: int, work: Callable[[Communicator], T], tell: Tell) -> T:
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, Std  # noqa: PLC0415
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch  # noqa: PLC0415

    logs = tempfile.mkdtemp(prefix="tidemill-ranks-")
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=ranks,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        run_id=uuid4().hex,
        max_restarts=0,
        monitor_interval=0.1,
        start_method="spawn",
        logs_specs=DefaultLogsSpecs(log_dir=logs, redirects=Std.ALL),
    )
    with lent_signals(), hearing(tell, None) as heard, _quiet(), _threads(ranks):
        try:
            answers = elastic_launch(config, _as_rank)(cloudpickle.dumps(work), heard.address)
        except Exception as error:
            raise heard.ear.failure(BACKEND, _first_failure(error)) from error
        finally:
            shutil.rmtree(logs, ignore_errors=True)
    return cloudpickle.loads(answers[0])


def _as_rank(work: bytes, address: Address) -> bytes | None:
    """What a rank's process does, in the environment that torchrun made."""
    log_what_is_wrong()
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    # Counts are summed on the CPU, gradients where the network is.
    dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo")
    try:
        voice = Voice(address)
        rank = TorchRank(voice)
        with voice.complaining():
            answer = cloudpickle.loads(work)(rank)
        rank.barrier()
        return cloudpickle.dumps(answer) if rank.rank == 0 else None
    finally:
        # After a peer has died the group cannot be left in order.
        with suppress(RuntimeError):
            dist.destroy_process_group()


@contextmanager
def _quiet() -> Iterator[None]:
    """Torch's launcher logs a dead rank's trace itself; what is in it is said by our own error."""
    logger = logging.getLogger("torch.distributed.elastic")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _threads(ranks: int) -> Iterator[None]:
    """Ranks of one machine share its cores, unless the environment says otherwise."""
    if "OMP_NUM_THREADS" in os.environ:
        yield
        return
    os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // ranks))
    try:
        yield
    finally:
        del os.environ["OMP_NUM_THREADS"]


def _first_failure(error: Exception) -> str:
    ask = getattr(error, "get_first_failure", None)
    if ask is None:
        return f"{type(error).__name__}: {error}"
    rank, failure = ask()
    message = failure.message if isinstance(failure.message, str) else failure.message.get("message", "")
    return f"rank {rank}, exit status {failure.exitcode}: {message.splitlines()[0] if message else ''}"


def _cause(lines: Sequence[str]) -> str:
    """The line that says what went wrong, of all that Spark and torchrun say."""
    for word in ("exitcode", "Signal", "Error:"):
        for line in lines:
            if word in line:
                return line
    return lines[0] if lines else ""
