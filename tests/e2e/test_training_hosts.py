"""A training over several hosts, each with an address and a name of its own: a Spark master and two workers."""

import json
import subprocess

import pytest

from tests.e2e.conftest import REPOSITORY, SPARK_SUBMIT, environment
from tests.services.hosts import INTERFACE, hosts
from tests.services.spark_cluster import SparkCluster
from tests.unit.models.images.digits import write_digits

pytestmark = pytest.mark.slow

ALONE = "images.baseline=false"
WHERE = """
import json, socket
from pyspark.sql import SparkSession
from tidemill.models.images.backends import launch

def where(communicator):
    return communicator.gather(socket.gethostname())

with SparkSession.builder.getOrCreate() as spark:
    print(json.dumps({backend: launch(backend, 2, where, spark) for backend in ("horovod", "torch")}))
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cluster")
    with hosts(folder, "driver", "w1", "w2") as (driver, *workers):
        yield SparkCluster(driver, workers, folder)


def test_ranks_of_each_backend_speak_from_host_to_host(cluster, tmp_path):
    script = tmp_path / "where.py"
    script.write_text(WHERE)
    interface = f"--conf=spark.executorEnv.GLOO_SOCKET_IFNAME={INTERFACE}"
    command = [*cluster.driver.prefix, *SPARK_SUBMIT, *cluster.options, interface, str(script)]

    ended = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**environment(), **cluster.variables},
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )

    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert {backend: sorted(names) for backend, names in found.items()} == {
        "horovod": ["w1", "w2"],
        "torch": ["w1", "w2"],
    }


def test_train_images_learns_the_same_with_horovod_over_both_hosts(cluster, job):
    alone = job.beside("alone")
    for home in (job.home, alone.home):
        write_digits(home / "lake", share=0.4)
    job.prefix, job.options = cluster.driver.prefix, cluster.options
    job.variables |= cluster.variables

    spread = job("train_images", "--set", ALONE, "images.backend=horovod", "images.ranks=2")
    single = alone("train_images", "--set", ALONE, "images.threads=1")

    assert (spread.status, single.status) == (0, 0), spread.err + single.err
    assert (spread.result["backend"], spread.result["ranks"]) == ("horovod", 2)
    assert single.result["test"]["accuracy"] > 0.8
    assert spread.result["test"]["accuracy"] == pytest.approx(single.result["test"]["accuracy"], abs=0.02)
