"""Publish a gold table: stage its rows, then change the database's table in one transaction."""

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

from delta.tables import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.config.model import PublishConfig
from tidemill.gold import GoldModule, UnknownGoldTable, gold_modules
from tidemill.lake import Counts, Lake, Ledger, NoSuchTable, RecordedRun, recorded_run
from tidemill.lake.ledger import finishing
from tidemill.publish.database import Database
from tidemill.publish.evolution import evolve
from tidemill.publish.postgres import opened_postgres
from tidemill.publish.record import Record, record, recorded
from tidemill.publish.refusals import ForeignTable, WrongKey, WrongName, WrongTarget
from tidemill.publish.sqlite import opened_sqlite

JOB = "publish"
NAME = re.compile(r"^(?!tidemill_)[a-z][a-z0-9_]{0,62}$")


@dataclass(frozen=True)
class Published:
    """What stands in the database now.

    Attributes:
        record: as tidemill_published has it.
        database: what it is called in messages.
        run: the run that published it just now, or whose end was recorded just now; None where nothing was to do.
    """

    record: Record
    database: str
    run: RecordedRun | None


def publish_table(lake: Lake, config: PublishConfig, table: str, to: str | None = None) -> Published:
    """Make a database's table equal to the newest version of a gold table.

    Args:
        lake: where the gold table is.
        config: the database.
        table: the gold table, `gold.T` or `T`.
        to: the table's name in the database, `T` where none is given.

    Raises:
        UnknownGoldTable: no module has this name.
        NoSuchTable: it was not built yet.
        RequestWrong: the database's address or the name is wrong.
        RunFailed: the database cannot be reached, or publishing would break its readers; it is as it was before.
    """
    name = table.removeprefix("gold.")
    modules = gold_modules()
    if name not in modules:
        raise UnknownGoldTable(name, list(modules))
    module, target = modules[name], to or name
    if not NAME.match(target):
        raise WrongName(target)
    version = lake.version(f"gold.{name}")
    if version is None:
        raise NoSuchTable(f"gold.{name}", lake.root)
    wanted = (f"gold.{name}", _table_id(lake, f"gold.{name}"), version)
    with _opened(config) as database:
        standing = recorded(database, target)
        if standing is not None and standing.is_of == wanted:
            return Published(standing, database.shown, _ended(Ledger(lake), name, standing))
        if standing is None and database.columns(target):
            raise ForeignTable(database.shown, target)
        plan = {"version": version, "table_id": wanted[1], "to": f"{database.shown}#{target}"}
        with recorded_run(lake, JOB, name, plan) as run:
            entry = _published(database, lake.read(f"gold.{name}", version), module, target, wanted, run.id)
            _tell(run, entry)
    return Published(entry, database.shown, run)


def _opened(config: PublishConfig) -> AbstractContextManager[Database]:
    if config.url.startswith("sqlite:///"):
        return opened_sqlite(config)
    if config.url.startswith(("postgresql://", "postgres://")):
        return opened_postgres(config)
    raise WrongTarget(config.url)


def _table_id(lake: Lake, table: str) -> str:
    row = DeltaTable.forPath(lake.spark, lake.table(table)).detail().select("id").first()  # one row
    return str(cast(Any, row)["id"])


def _published(
    database: Database, rows: DataFrame, module: GoldModule, to: str, wanted: tuple[str, str, int], run_id: str
) -> Record:
    source, table_id, version = wanted
    types = {field.name: database.sql_type(field.dataType) for field in rows.schema}
    texts = [database.text(F.col(f"`{field.name}`"), field.dataType).alias(field.name) for field in rows.schema]
    try:
        # Bound: one partition of the table at a time.
        database.stage(types, module.KEY, rows.select(*texts).toLocalIterator())
    except database.unkeyed as error:
        raise WrongKey(source, module.KEY, " ".join(str(error).split())[:300].rstrip(".")) from None
    with database.alone():
        standing = recorded(database, to)
        if standing is not None and standing.is_of[:2] == wanted[:2] and standing.version >= version:
            return standing  # published by another run meanwhile
        evolve(database, source, to, types, module.KEY)
        changed = database.upsert(to, list(types), module.KEY)
        deleted = database.delete_gone(to, module.KEY)
        entry = Record(to, source, table_id, version, run_id, database.staged(), changed, deleted)
        record(database, entry)
    return entry


def _ended(ledger: Ledger, name: str, standing: Record) -> RecordedRun | None:
    """Record the end of the run that published what stands, where it was killed before it could."""
    last = ledger.last(JOB, name)
    if last is None or last.event == "committed" or last.id != standing.run_id:
        return None
    with finishing(ledger, last) as run:
        _tell(run, standing)
    return run


def _tell(run: RecordedRun, entry: Record) -> None:
    unchanged = entry.rows_published - entry.rows_changed
    run.counts = Counts(read=entry.rows_published, accepted=entry.rows_changed, unchanged=unchanged)
    run.table_versions = {entry.source: entry.version}
