import pytest

from tidemill.lake import Lake, Mark, NoSuchTable


def frame(spark, *rows):
    return spark.createDataFrame(list(rows), "id int, city string, _source string")


def cities(lake, version=None):
    return {row["id"]: row["city"] for row in lake.read("silver.people", version).collect()}


def test_a_commit_that_is_tried_again_under_its_mark_adds_nothing(spark, lake):
    mark = Mark("run-1", "store", 1)
    for _ in range(2):
        lake.append("silver.people", frame(spark, (1, "Bonn", "a")), mark)

    assert cities(lake) == {1: "Bonn"}
    assert lake.version("silver.people") == 0


def test_a_new_progress_store_is_not_taken_for_the_old_one(spark, lake):
    lake.append("silver.people", frame(spark, (1, "Bonn", "a")), Mark("run-1", "old", 5))

    lake.append("silver.people", frame(spark, (2, "Kiel", "a")), Mark("run-2", "new", 1))

    assert cities(lake) == {1: "Bonn", 2: "Kiel"}


def test_an_upsert_updates_inserts_and_deletes_in_one_commit_and_once(spark, lake):
    lake.append("silver.people", frame(spark, (1, "Bonn", "a"), (2, "Kiel", "a"), (3, "Jena", "a")), Mark("r1", "s", 1))
    given = spark.createDataFrame(
        [(1, "Ulm", "b", False), (2, None, None, True), (4, "Trier", "b", False)],
        "id int, city string, _source string, gone boolean",
    )

    for _ in range(2):
        lake.upsert("silver.people", given, ["id"], Mark("r2", "s", 2), gone="gone")

    assert cities(lake) == {1: "Ulm", 3: "Jena", 4: "Trier"}
    assert lake.version("silver.people") == 1
    assert cities(lake, version=0) == {1: "Bonn", 2: "Kiel", 3: "Jena"}


def test_rows_of_a_replaced_source_give_way_even_when_its_name_has_a_quote(spark, lake):
    lake.append("silver.people", frame(spark, (1, "Bonn", "it's"), (2, "Kiel", "b")), Mark("r1", "s", 1))

    lake.append("silver.people", frame(spark, (3, "Jena", "it's")), Mark("r2", "s", 2), instead_of=["it's"])

    assert cities(lake) == {2: "Kiel", 3: "Jena"}


def test_a_run_knows_whether_it_has_committed_to_a_table(spark, lake):
    mark = Mark("r1", "s", 1)
    assert not lake.committed("silver.people", mark)

    lake.append("silver.people", frame(spark, (1, "Bonn", "a")), mark)

    assert lake.committed("silver.people", mark)
    assert not lake.committed("silver.people", Mark("r2", "s", 2))


def test_every_table_is_listed_by_its_name(spark, lake):
    assert lake.names() == []

    lake.append("silver.people", frame(spark, (1, "Bonn", "a")), Mark("r1", "s", 1))
    lake.append("gold.cities", frame(spark, (1, "Bonn", "a")), Mark("r1", "s", 1))

    assert lake.names() == ["gold.cities", "silver.people"]


def test_a_table_that_is_not_there_is_named(lake: Lake):
    with pytest.raises(NoSuchTable, match=r"there is no table silver\.people under"):
        lake.read("silver.people")
