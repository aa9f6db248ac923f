"""A service that goes away while a run reads from it."""

import json
import shutil
from collections import Counter

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from tests.e2e.conftest import REPOSITORY
from tests.services.postgres import Postgres, postgres

__all__ = ["postgres"]

CONTRACT = """
name: orders
version: 1
source:
  kind: jdbc
  url: %s
  table: public.orders
  user: ${env:SHOP_USER}
  password: ${env:SHOP_PASSWORD}
  partition_by: id
  fetch_size: 10
columns:
  id:     {type: bigint, required: true}
  amount: {type: "decimal(10,2)", min: 0}
"""
ROWS = 2000
# A reader who comes to one of the last rows waits for whoever holds this lock.
LOCK = 42
TABLE = (
    "create table all_orders as select i::bigint as id, case when i % 10 = 0 then -1.00 else i + 0.50 end as amount "
    f"from generate_series(1, {ROWS}) i",
    "create function waited(id bigint, amount numeric) returns numeric stable language plpgsql as "
    f"$$ begin if id > {ROWS - 5} then perform pg_advisory_lock_shared({LOCK}); end if; return amount; end $$",
    "create view orders as select id, waited(id, amount) as amount from all_orders",
)
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and not granted"


@pytest.fixture
def ingest(job, postgres, tmp_path):
    conf = tmp_path / "conf"
    shutil.copytree(REPOSITORY / "conf", conf)
    (conf / "datasets" / "orders.yaml").write_text(CONTRACT % postgres.jdbc_url)
    job.variables |= {
        "TIDEMILL_CONF": str(conf), "SHOP_USER": postgres.user, "SHOP_PASSWORD": postgres.password,
    }  # fmt: skip
    postgres.execute("drop table if exists all_orders cascade", "drop function if exists waited", *TABLE)
    return job


@retry(retry=retry_if_result(lambda found: not found), wait=wait_fixed(0.05), stop=stop_after_delay(200))
def somebody_waits(postgres: Postgres, process) -> bool:
    assert process.poll() is None, process.communicate()
    with postgres.connect() as connection:
        return bool(connection.execute(WAITING).fetchone()[0])


def stopped_while_read(ingest, postgres):
    """Start a run, and end the server at once when the run has read all but the last rows."""
    with postgres.connect() as holder:
        holder.execute(f"select pg_advisory_lock({LOCK})")
        process = ingest.start("ingest", "--dataset", "orders")
        somebody_waits(postgres, process)
        postgres.stop()
    return process


def rows_of(table, home) -> Counter[tuple[int, str]]:
    refused = [json.loads(row["_record"]) for row in table(home, "quarantine.orders")]
    rows = [*table(home, "silver.orders"), *refused]
    return Counter((int(row["id"]), str(row["amount"])) for row in rows)


def source_rows(postgres) -> Counter[tuple[int, str]]:
    with postgres.connect() as connection:
        return Counter((key, str(amount)) for key, amount in connection.execute("select * from all_orders"))


def test_a_database_that_stays_away_ends_the_run_in_one_line_and_the_next_run_has_each_row_once(
    ingest, postgres, table
):
    process = stopped_while_read(ingest, postgres)
    try:
        out, err = process.communicate(timeout=200)
    finally:
        postgres.start()
    finished = ingest("ingest", "--dataset", "orders")

    *retries, told = err.strip().splitlines()
    assert (process.returncode, out) == (1, "")
    assert told.startswith(f"ingest: orders: the database {postgres.jdbc_url} cannot be reached")
    assert "Start it" in told
    assert [json.loads(line)["event"] for line in retries] == ["trying_again"]
    assert finished.status == 0, finished.err
    assert rows_of(table, ingest.home) == source_rows(postgres)


def test_a_database_that_comes_back_at_once_costs_a_run_no_more_than_another_attempt(ingest, postgres, table):
    process = stopped_while_read(ingest, postgres)
    postgres.start()
    out, err = process.communicate(timeout=200)

    assert process.returncode == 0, err
    (retried,) = map(json.loads, err.strip().splitlines())
    assert (retried["event"], retried["attempt"]) == ("trying_again", 2)
    assert "the database failed while it was read" in retried["reason"]
    (run,) = json.loads(out)["runs"]
    assert run["rows_read"] == ROWS
    assert rows_of(table, ingest.home) == source_rows(postgres)
