"""Files that are delivered again with other content."""

import pytest

from tests.integration.ingest.batch.people import contract, deliver, quarantined, silver
from tidemill.ingest import ingest_batch
from tidemill.lake import Counts
from tidemill.sources.files import ChangedFile


def test_the_earlier_rows_of_a_replaced_file_give_way_in_silver_and_quarantine(spark, lake, landing):
    own = contract(landing)
    deliver(landing, "a.csv", "1,2024-01-01 10:00:00,Bonn", "2,,Kiel", "3,,Rome")
    deliver(landing, "b.csv", "4,,Jena")
    ingest_batch(spark, lake, own)

    deliver(landing, "a.csv", "1,2023-01-01 10:00:00,Kiel", "3,,Jena")
    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=2, accepted=2)
    assert silver(lake) == {(1, "Kiel"), (3, "Jena"), (4, "Jena")}
    assert quarantined(lake) == []


def test_a_replaced_file_of_an_appended_table_is_not_doubled(spark, lake, landing):
    own = contract(landing, key=[], order_by=[], write="append")
    deliver(landing, "a.csv", "1,,Bonn", "1,,Bonn")
    deliver(landing, "b.csv", "2,,Kiel")
    ingest_batch(spark, lake, own)
    deliver(landing, "a.csv", "5,,Jena")

    ingest_batch(spark, lake, own)

    assert silver(lake) == {(2, "Kiel"), (5, "Jena")}


@pytest.mark.parametrize("write", ["append", "upsert"])
def test_a_replaced_file_and_a_new_one_with_bad_rows_may_come_together(spark, lake, landing, write):
    own = contract(landing, **({"key": [], "order_by": [], "write": "append"} if write == "append" else {}))
    deliver(landing, "a.csv", "1,,Bonn", "2,,Rome")
    ingest_batch(spark, lake, own)
    deliver(landing, "a.csv", "1,,Kiel", "2,,Rome")
    deliver(landing, "b.csv", "3,,Jena", "4,,Paris")

    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=4, accepted=2, quarantined=2)
    assert silver(lake) == {(1, "Kiel"), (3, "Jena")}
    assert quarantined(lake) == ["city.one_of"] * 2


def test_a_changed_file_is_refused_where_the_contract_says_so(spark, lake, landing):
    own = contract(landing, source={"on_change": "refuse"})
    deliver(landing, "a.csv", "1,,Bonn")
    ingest_batch(spark, lake, own)
    deliver(landing, "a.csv", "1,,Kiel")

    with pytest.raises(ChangedFile, match=r"a\.csv changed since it was taken"):
        ingest_batch(spark, lake, own)
    assert silver(lake) == {(1, "Bonn")}
