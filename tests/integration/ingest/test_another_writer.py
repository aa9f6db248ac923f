"""Somebody else, who asks for no hold, writes to the tables of a run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from structlog.testing import capture_logs

from tidemill.ingest import ingest_batch
from tidemill.lake import Counts


@contextmanager
def changing(path: str, since: Callable[[], bool], until: Callable[[], bool]) -> Iterator[None]:
    """Commit to a table again and again between two moments; without Spark, so that no commit of its is missed."""
    over = Event()

    def change() -> None:
        number = 0
        while not since() and not over.wait(0.02):
            pass
        while not over.is_set() and not until():
            number += 1
            with suppress(CommitFailedError):  # the run was first
                DeltaTable(path).alter.set_table_properties({"note": str(number)}, raise_if_not_exists=False)

    writer = Thread(target=change)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def test_a_run_whose_commit_conflicts_with_another_writers_is_tried_again_and_doubles_nothing(
    spark, lake, people, silver
):
    people.deliver("a.csv", "1,,Bonn", "2,,Kiel")
    ingest_batch(spark, lake, people.contract())
    people.deliver("b.csv", "2,,Jena", "3,,Bonn", "4,,Rome")

    with capture_logs() as told:

        def conflicted() -> bool:
            return any(line["event"] == "trying_again" for line in told)

        def in_bronze() -> bool:
            return lake.version("bronze.people") == 1

        with changing(lake.table("silver.people"), since=in_bronze, until=conflicted):
            (run,) = ingest_batch(spark, lake, people.contract())

    assert conflicted()
    assert "another writer changed the table" in next(line["reason"] for line in told if "reason" in line)
    assert run.counts == Counts(read=3, accepted=2, quarantined=1)
    assert silver() == [(1, "Bonn"), (2, "Jena"), (3, "Bonn")]
    assert lake.read("bronze.people").count() == 5
    assert lake.read("quarantine.people").count() == 1
    events = lake.read("ops.run_events").where(f"run_id = '{run.id}'").orderBy("at")
    assert [row["event"] for row in events.collect()] == ["planned", "failed", "planned", "committed"]
