"""What the files of a delivery hold beside what the contract asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidemill.contract import Contract
from tidemill.contract.sources import FilesSource
from tidemill.errors import nearest
from tidemill.formats import Recognised, misnamed, source_uri
from tidemill.quality import drift
from tidemill.sources.source import Json

# Formats whose columns are all known from a file's head.
WITH_ALL_COLUMNS = ("csv", "parquet", "avro", "orc", "xlsx")
MOST_NAMES = 1000
MOST_FILES = 20
# What Arrow calls otherwise than Spark.
NAMES = {
    "bool": "boolean",
    "int8": "byte",
    "int16": "short",
    "int32": "int",
    "int64": "bigint",
    "large_string": "string",
    "date32[day]": "date",
}


@dataclass(frozen=True)
class Delivery:
    """What files deliver.

    Attributes:
        contract: the dataset's.
        columns: by source (`_source`).
        types: of the columns that have one.
        misnamed: files whose names err about their format, in words.
    """

    contract: Contract
    columns: Mapping[str, Sequence[str]]
    types: Mapping[str, str]
    misnamed: Sequence[str] = ()

    @classmethod
    def of(cls, contract: Contract, found: Mapping[str, Sequence[Recognised]]) -> "Delivery":
        """The delivery of files, by URI, as they were recognised."""
        known = [(uri, one) for uri, shapes in found.items() for one in shapes if one.format in WITH_ALL_COLUMNS]
        columns = {source_uri(uri, one.member): one.columns for uri, one in known}
        typed = [zip(one.columns, one.types, strict=True) for _, one in known if one.types]
        types = {name: spark_name(kind) for pairs in typed for name, kind in pairs}
        declared = isinstance(contract.source, FilesSource) and contract.source.format != "auto"
        return cls(contract, columns, types, [] if declared else cls._misnamed(found))

    @staticmethod
    def _misnamed(found: Mapping[str, Sequence[Recognised]]) -> list[str]:
        sources = [(source_uri(uri, one.member), one.format) for uri, shapes in found.items() for one in shapes]
        told = [f"{source}: {fact}." for source, format_ in sources if (fact := misnamed(source, format_))]
        return [*told[:MOST_FILES], f"{len(told)} files in all have such names."] if len(told) > MOST_FILES else told

    @property
    def names(self) -> list[str]:
        """The delivered columns, at most a thousand."""
        return list(dict.fromkeys(name for columns in self.columns.values() for name in columns))[:MOST_NAMES]

    def lacks(self) -> str:
        """The first required column that a file has not, in words; empty where there is none."""
        for source, columns in self.columns.items():
            for name, column in self.contract.columns.items():
                wanted = self.contract.delivered_name(name)
                if column.required and wanted not in columns and "." not in wanted:
                    setting = f"Set 'from' under columns.{name} in conf/datasets/{self.contract.name}.yaml."
                    return (
                        f"{source} has no column '{wanted}', which the contract requires. "
                        f"It has: {', '.join(columns[:20])}. "
                        f"{' '.join(filter(None, (nearest(wanted, columns), setting)))}"
                    )
        return ""

    def notes(self, before: Json) -> tuple[str, ...]:
        """How it differs from the contract, and from the delivery before, whose progress is given."""
        found = drift(self.contract, self.columns, self.types, before.get("types"), before.get("columns", ()))
        return (*self.misnamed, *[one.sentence for one in found if one.kind != "missing_required"][:MOST_NAMES])


def spark_name(kind: str) -> str:
    """A file's type as Spark names it."""
    if kind.startswith("timestamp["):
        return "timestamp"
    return NAMES.get(kind, kind.replace("decimal128", "decimal"))
