"""Reading a real PostgreSQL: in parallel, every type, and what happens when it cannot be read."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from tidemill.errors import RunFailed
from tidemill.session import explained
from tidemill.sources.jdbc import JdbcSource

from .conftest import contract

TYPES = {
    "numeric": ("123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"),
    "double precision": ("0.1::float8 + 0.2::float8", "0.30000000000000004"),
    "integer[]": ("array[1, null, 3]", "[1,null,3]"),
    "text[]": ("array['a,\"b', 'ü']", '["a,\\"b","ü"]'),
    "jsonb": ("""'{"a": [1, null]}'""", '{"a": [1, null]}'),
    "bytea": ("'\\xdeadbeef'", "deadbeef"),
    "timestamptz": ("'2024-07-01 12:00:00.5+02'", "2024-07-01 10:00:00.5+00"),
    "timestamp": ("'2024-07-01 12:00:00.123456'", "2024-07-01 12:00:00.123456"),
    "date": ("'infinity'", "infinity"),
    "uuid": ("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "mood": ("'so so'", "so so"),
    "boolean": ("true", "true"),
    "money": ("1234.50", "1234.50"),
    "interval": ("'1 day 02:00'", "1 day 02:00:00"),
    "int4range": ("'[1,5)'", "[1,5)"),
    "point": ("'(1,2)'", "(1,2)"),
    "char(3)": ("'a'", "a"),
}


def taken(source):
    return source.rows(source.waiting(None))


@pytest.mark.parametrize("division", ["id", "amount", "day", "at"])
def test_parallel_connections_read_every_row_once(spark, postgres, orders, division):
    postgres.execute(
        "alter table orders add amount float8, add day date, add at timestamp",
        "insert into orders select i, 'Bonn', now(), i / 3.0, date '2024-01-01' + i, "
        "timestamp '2024-01-01' + i * interval '1 hour' from generate_series(-375, 374) i",
        "insert into orders values (1001, 'none', null, null, null, null)",
        "insert into orders values (1002, 'last', null, 'NaN', 'infinity', '-infinity')",
    )

    rows = taken(JdbcSource(spark, orders(partition_by=division, partitions=3)))

    ids = [row["order_id"] for row in rows.collect()]
    assert len(ids) == len(set(ids)) == 752
    sizes = rows.rdd.mapPartitions(lambda part: [sum(1 for _ in part)]).collect()
    assert len(sizes) == 3
    assert max(sizes) < 600


def test_no_more_connections_are_open_than_the_contract_allows(spark, postgres, orders):
    postgres.execute("insert into orders select i from generate_series(1, 100) i")

    assert taken(JdbcSource(spark, orders(partition_by="id", partitions=2))).rdd.getNumPartitions() == 2
    assert taken(JdbcSource(spark, orders())).rdd.getNumPartitions() == 1


def test_values_of_every_type_are_delivered_as_texts_that_lose_nothing(spark, postgres, orders):
    columns = {f"c{place}": kind for place, kind in enumerate(TYPES)}
    postgres.execute(
        "drop table if exists kinds",
        "drop type if exists mood",
        "create type mood as enum ('well', 'so so')",
        f"create table kinds (id int, {', '.join(f'{name} {kind}' for name, kind in columns.items())})",
        f"insert into kinds values (1, {', '.join(sql for sql, _ in TYPES.values())})",
        "insert into kinds values (2)",
    )
    described = {"order_id": {"from": "id", "type": "int", "required": True}}
    described |= {name: {"type": "string"} for name in columns}
    source = orders(table="kinds").source.model_dump(exclude_none=True, exclude={"kind", "partitions"})

    full, empty = sorted(
        taken(JdbcSource(spark, contract(source, described))).collect(), key=lambda row: row["order_id"]
    )

    assert {kind: full[name] for name, kind in columns.items()} == {kind: text for kind, (_, text) in TYPES.items()}
    assert {empty[name] for name in columns} == {None}
    assert Decimal(full["c0"]) == Decimal("123456789012345678901234567890.123456789")


def test_a_row_says_where_it_came_from_and_keeps_what_the_contract_does_not_name(spark, postgres, orders):
    postgres.execute('alter table orders add "odd.name `x" text')
    postgres.execute("insert into orders values (7, 'Bonn', null, 'y')")

    (row,) = taken(JdbcSource(spark, orders())).collect()

    assert row["_source"] == f"{postgres.jdbc_url}#public.orders"
    assert row["_position"] == '{"id":"7"}'
    assert row["_rescued"] == '{"odd.name `x":"y"}'
    assert row["_raw"] is None


def test_a_query_is_read_as_a_table_is(spark, postgres, orders):
    postgres.execute("insert into orders select i, 'Bonn', now() from generate_series(1, 10) i")
    query = "select id, city, updated_at from orders where id > 4 -- the newer ones;"

    rows = taken(
        JdbcSource(spark, orders(table=None, query=query, partition_by="id", watermark="updated_at"))
    ).collect()

    assert sorted(int(row["order_id"]) for row in rows) == [5, 6, 7, 8, 9, 10]
    assert rows[0]["_source"].endswith("#query")


def test_a_table_is_found_whatever_the_case_of_its_name(spark, postgres, orders):
    postgres.execute('drop table if exists "MixedCase"', 'create table "MixedCase" (id int)')
    postgres.execute('insert into "MixedCase" values (5)')

    assert taken(JdbcSource(spark, orders(table="mixedcase"))).collect()[0]["order_id"] == "5"
    assert taken(JdbcSource(spark, orders(table="PUBLIC.ORDERS"))).collect() == []


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ({"table": "public.ordrs"}, r"has no table 'public\.ordrs'\. Did you mean 'public\.orders'\?"),
        ({"table": "pg_authid"}, r"columns\.order_id names the column 'id', which the source does not deliver"),
        ({"table": None, "query": "select id, id from orders"}, r"source\.query: 'id' is delivered twice"),
        ({"table": None, "query": "select idd from orders"}, r'refuses the query: column "idd" does not exist'),
        ({"url": "jdbc:mysql://db/shop"}, r"no JDBC driver here opens jdbc:mysql://db/shop"),
    ],
)
def test_what_the_database_does_not_have_is_told_in_one_line(spark, orders, source, complaint):
    with pytest.raises(RunFailed, match=complaint) as told:
        JdbcSource(spark, orders(**source)).waiting(None)
    assert "\n" not in str(told.value)


def test_a_wrong_password_is_told_without_it(spark, orders, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")

    with pytest.raises(RunFailed, match=r"refuses access: password authentication failed for user") as told:
        JdbcSource(spark, orders()).waiting(None)
    assert "hunter2" not in str(told.value)
    assert "source.password" in str(told.value)


def test_a_user_without_rights_is_told_so(spark, postgres, orders, monkeypatch):
    postgres.execute("drop role if exists guest", "create role guest login password 'guest'")
    monkeypatch.setenv("SHOP_USER", "guest")
    monkeypatch.setenv("SHOP_PASSWORD", "guest")

    with pytest.raises(RunFailed, match="refuses access: permission denied for table orders"):
        JdbcSource(spark, orders()).waiting(None)


def test_a_database_that_goes_away_within_a_read_ends_it_in_one_line_and_is_read_whole_later(spark, postgres, orders):
    source = JdbcSource(spark, orders(partition_by="id", partitions=2, watermark="updated_at", fetch_size=10))
    postgres.execute("insert into orders select i, repeat('x', 1000), now() from generate_series(1, 20000) i")
    slice_ = source.waiting(None)
    rows = source.rows(slice_).toLocalIterator()
    next(rows)

    postgres.stop()
    try:
        with pytest.raises(Exception) as broken:
            list(rows)
        with pytest.raises(RunFailed, match="cannot be reached") as unreachable:
            source.waiting(None)
    finally:
        postgres.start()

    told = explained(broken.value, "/home")
    assert told is not None
    assert str(told).startswith("the database failed while it was read")
    assert "\n" not in str(told) + str(unreachable.value)
    assert source.rows(slice_).count() == 20000


def test_a_database_that_starts_a_moment_later_is_waited_for(spark, postgres, orders):
    source = JdbcSource(spark, orders())
    postgres.execute("insert into orders values (1, 'Bonn', now())")
    source.waiting(None)
    postgres.stop()
    with ThreadPoolExecutor(1) as asking:
        answer = asking.submit(source.waiting, None)
        postgres.start()

    assert answer.result() is not None
