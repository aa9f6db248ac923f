"""Publishing to real databases: what readers see at any moment, what changes, what is refused."""

import sqlite3
import threading
from contextlib import closing
from datetime import date
from decimal import Decimal

import pytest

from tidemill.config.model import PublishConfig
from tidemill.errors import RequestWrong, RunFailed
from tidemill.lake import Mark, runs
from tidemill.publish import publish_table

SCHEMA = "origin string, day date, readings int, share double"


class Server:
    """Publishes to the PostgreSQL server, and reads from it."""

    def __init__(self, postgres):
        self.postgres = postgres
        self.config = PublishConfig(
            url=postgres.url, user="${env:SHOP_USER}", password="${env:SHOP_PASSWORD}", schema="public"
        )
        postgres.execute('drop table if exists weather_daily, tidemill_published, orders, kinds, "MixedCase"')

    def connect(self):
        return self.postgres.connect()

    def tables(self):
        return self.rows("select tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')")

    def rows(self, sql):
        with closing(self.connect()) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, *statements):
        with closing(self.connect()) as connection:
            for statement in statements:
                connection.execute(statement)


class File(Server):
    """Publishes to an SQLite file, and reads from it."""

    def __init__(self, path):
        self.path = path
        self.config = PublishConfig(url=f"sqlite:///{path}")

    def connect(self):
        return sqlite3.connect(self.path, timeout=60, isolation_level=None)

    def tables(self):
        return self.rows("select name from sqlite_schema where type = 'table'")


@pytest.fixture(params=["postgresql", "sqlite"])
def database(request, tmp_path, monkeypatch):
    if request.param == "sqlite":
        return File(tmp_path / "publish.db")
    server = request.getfixturevalue("postgres")
    monkeypatch.setenv("SHOP_USER", server.user)
    monkeypatch.setenv("SHOP_PASSWORD", server.password)
    return Server(server)


@pytest.fixture
def build(spark, lake):
    """Makes a new version of gold.weather_daily, whose key is origin and day."""
    versions = iter(range(1, 100))

    def write(*rows, schema=SCHEMA):
        frame = spark.createDataFrame(rows, schema)
        lake.replace("gold.weather_daily", frame, Mark("test", "test", next(versions)))

    return write


def day(number):
    return date(2024, 1, number)


def test_a_table_becomes_equal_to_the_gold_table_by_what_changed_alone(lake, database, build):
    build(("JFK", day(1), 24, 0.1), ("LGA", day(1), 23, None), ("LGA", day(2), 22, 0.3))
    first = publish_table(lake, database.config, "gold.weather_daily")
    assert (first.record.rows_published, first.record.rows_changed, first.record.rows_deleted) == (3, 3, 0)

    build(("JFK", day(1), 24, 0.1), ("LGA", day(1), 23, 0.5), ("EWR", day(1), 1, None))
    second = publish_table(lake, database.config, "weather_daily")

    assert (second.record.rows_published, second.record.rows_changed, second.record.rows_deleted) == (3, 2, 1)
    found = database.rows("select origin, readings, share from weather_daily order by 1")
    assert [tuple(row) for row in found] == [("EWR", 1, None), ("JFK", 24, 0.1), ("LGA", 23, 0.5)]
    (told,) = database.rows("select source, version, run_id from tidemill_published")
    assert tuple(told) == ("gold.weather_daily", 1, second.run.id)
    assert sorted(row[0] for row in database.tables()) == ["tidemill_published", "weather_daily"]
    counted = runs(lake).where("job = 'publish'").orderBy("started_at").collect()
    assert [(run["rows_read"], run["rows_accepted"], run["rows_unchanged"]) for run in counted] == [
        (3, 3, 0),
        (3, 2, 1),
    ]


def test_the_same_version_is_not_published_again_and_a_table_made_anew_is(lake, database, build, spark, tmp_path):
    build(("JFK", day(1), 24, 0.1))
    publish_table(lake, database.config, "weather_daily")

    again = publish_table(lake, database.config, "weather_daily")
    assert again.run is None
    assert again.record.version == 0

    other = type(lake)(spark, str(tmp_path / "other"))
    other.replace("gold.weather_daily", spark.createDataFrame([("EWR", day(1), 1, 0.1)], SCHEMA), Mark("a", "b", 1))
    assert publish_table(other, database.config, "weather_daily").record.rows_changed == 1
    assert [row[0] for row in database.rows("select origin from weather_daily")] == ["EWR"]


def test_a_reader_sees_one_version_whole_and_then_the_next(lake, database, build):
    build(*[(f"A{number}", day(1), 1, 0.0) for number in range(2000)])
    publish_table(lake, database.config, "weather_daily")
    build(*[(f"A{number}", day(1), 2, 0.0) for number in range(500, 3000)])
    seen, stop = set(), threading.Event()

    def read():
        with closing(database.connect()) as connection:
            while not stop.is_set():
                sql = "select count(*), min(readings), max(readings) from weather_daily"
                seen.add(tuple(connection.execute(sql).fetchone()))

    reader = threading.Thread(target=read)
    reader.start()
    publish_table(lake, database.config, "weather_daily")
    stop.set()
    reader.join()

    assert (2000, 1, 1) in seen
    assert seen <= {(2000, 1, 1), (2500, 2, 2)}
    assert [tuple(row) for row in database.rows("select count(*), min(readings) from weather_daily")] == [(2500, 2)]


