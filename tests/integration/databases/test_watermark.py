"""Slices behind a watermark on a real PostgreSQL: nothing is lost or doubled, whatever is committed when."""

import json

import pytest

from tidemill.errors import RunFailed
from tidemill.sources.jdbc import JdbcSource

WATERMARK = {"watermark": "updated_at", "overlap": "10 minutes"}


def test_a_row_that_was_committed_late_is_found_within_the_overlap_and_not_doubled(spark, postgres, orders, silver):
    lake = silver(JdbcSource(spark, orders(**WATERMARK)))
    with postgres.connect() as slow:
        slow.execute("begin")
        slow.execute("insert into orders values (1, 'Bonn', now() - interval '1 minute')")
        postgres.execute("insert into orders values (2, 'Kiel', now())")

        assert len(lake.ingest()) == 1
        assert lake.ingest() is None

        slow.execute("commit")
    assert len(lake.ingest()) == 2
    assert lake.cities == {1: "Bonn", 2: "Kiel"}
    assert lake.ingest() is None


def test_a_row_later_than_the_overlap_is_not_looked_for(spark, postgres, orders, silver):
    lake = silver(JdbcSource(spark, orders(**WATERMARK)))
    postgres.execute("insert into orders values (1, 'Bonn', now())")
    lake.ingest()

    postgres.execute("insert into orders values (2, 'Kiel', now() - interval '1 hour')")

    assert lake.ingest() is None


def test_rows_of_the_very_last_watermark_are_found_without_an_overlap(spark, postgres, orders, silver):
    lake = silver(JdbcSource(spark, orders(watermark="updated_at")))
    postgres.execute("insert into orders values (1, 'Bonn', '2024-01-01 10:00:00.123456+00')")
    lake.ingest()
    postgres.execute("insert into orders values (2, 'Kiel', '2024-01-01 10:00:00.123456+00')")

    lake.ingest()

    assert lake.cities == {1: "Bonn", 2: "Kiel"}
    assert lake.ingest() is None


def test_an_update_brings_its_row_again_and_no_other(spark, postgres, orders, silver):
    lake = silver(JdbcSource(spark, orders(**WATERMARK)))
    postgres.execute(
        "insert into orders select i, 'Bonn', now() - interval '2 hours' from generate_series(1, 50) i",
        "insert into orders values (99, 'Jena', now() - interval '1 hour')",
    )
    assert len(lake.ingest()) == 51

    postgres.execute("update orders set city = 'Kiel', updated_at = now() where id = 7")

    assert {row["order_id"] for row in lake.ingest()} == {"7", "99"}
    assert lake.cities[7] == "Kiel"


@pytest.mark.parametrize("strange", ["null", "'infinity'", "'-infinity'", "now() + interval '1 year'"])
def test_a_row_without_a_place_in_time_is_read_and_holds_no_other_back(spark, postgres, orders, silver, strange):
    lake = silver(JdbcSource(spark, orders(**WATERMARK)))
    postgres.execute(f"insert into orders values (1, 'Bonn', {strange})")
    lake.ingest()
    assert lake.cities == {1: "Bonn"}
    assert lake.ingest() is None

    postgres.execute("insert into orders values (2, 'Kiel', now())", "update orders set city = 'Jena' where id = 1")
    lake.ingest()

    assert lake.cities == {1: "Jena", 2: "Kiel"}
    assert lake.ingest() is None


def test_a_whole_day_of_a_date_watermark_is_read_again(spark, postgres, orders, silver):
    postgres.execute("alter table orders alter updated_at type date")
    lake = silver(JdbcSource(spark, orders(**WATERMARK)))
    postgres.execute("insert into orders values (1, 'Bonn', current_date)")
    lake.ingest()
    postgres.execute("insert into orders values (2, 'Kiel', current_date)")

    lake.ingest()

    assert lake.cities == {1: "Bonn", 2: "Kiel"}


def test_a_number_can_be_the_watermark_with_a_number_for_overlap(spark, postgres, orders, silver):
    lake = silver(JdbcSource(spark, orders(watermark="id", overlap=5)))
    postgres.execute("insert into orders select i, 'Bonn' from generate_series(1, 20) i where i <> 17")
    assert len(lake.ingest()) == 19

    postgres.execute("insert into orders values (17, 'Kiel', null), (21, 'Jena', null)")

    assert {row["order_id"] for row in lake.ingest()} == {"15", "16", "17", "18", "19", "20", "21"}
    assert len(lake.rows) == 21


def test_a_slice_is_read_again_as_it_was_from_its_json_alone(spark, postgres, orders):
    source = JdbcSource(spark, orders(**WATERMARK, partition_by="id"))
    postgres.execute("insert into orders select i, 'Bonn', now() - i * interval '1 s' from generate_series(1, 40) i")
    taken = source.waiting(None)
    kept = type(taken)(**json.loads(json.dumps(taken.__dict__)))
    first = sorted(source.rows(taken).collect())

    postgres.execute("insert into orders values (41, 'Kiel', now())")

    assert len(first) == 40
    assert sorted(source.rows(kept).collect()) == first


def test_another_watermark_begins_at_the_beginning(spark, postgres, orders, silver):
    lake = silver(JdbcSource(spark, orders(watermark="updated_at")))
    postgres.execute("insert into orders values (1, 'Bonn', now())")
    lake.ingest()

    lake.source = JdbcSource(spark, orders(watermark="id"))

    assert len(lake.ingest()) == 1


def test_rows_that_are_gone_are_seen_by_the_keys_that_are_left(spark, postgres, orders, silver):
    source = JdbcSource(spark, orders(**WATERMARK, partition_by="id", deletes="find"))
    lake = silver(source)
    postgres.execute("insert into orders select i, 'Bonn', '2024-01-01' from generate_series(1, 10) i")
    postgres.execute("insert into orders values (11, 'Kiel', now())")
    lake.ingest()
    assert lake.ingest() is None

    postgres.execute("delete from orders where id in (3, 4)")
    taken = source.waiting(lake.progress)

    keys = source.keys(taken)
    assert keys.columns == ["order_id"]
    assert sorted(int(row["order_id"]) for row in keys.collect()) == [1, 2, 5, 6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ({"watermark": "updated"}, r"source\.watermark names the column 'updated'.*Did you mean 'updated_at'\?"),
        ({"watermark": "city"}, r"source\.watermark: 'city' is a text; it must be a number, a date or a timestamp"),
        ({"watermark": "id", "overlap": "1 hour"}, r"'id' is a number, so that its overlap must be a number too"),
        ({"watermark": "updated_at", "overlap": 5}, r"'updated_at' is a date or time, so that .* as in 10 minutes"),
        ({"partition_by": "ids"}, r"source\.partition_by names the column 'ids'.*It delivers: id, city, updated_at"),
    ],
)
def test_a_column_that_cannot_be_used_is_named_in_one_line(spark, postgres, orders, source, complaint):
    with pytest.raises(RunFailed, match=complaint) as told:
        JdbcSource(spark, orders(**source)).waiting(None)
    assert "\n" not in str(told.value)
