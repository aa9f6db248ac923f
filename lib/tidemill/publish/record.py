"""What a database says of the tables published to it: tidemill_published, one row a table."""

from dataclasses import astuple, dataclass, fields

from tidemill.publish.database import RECORDS, Database


@dataclass(frozen=True)
class Record:
    """One published table.

    Attributes:
        table_name: in the database.
        source: the gold table.
        table_id: Delta's own id of it, so that a table made anew is not taken for the old one.
        version: of the gold table.
        run_id: of the run that published it.
        rows_published: how many rows it has.
        rows_changed: how many were inserted or updated by that run.
        rows_deleted: how many were deleted by it.
    """

    table_name: str
    source: str
    table_id: str
    version: int
    run_id: str
    rows_published: int
    rows_changed: int
    rows_deleted: int

    @property
    def is_of(self) -> tuple[str, str, int]:
        """Which version of which table this is."""
        return self.source, self.table_id, self.version


NAMES = [field.name for field in fields(Record)]


def recorded(database: Database, to: str) -> Record | None:
    """What was published under a name last; None where nothing was, or somebody dropped it."""
    if not database.columns(RECORDS) or not database.columns(to):
        return None
    sql = f"select {', '.join(NAMES)} from {database.name(RECORDS)} where table_name = {database.parameter}"
    row = database.execute(sql, [to]).fetchone()
    return Record(*row) if row else None


def record(database: Database, entry: Record) -> None:
    """Write what is published, within the transaction that publishes it."""
    texts, numbers = ("table_name", "source", "table_id", "run_id"), ("version", *NAMES[5:])
    described = [f"{name} {'text' if name in texts else 'bigint'}" for name in (*texts, *numbers)]
    database.execute(
        f"create table if not exists {database.name(RECORDS)} "
        f"({', '.join(described)}, published_at text not null, primary key (table_name))"
    )
    database.execute(
        f"delete from {database.name(RECORDS)} where table_name = {database.parameter}", [entry.table_name]
    )
    places = ", ".join([database.parameter] * len(NAMES))
    database.execute(
        f"insert into {database.name(RECORDS)} ({', '.join(NAMES)}, published_at) "
        f"values ({places}, cast(current_timestamp as text))",
        astuple(entry),
    )
