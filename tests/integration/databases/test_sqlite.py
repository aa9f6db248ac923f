"""SQLite as a source: a file, opened for reading, whose columns hold values of any type."""

import sqlite3

import pytest

from tidemill.errors import RunFailed
from tidemill.sources.jdbc import JdbcSource

from .conftest import contract


@pytest.fixture
def file(tmp_path):
    return tmp_path / "shop.db"


@pytest.fixture
def database(file):
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("create table orders (id integer, city text, updated_at datetime)")
    yield connection
    connection.close()


def orders(file, **source):
    return contract({"url": f"jdbc:sqlite:{file}", "table": "orders", **source})


def test_a_value_of_another_type_than_its_columns_is_delivered_as_it_is(spark, database, file):
    values = [(1, "a", 5), ("two", b"\xff\x00", 0.1 + 0.2), (3.5, 7, None), (2**62, "ü\nz", "2024-01-01")]
    database.executemany("insert into orders values (?, ?, ?)", values)
    source = JdbcSource(spark, orders(file, partition_by="id", partitions=3))

    rows = source.rows(source.waiting(None)).collect()

    found = sorted((row["order_id"], row["city"], row["updated_at"]) for row in rows)
    assert [row[:2] for row in found] == [("1", "a"), ("3.5", "7"), (str(2**62), "ü\nz"), ("two", "ff00")]
    assert [row[2] for row in found[:3]] == ["5", None, "2024-01-01"]
    assert float(found[3][2]) == 0.1 + 0.2
    assert rows[0]["_source"] == f"jdbc:sqlite:{file}#orders"


@pytest.mark.parametrize(
    ("first", "late", "later"),
    [
        ("2024-01-01 10:00:00", "2024-01-01 09:55:00", "2024-01-01 10:00:00"),
        ("2024-01-01T10:00:00.500Z", "2024-01-01T09:50:00.500Z", "2024-01-01T10:00:00.500Z"),
        ("2024-01-02", "2024-01-01", "2024-01-02"),
    ],
)
def test_rows_committed_late_are_found_in_whatever_form_times_are_written(
    spark, database, file, silver, first, late, later
):
    lake = silver(JdbcSource(spark, orders(file, watermark="updated_at", overlap="10 minutes")))
    database.execute("insert into orders values (1, 'Bonn', ?)", (first,))
    database.execute("insert into orders values (4, 'Rome', '2999-01-01 00:00:00'), (5, 'Oslo', 17)")
    lake.ingest()
    assert lake.ingest() is None

    database.execute("insert into orders values (2, 'Kiel', ?), (3, 'Jena', ?)", (late, later))
    lake.ingest()

    assert lake.cities == {1: "Bonn", 2: "Kiel", 3: "Jena", 4: "Rome", 5: "Oslo"}
    assert lake.ingest() is None


def test_a_text_among_numbers_does_not_hold_the_watermark_back(spark, database, file, silver):
    lake = silver(JdbcSource(spark, orders(file, watermark="updated_at", overlap=10)))
    database.execute("insert into orders values (1, 'Bonn', 100), (2, 'Kiel', 200.5), (3, 'Jena', 'soon')")
    lake.ingest()
    database.execute("insert into orders values (4, 'Rome', 195), (5, 'Oslo', 300)")

    lake.ingest()

    assert lake.cities == {1: "Bonn", 2: "Kiel", 3: "Jena", 4: "Rome", 5: "Oslo"}
    assert lake.progress["upto"] == "300"


def test_the_keys_that_are_left_are_told(spark, database, file):
    source = JdbcSource(spark, orders(file, deletes="find", partition_by="id"))
    database.execute("insert into orders values (1, 'Bonn', 1), (2, 'Kiel', 2)")
    database.execute("delete from orders where id = 1")

    assert [row["order_id"] for row in source.keys(source.waiting(None)).collect()] == ["2"]


def test_a_relative_path_lies_in_the_projects_folder(spark, tmp_path, monkeypatch):
    project = tmp_path / "project"
    (project / "conf").mkdir(parents=True)
    (project / "conf" / "base.yaml").touch()
    monkeypatch.setenv("TIDEMILL_CONF", str(project / "conf"))
    connection = sqlite3.connect(project / "own.db", isolation_level=None)
    connection.execute("create table orders as select 3 as id")
    connection.close()
    source = JdbcSource(spark, orders("own.db"))

    assert [row["order_id"] for row in source.rows(source.waiting(None)).collect()] == ["3"]


def test_reading_leaves_the_file_as_it_was(spark, database, file):
    database.execute("insert into orders values (1, 'Bonn', 1)")
    before = file.read_bytes()
    source = JdbcSource(spark, orders(file))

    source.rows(source.waiting(None)).collect()

    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_missing_file_and_a_missing_table_are_told_in_one_line(spark, database, file):
    with pytest.raises(RunFailed, match=r"nowhere\.db cannot be reached: .*unable to open"):
        JdbcSource(spark, orders(file.with_name("nowhere.db"))).waiting(None)
    with pytest.raises(RunFailed, match=r"has no table 'order'\. Did you mean 'orders'\?"):
        JdbcSource(spark, orders(file, table="order")).waiting(None)
    assert not file.with_name("nowhere.db").exists()
