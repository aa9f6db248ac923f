"""Deliveries and a lake in an S3 store, with its address and keys configured as a person would."""

import gzip
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from tests.e2e.conftest import REPOSITORY, SPARK_SUBMIT, environment
from tests.services.s3 import BUCKET, running_s3

CONTRACT = """
name: payments
version: 1
source: {kind: files, path: "${landing}/payments"}
columns:
  id:     {type: int, required: true}
  amount: {type: "decimal(10,2)", min: 0}
"""
STORE = """
spark:
  settings:
    spark.hadoop.fs.s3a.endpoint: %s
    spark.hadoop.fs.s3a.path.style.access: "true"
    spark.hadoop.fs.s3a.access.key: ${env:STORE_KEY}
    spark.hadoop.fs.s3a.secret.key: ${env:STORE_SECRET}
"""
# Each start of a JVM costs more than all that is asked of it here.
PROGRAM = """
import json, sys
from jobs import ingest
from tidemill.config import load_config
from tidemill.formats import read
from tidemill.session import spark_session

for line in sys.stdin:
    asked = json.loads(line)
    if "read" in asked:
        with spark_session(load_config("store"), "look") as spark:
            told = [row.asDict() for row in read(spark, asked["read"]).collect()]
    else:
        told = ingest.main(["--env", "store", "--dataset", "payments", *asked["ingest"]])["runs"]
    print(json.dumps(told), flush=True)
"""
QUICK = shlex.join([*SPARK_SUBMIT[1:], "pyspark-shell"])
LANDING = f"landing=s3a://{BUCKET}/landing"


class Store:
    """A store, and a process that works on it as one is configured for it."""

    def __init__(self, s3, folder: Path) -> None:
        self.s3 = s3
        self.home = folder / "home"
        conf = folder / "conf"
        shutil.copytree(REPOSITORY / "conf", conf)
        (conf / "datasets" / "payments.yaml").write_text(CONTRACT)
        (conf / "store.yaml").write_text(STORE % s3.endpoint)
        keys = {"STORE_KEY": s3.access_key, "STORE_SECRET": s3.secret_key}
        own = {"TIDEMILL_CONF": str(conf), "TIDEMILL_SPARK_LOG": "info", "PYSPARK_SUBMIT_ARGS": QUICK}
        self._variables = {**environment(), **keys, **own}
        self._log = folder / "log"

    def __enter__(self) -> "Store":
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with self._log.open("w") as log:
            command = [sys.executable, "-c", PROGRAM]
            self._process = subprocess.Popen(command, cwd=REPOSITORY, env=self._variables, stderr=log, **pipes)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=60)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def ask(self, **asked: Any) -> list[dict[str, Any]]:
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, self.log[-3000:]
        return json.loads(answer)

    def ingest(self, home: str, *settings: str) -> list[dict[str, Any]]:
        return self.ask(ingest=["--home", home, *(part for one in settings for part in ("--set", one))])

    def tidemill(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from tidemill.cli.main import run; run()", *arguments, "--env", "store"]
        return subprocess.run(command, cwd=REPOSITORY, env=self._variables, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[Store]:
    with running_s3() as s3, Store(s3, tmp_path_factory.mktemp("store")) as running:
        yield running


def as_bytes(write, rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    write(rows, sink)
    return sink.getvalue().to_pybytes()


def test_deliveries_in_a_store_are_taken_once_and_again_where_they_were_replaced(store, table):
    rows = pa.table({"id": pa.array([4, 5], pa.int32()), "amount": ["4.50", "5.50"]})
    store.s3.put("landing/payments/a.csv", b"id,amount\n1,1.50\n2,-2.50\n")
    store.s3.put("landing/payments/deep er/b.json.gz", gzip.compress(b'[{"id": 3, "amount": "3.50"}]'))
    store.s3.put("landing/payments/c %41.parquet", as_bytes(pq.write_table, rows.slice(0, 1)))
    store.s3.put("landing/payments/d e.orc", as_bytes(orc.write_table, rows.slice(1, 1)))

    (first,) = store.ingest(str(store.home), LANDING)
    again = store.ingest(str(store.home), LANDING)
    store.s3.put("landing/payments/a.csv", b"id,amount\n1,1.50\n6,6.50\n7,7.50\n")
    (replaced,) = store.ingest(str(store.home), LANDING)

    assert (first["rows_read"], first["rows_accepted"], first["rows_quarantined"]) == (5, 4, 1)
    assert again == []
    assert replaced["rows_read"] == 3
    assert sorted(row["id"] for row in table(store.home, "silver.payments")) == [1, 3, 4, 5, 6, 7]
    assert table(store.home, "quarantine.payments") == []
    assert "s3a" in store.log
    files = [file for file in store.home.rglob("*") if file.is_file()]
    for secret in (store.s3.access_key, store.s3.secret_key):
        assert secret not in store.log
        assert not [file for file in files if secret.encode() in file.read_bytes()]


def test_a_lake_in_a_store_is_written_and_read_without_spark_too(store):
    store.s3.put("landing/payments/a.csv", b"id,amount\n1,1.50\n2,-2.50\n")
    store.s3.put("home/landing/payments/a.csv", b"id,amount\n1,1.50\n2,-2.50\n")
    home = f"s3a://{BUCKET}/home"

    (first,) = store.ingest(home)
    again = store.ingest(home)
    runs = store.tidemill("runs", "--home", home, "--json")
    tables = store.tidemill("tables", "--home", home, "--json")

    assert (first["rows_accepted"], first["rows_quarantined"]) == (1, 1)
    assert again == []
    assert json.loads(runs.stdout)["rows_accepted"] == 1, runs.stderr
    rows = {told["table"]: told["rows"] for told in map(json.loads, tables.stdout.splitlines())}
    assert (rows["bronze.payments"], rows["silver.payments"], rows["quarantine.payments"]) == (2, 1, 1), tables.stderr
    lake = store.s3.contents("home/lake/")
    assert any(key.startswith("home/lake/silver/payments/") for key in lake)
    for secret in (store.s3.access_key, store.s3.secret_key):
        assert not any(secret.encode() in content for content in lake.values())


def test_a_file_in_a_store_can_be_looked_at(store):
    store.s3.put("looked at/a.csv.gz", gzip.compress(b"id;name\n1;Ann\n"))

    told = store.tidemill("inspect", f"s3a://{BUCKET}/looked at/a.csv.gz")

    assert json.loads(told.stdout)["columns"] == ["id", "name"], told.stderr
    assert store.ask(read=f"s3a://{BUCKET}/looked at") == [{"id": "1", "name": "Ann"}]


@pytest.mark.parametrize(
    ("place", "complaint"), [(f"{BUCKET}/no.csv", "there is no such file"), ("nowhere/a.csv", "there is no such file")]
)
def test_a_file_that_a_store_has_not_is_told_in_a_line(store, place, complaint):
    told = store.tidemill("inspect", f"s3a://{place}")

    assert told.returncode == 1
    assert complaint in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
