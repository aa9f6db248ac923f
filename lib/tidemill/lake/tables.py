"""Delta tables by name: LAYER.TABLE is the folder LAYER/TABLE under the lake's root."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.lake.appending import Place, append_table
from tidemill.lake.arrow_rows import arrow_table
from tidemill.lake.commits import PROPERTIES, Mark, marked, one_at_a_time
from tidemill.lake.names import LAYERS, NoSuchTable, table_path
from tidemill.lake.places import local_folder
from tidemill.session import with_settings

CONSTRAINT_CHECK = "spark.databricks.delta.replaceWhere.constraintCheck.enabled"
ROW_GROUP_BYTES = "parquet.block.size"


class Commit(NamedTuple):
    """A table's version, as its log tells of it; `metadata` is the text that whoever committed left with it."""

    version: int
    operation: str
    metadata: str | None


class Lake:
    """The tables under one root.

    Args:
        spark: the session to read and write with.
        root: a folder or URI that Hadoop can open.
    """

    def __init__(self, spark: SparkSession, root: str) -> None:
        self.spark = spark
        self.root = root.rstrip("/")

    def table(self, name: str) -> str:
        """The path of a table, whether or not it exists.

        Raises:
            NoSuchTable: the name is not LAYER.NAME.
        """
        return table_path(self.root, name)

    def folder(self, name: str) -> Path | None:
        """Where a table is or would be, if on this machine's disks."""
        return local_folder(self.table(name)) if self._is_local else None

    def exists(self, name: str) -> bool:
        """Whether the table has a first commit."""
        return self.version(name) is not None

    def version(self, name: str) -> int | None:
        """The newest version, or None where there is no table."""
        version = int(self._snapshot(name).version())
        return None if version < 0 else version

    def read(self, name: str, version: int | None = None) -> DataFrame:
        """The table now, or as it was at a version.

        Raises:
            NoSuchTable: there is none.
        """
        if not self.exists(name):
            raise NoSuchTable(name, self.root)
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.load(self.table(name))

    def commits(self, name: str, last: int) -> list[Commit]:
        """The newest commits, as many at most, newest first; none where there is no table."""
        if not self.exists(name):
            return []
        history = DeltaTable.forPath(self.spark, self.table(name)).history(last)
        told = history.select("version", "operation", "userMetadata")
        # As many rows as were asked for.
        return sorted((Commit(*row) for row in told.collect()), reverse=True)

    def committed(self, name: str, mark: Mark) -> bool:
        """Whether the run behind the mark, or a later one of its store, has committed to the table."""
        newest = self._snapshot(name).transactions().get(mark.app_id(name))
        return bool(newest.isDefined()) and int(newest.get()) >= mark.sequence

    def append(
        self,
        name: str,
        rows: DataFrame,
        mark: Mark | None,
        instead_of: Sequence[str] = (),
        statistics: Sequence[str] = (),
        partition_by: Sequence[str] = (),
        metadata: str | None = None,
        properties: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Add rows in one commit; new columns become new columns of the table.

        Args:
            name: the table, made where there is none.
            rows: what to add.
            mark: the run's; with none the commit is not told apart from another of the same rows.
            instead_of: sources (`_source`) whose earlier rows give way in the same commit.
            statistics: the columns that files are skipped by; the first ones where none are named.
            partition_by: for a table that is made here.
            metadata: a text that the commit carries, where there is no mark.
            properties: more of Delta's, for a table that is made here.
        """
        writer = rows.write.format("delta").option("mergeSchema", "true").options(**PROPERTIES, **properties)
        if metadata is not None:
            writer = writer.option("userMetadata", metadata)
        if statistics:
            writer = writer.option("delta.dataSkippingStatsColumns", ",".join(statistics))
        replaces = bool(instead_of) and self.exists(name)
        if replaces:
            listed = ", ".join("'" + source.replace("\\", "\\\\").replace("'", "\\'") + "'" for source in instead_of)
            writer = writer.mode("overwrite").option("replaceWhere", f"_source in ({listed})")
        else:
            writer = writer.mode("append").partitionBy(*partition_by)
        # What comes for the first time goes with what comes anew.
        with self._commit(name, mark), self._unconstrained() if replaces else nullcontext():
            writer.save(self.table(name))

    def record(
        self,
        name: str,
        rows: Sequence[Sequence[Any]],
        schema: str,
        mark: Mark | None = None,
        partition_by: Sequence[str] = (),
    ) -> None:
        """Add a few rows in one commit, on a local file system without Spark, which takes half a second for it.

        Args:
            name: the table, made where there is none.
            rows: values in the schema's order; times with a zone.
            schema: as Spark writes it; columns new to the table become new columns of it.
            mark: as in `append`.
            partition_by: for a table that is made here.

        Raises:
            DeltaError, OSError: the disk refused.
        """
        folder = self.folder(name)
        if folder is None or not rows:
            frame = self.spark.createDataFrame([tuple(row) for row in rows], schema).coalesce(1)
            self.append(name, frame, mark, partition_by=partition_by)
        else:
            append_table(Place(self.root, name, str(folder)), arrow_table(rows, schema), mark, partition_by)

    @cached_property
    def _is_local(self) -> bool:
        """Whether the lake is on this machine's disks; a path without a scheme may be one of the cluster's store."""
        path = self.spark._jvm.org.apache.hadoop.fs.Path(self.root)  # type: ignore[union-attr]
        return str(path.getFileSystem(self.spark._jsparkSession.sessionState().newHadoopConf()).getUri()) == "file:///"

    def row_groups(self, size: int) -> AbstractContextManager[None]:
        """Within this block files are written in row groups of so many bytes; Delta hands on no option for it."""
        return with_settings(self.spark, {ROW_GROUP_BYTES: size})

    def rewrite(self, name: str, rows: DataFrame, mark: Mark, where: str) -> None:
        """Put these rows, which need not fit the condition, in the place of those that do, in one commit."""
        writer = rows.write.format("delta").mode("overwrite").option("replaceWhere", where)
        with self._commit(name, mark), self._unconstrained():
            writer.save(self.table(name))

    def replace(self, name: str, rows: DataFrame, mark: Mark, partition_by: Sequence[str] = ()) -> None:
        """Make these rows the table's only ones, in one commit."""
        writer = rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true").options(**PROPERTIES)
        with self._commit(name, mark):
            writer.partitionBy(*partition_by).save(self.table(name))

    def upsert(self, name: str, rows: DataFrame, key: Sequence[str], mark: Mark, gone: str = "") -> None:
        """Update the rows whose key the table has and insert the others, in one commit.

        Args:
            name: an existing table.
            rows: at most one row a key; the table's columns, and `gone` where it is given.
            key: columns that are never null.
            mark: the run's.
            gone: a boolean column of `rows`; where it is true the key's row is deleted.
        """
        same = " and ".join(f"kept.`{column}` = given.`{column}`" for column in key)
        values: dict[str, str | Column] = {
            column: F.col(f"given.`{column}`") for column in rows.columns if column != gone
        }
        merge = DeltaTable.forPath(self.spark, self.table(name)).alias("kept").merge(rows.alias("given"), same)
        if gone:
            merge = merge.whenMatchedDelete(condition=f"given.`{gone}`")
        merge = merge.whenMatchedUpdate(set=values)
        merge = merge.whenNotMatchedInsert(values=values, condition=f"not given.`{gone}`" if gone else "true")
        with self._commit(name, mark):
            merge.withSchemaEvolution().execute()

    def compact(self, name: str, where: str = "true") -> None:
        """Write a table's small files, of the partitions that `where` names, as fewer large ones; its rows stay."""
        with self._commit(name, None):
            DeltaTable.forPath(self.spark, self.table(name)).optimize().where(where).executeCompaction()

    def attach(self) -> list[str]:
        """Make every table readable as spark.table("LAYER.NAME") in this session, and return their names."""
        names = self.names()
        for layer in sorted({name.split(".")[0] for name in names}):
            self.spark.sql(f"create database if not exists {layer}")
        for name in names:
            self.spark.sql(f"create table if not exists {name} using delta location '{self.table(name)}'")
        return names

    def names(self) -> list[str]:
        """The names of all tables, sorted."""
        listing = (
            self.spark.read.format("binaryFile")
            .option("pathGlobFilter", "00000000000000000000.json")
            .option("recursiveFileLookup", "true")
        )
        names: set[str] = set()
        for layer in LAYERS:
            try:
                # One row a table: the file of its first commit.
                found = listing.load(f"{self.root}/{layer}/*/_delta_log").select("path").toLocalIterator()
                names.update(f"{layer}.{row['path'].split('/')[-3]}" for row in found)
            except Exception as error:
                if "PATH_NOT_FOUND" not in str(error):
                    raise
        return sorted(names)

    def _unconstrained(self) -> AbstractContextManager[None]:
        """Within this block the rows that are written need not fit the condition of those that they replace."""
        return with_settings(self.spark, {CONSTRAINT_CHECK: "false"})

    @contextmanager
    def _commit(self, name: str, mark: Mark | None) -> Iterator[None]:
        with one_at_a_time(self.root, name), marked(self.spark, name, mark):
            yield

    def _snapshot(self, name: str) -> Any:
        """The newest state of a table's log, as Delta holds it in the JVM; its version is -1 where there is no table.

        The Python interface tells a version only through the history, which starts two Spark jobs for it.
        """
        log = self.spark._jvm.org.apache.spark.sql.delta.DeltaLog  # type: ignore[union-attr]
        return log.forTableWithSnapshot(self.spark._jsparkSession, self.table(name))._2()
