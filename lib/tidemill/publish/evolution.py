"""Bring a published table to the columns of the version that is published now, where its readers bear it."""

from collections.abc import Mapping, Sequence

from tidemill.publish.database import Database, quoted
from tidemill.publish.refusals import BreaksReaders


def evolve(database: Database, table: str, to: str, types: Mapping[str, str], key: Sequence[str]) -> None:
    """Make the table, or add the columns that it lacks; within the transaction that fills it.

    Raises:
        BreaksReaders: a column is gone or of another type than can be widened to, or the key is another.
    """
    before = database.columns(to)
    if not before:
        database.create(to, types, key)
        return
    changes = [f"the column {name} is gone" for name in before if name not in types]
    if database.key(to) != set(key):
        changes.append(f"the key is now {', '.join(key)}, it was {', '.join(sorted(database.key(to)))}")
    for name, kind in types.items():
        if name not in before:
            database.execute(f"alter table {database.name(to)} add column {quoted(name)} {kind}")
        elif before[name] != kind and not database.widen(to, name, before[name], kind):
            changes.append(f"{name} is now {kind}, it was {before[name]}")
    if changes:
        raise BreaksReaders(table, to, changes)
