"""A table of SQLite on its way through the engine: what changed, what is gone, and silver rebuilt from it."""

import sqlite3

import pytest

from tidemill.contract import Contract
from tidemill.ingest import ingest_batch, rebuild
from tidemill.lake import Counts


@pytest.fixture
def shop(tmp_path):
    connection = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    connection.execute("create table orders (id integer primary key, city text, changed integer)")
    yield connection
    connection.close()


def contract(tmp_path, **source):
    keys = {"kind": "jdbc", "url": f"jdbc:sqlite:{tmp_path}/shop.db", "table": "orders", **source}
    return Contract.model_validate(
        {
            "name": "orders",
            "version": 1,
            "source": keys,
            "columns": {
                "id": {"type": "bigint", "required": True},
                "city": {"type": "string", "one_of": ["Bonn", "Kiel"]},
                "changed": {"type": "int"},
            },
            "key": ["id"],
            "order_by": ["changed"],
            "write": "upsert",
        }
    )


def orders(lake):
    return sorted((row["id"], row["city"]) for row in lake.read("silver.orders").collect())


def test_what_changed_behind_the_watermark_is_taken_and_a_refused_row_is_kept(spark, lake, tmp_path, shop):
    own = contract(tmp_path, watermark="changed", overlap=1)
    shop.execute("insert into orders values (1, 'Bonn', 10), (2, 'Rome', 11)")
    (first,) = ingest_batch(spark, lake, own)
    assert ingest_batch(spark, lake, own) == []

    shop.execute("insert into orders values (3, 'Kiel', 12)")
    shop.execute("update orders set city = 'Kiel', changed = 13 where id = 1")
    (second,) = ingest_batch(spark, lake, own)

    assert first.counts == Counts(read=2, accepted=1, quarantined=1)
    assert second.counts.accepted == 2
    assert orders(lake) == [(1, "Kiel"), (3, "Kiel")]


def test_rows_that_are_gone_from_the_source_go_from_silver_and_stay_gone_when_it_is_rebuilt(
    spark, lake, tmp_path, shop
):
    own = contract(tmp_path, deletes="find")
    shop.execute("insert into orders values (1, 'Bonn', 10), (2, 'Kiel', 11), (3, 'Bonn', 12)")
    ingest_batch(spark, lake, own)
    shop.execute("delete from orders where id in (1, 2)")
    ingest_batch(spark, lake, own)
    assert orders(lake) == [(3, "Bonn")]

    shop.execute("insert into orders values (2, 'Kiel', 13)")
    ingest_batch(spark, lake, own)
    assert orders(lake) == [(2, "Kiel"), (3, "Bonn")]

    run = rebuild(spark, lake, own)

    assert orders(lake) == [(2, "Kiel"), (3, "Bonn")]
    assert run.counts.balance
