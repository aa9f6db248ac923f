"""A standalone Spark cluster: a master on one host, a worker with one core on each of the others."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.services.hosts import Host
from tests.waiting import until

SPARK_CLASS = str(Path(sys.executable).parent / "spark-class")
_PORT = 7077
_MEMORY = "1g"


def all_executors(cores: int) -> list[str]:
    """Options of spark-submit, for a session that begins when so many cores are there, however slow the machine is."""
    settings = {
        "spark.cores.max": str(cores),
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
    }
    return [f"--conf={key}={value}" for key, value in settings.items()]


class SparkCluster:
    """A cluster that is up.

    Args:
        driver: the host of the master, on which jobs are submitted.
        workers: the others.
        folder: where its logs and its applications go.
    """

    def __init__(self, driver: Host, workers: Sequence[Host], folder: Path) -> None:
        self.driver, self.workers, self._folder = driver, workers, folder
        self._master = f"spark://{driver.address}:{_PORT}"
        self._start(driver, "master.Master", "--port", str(_PORT))
        for worker in workers:
            self.add(worker)

    def add(self, worker: Host) -> None:
        """Start a worker, and wait until the master has it."""
        place = ("--work-dir", str(self._folder / worker.name), "--cores", "1", "--memory", _MEMORY)
        log = self._start(worker, "worker.Worker", *place, self._master)
        until(lambda: "Successfully registered with master" in log.read_text(), 60, f"it did not come up: {log}")

    @property
    def options(self) -> list[str]:
        """What spark-submit on the driver's host is given, to run an executor on each worker."""
        settings = {
            "spark.driver.host": self.driver.address,
            "spark.driver.bindAddress": self.driver.address,
            "spark.executor.memory": "600m",
        }
        told = [f"--conf={key}={value}" for key, value in settings.items()]
        return ["--master", self._master, *told, *all_executors(len(self.workers))]

    @property
    def variables(self) -> dict[str, str]:
        """What the environment of spark-submit must say."""
        return {"SPARK_LOCAL_IP": self.driver.address}

    def _start(self, host: Host, what: str, *arguments: str) -> Path:
        log = self._folder / f"{host.name}-{what}.log"
        command = [SPARK_CLASS, f"org.apache.spark.deploy.{what}", "--host", host.address, *arguments]
        told = {"TIDEMILL_SPARK_LOG": "info"}
        host.start(command, log, {"SPARK_LOCAL_IP": host.address, "SPARK_DAEMON_MEMORY": "256m", **told})
        return log
