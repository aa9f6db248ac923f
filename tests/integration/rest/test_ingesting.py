"""An API on its way through the engine."""

from tests.services.http_api import Reply
from tidemill.ingest import ingest_batch
from tidemill.lake import Counts


def test_what_is_new_since_the_last_run_is_taken_and_the_spool_is_let_go(spark, lake, api, orders, tmp_path):
    own = orders(since={"parameter": "after", "column": "updated_at"})
    api.answer = lambda _: Reply([{"id": 1, "price": "2.50", "updated_at": "2024-05-01T10:00:00Z"}, {"id": "x"}])
    (first,) = ingest_batch(spark, lake, own, str(tmp_path / "spool"))
    api.answer = lambda _: Reply([{"id": 1, "price": "3.00", "updated_at": "2024-05-02T10:00:00Z"}])
    (second,) = ingest_batch(spark, lake, own, str(tmp_path / "spool"))

    assert first.counts == Counts(read=2, accepted=1, quarantined=1)
    assert second.counts == Counts(read=1, accepted=1)
    assert [str(row["price"]) for row in lake.read("silver.orders").collect()] == ["3.00"]
    assert api.asked("after") == [None, "2024-05-01T10:00:00Z"]
    assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file() and path.name != ".lock"]