def test_new_columns_are_added_and_readers_of_the_old_ones_go_on(lake, database, build):
    build(("JFK", day(1), 24, 0.1))
    publish_table(lake, database.config, "weather_daily")

    build(("JFK", day(1), 24, 0.1, "dry"), schema=f"{SCHEMA}, weather string")
    publish_table(lake, database.config, "weather_daily")

    (row,) = database.rows("select origin, readings, weather from weather_daily")
    assert tuple(row) == ("JFK", 24, "dry")


@pytest.mark.parametrize(
    ("schema", "row", "complaint"),
    [
        (SCHEMA.replace("readings int", "readings string"), ("many", 0.1), r"readings is now (text|TEXT), it was"),
        (SCHEMA.replace(", share double", ""), (24,), r"the column share is gone"),
    ],
)
def test_a_change_that_readers_would_not_bear_is_refused_and_changes_nothing(
    lake, database, build, schema, row, complaint
):
    build(("JFK", day(1), 24, 0.1))
    publish_table(lake, database.config, "weather_daily")
    build(("EWR", day(1), *row), schema=schema)

    with pytest.raises(RunFailed, match=complaint) as told:
        publish_table(lake, database.config, "weather_daily")

    assert "Publish it under another name with --to NAME" in str(told.value)
    assert "\n" not in str(told.value)
    assert [tuple(found) for found in database.rows("select origin, share from weather_daily")] == [("JFK", 0.1)]
    assert publish_table(lake, database.config, "weather_daily", "weather_daily_2").record.rows_changed == 1
    database.execute("drop table weather_daily_2")


def test_rows_that_the_key_does_not_tell_apart_are_refused(lake, database, build):
    build(("JFK", day(1), 24, 0.1), ("JFK", day(1), 23, 0.1))

    with pytest.raises(RunFailed, match=r"gold\.weather_daily is not told apart by its key \(origin, day\)"):
        publish_table(lake, database.config, "weather_daily")
    assert not {"weather_daily", "tidemill_staging"} & {row[0] for row in database.tables()}


def test_a_table_that_somebody_else_made_is_not_touched(lake, database, build):
    database.execute("create table weather_daily (mine text)", "insert into weather_daily values ('precious')")
    build(("JFK", day(1), 24, 0.1))

    with pytest.raises(RunFailed, match=r"table weather_daily that was not published by tidemill.*--to NAME"):
        publish_table(lake, database.config, "weather_daily")

    assert [tuple(row) for row in database.rows("select mine from weather_daily")] == [("precious",)]


def test_values_of_every_type_arrive(lake, database, build, spark):
    row = spark.sql(
        "select 'JFK' as origin, date '2024-01-01' as day, timestamp '2024-07-01 12:00:00.5' as at, "
        "cast(1.10 as decimal(10,2)) as price, true as dry, array(1, null) as list, named_struct('a', 'ü') as nested, "
        "X'00ff' as bytes, 9007199254740993 as big, 'a\\tb\\\\n\\n' as text, cast(null as string) as none"
    )
    lake.replace("gold.weather_daily", row, Mark("test", "test", 1))

    publish_table(lake, database.config, "weather_daily")

    (found,) = database.rows("select at, price, dry, list, nested, bytes, big, text, none from weather_daily")
    at, price, dry, listed, nested, data, big, text, none = found
    assert str(at).replace("+00:00", "").startswith("2024-07-01 12:00:00.5")
    assert Decimal(str(price)) == Decimal("1.1")
    assert (bool(dry), big, text, none) == (True, 9007199254740993, "a\tb\\n\n", None)
    assert listed in ([1, None], "[1,null]")
    assert nested in ({"a": "ü"}, '{"a":"ü"}')
    assert data in (b"\x00\xff", "00FF")


@pytest.mark.parametrize(
    ("url", "table", "to", "complaint"),
    [
        ("mysql://db/shop", "weather_daily", None, "publish.url mysql://db/shop is no database to publish to"),
        ("sqlite:///s3a://bucket/publish.db", "weather_daily", None, "with a local path"),
        ("sqlite:////tmp/x.db", "weather_dayly", None, "Did you mean 'weather_daily'"),
        ("sqlite:////tmp/x.db", "house_features", None, "there is no table gold.house_features"),
        ("sqlite:////tmp/x.db", "weather_daily", "Bad; name", "expected a name of lower-case letters"),
        ("sqlite:////tmp/x.db", "weather_daily", "tidemill_published", "which are tidemill's own"),
    ],
)
def test_a_wrong_request_is_told(lake, build, url, table, to, complaint):
    build(("JFK", day(1), 24, 0.1))

    with pytest.raises(RequestWrong, match=complaint):
        publish_table(lake, PublishConfig(url=url), table, to)


def test_a_wrong_password_is_told_without_it(lake, build, postgres, monkeypatch):
    monkeypatch.setenv("SHOP_USER", postgres.user)
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    build(("JFK", day(1), 24, 0.1))
    config = PublishConfig(url=postgres.url, user="${env:SHOP_USER}", password="${env:SHOP_PASSWORD}")

    with pytest.raises(RunFailed, match="password authentication failed") as told:
        publish_table(lake, config, "weather_daily")
    assert "hunter2" not in str(told.value)
    assert "\n" not in str(told.value)
