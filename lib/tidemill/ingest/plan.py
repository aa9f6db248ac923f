"""The plan of a run: the files it takes, the contract it takes them under, and the table versions it starts from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.lake import Lake, Ledger
from tidemill.sources.files import DeliveredFile

PLAN_SCHEMA = "files array<struct<uri:string,size:bigint,modified_at:string>>"


@dataclass(frozen=True)
class Plan:
    """What a run needs in order to be finished by another.

    Attributes:
        files: what it takes.
        replaced: the URIs among them that were taken before with other content.
        contract: the contract at the time.
        silver_version: the version that rows are compared with; None where the table does not exist yet.
    """

    files: tuple[DeliveredFile, ...]
    replaced: tuple[str, ...]
    contract: Contract
    silver_version: int | None

    def as_json(self) -> dict[str, Any]:
        """The plan as the ledger keeps it."""
        return {
            "files": [
                {"uri": file.uri, "size": file.size, "modified_at": _text(file.modified_at)} for file in self.files
            ],
            "replaced": list(self.replaced),
            "contract": self.contract.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            "fingerprint": self.contract.fingerprint,
            "silver_version": self.silver_version,
        }

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> "Plan":
        """The plan that the ledger keeps."""
        return cls(
            files=tuple(
                DeliveredFile(file["uri"], file["size"], datetime.fromisoformat(file["modified_at"]))
                for file in plan["files"]
            ),
            replaced=tuple(plan["replaced"]),
            contract=Contract.model_validate(plan["contract"]),
            silver_version=plan["silver_version"],
        )


def waiting_files(lake: Lake, ledger: Ledger, contract: Contract, files: Sequence[DeliveredFile], job: str) -> Plan:
    """A plan for the files that no committed run has taken as they are now."""
    silver_version = lake.version(f"silver.{contract.name}")
    taken = _taken(lake, ledger, contract, files, job)
    waiting = tuple(file for file in files if taken.get(file.uri) != (file.size, _text(file.modified_at)))
    replaced = tuple(file.uri for file in waiting if file.uri in taken)
    return Plan(waiting, replaced, contract, silver_version)


def _taken(
    lake: Lake, ledger: Ledger, contract: Contract, files: Sequence[DeliveredFile], job: str
) -> dict[str, tuple[int, str]]:
    """Size and time of the listed files as they were taken last; no more rows than files are listed."""
    plans = ledger.committed_plans(job, contract.name)
    if plans is None or not files:
        return {}
    listed = lake.spark.createDataFrame([(file.uri,) for file in files], "uri string")
    file = F.explode(F.from_json("plan", PLAN_SCHEMA)["files"]).alias("file")
    newest = plans.select("sequence", file).select("sequence", "file.*").join(F.broadcast(listed), "uri", "left_semi")
    last = newest.groupBy("uri").agg(F.max_by(F.struct("size", "modified_at"), "sequence").alias("last"))
    return {row["uri"]: (row["last"]["size"], row["last"]["modified_at"]) for row in last.toLocalIterator()}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
