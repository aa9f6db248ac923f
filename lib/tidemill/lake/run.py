"""A run: what it is, what it did, and how its records add up."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tidemill.lake.commits import Mark

COUNTS = ("read", "accepted", "quarantined", "duplicate", "unchanged", "stale", "late")
# Of a run's newest event, what `run_of` needs.
COLUMNS = ("run_id", "job", "dataset", "sequence", "store", "plan", "event", "contract_version")


@dataclass(frozen=True)
class Counts:
    """What became of the delivered records; `read` is the sum of the others but `late`."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicate: int = 0
    unchanged: int = 0
    stale: int = 0
    late: int = 0

    @property
    def balance(self) -> bool:
        """Whether every record read is accounted for."""
        return self.read == self.accepted + self.quarantined + self.duplicate + self.unchanged + self.stale

    def named(self) -> dict[str, int]:
        """The figures under their names in the ledger."""
        return {f"rows_{name}": value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Run:
    """A planned run.

    Attributes:
        id: unique; its first part is the time of the plan.
        job: the entry point, such as ingest.
        dataset: what the run is about: a dataset, a gold table, a model.
        sequence: rises by one with each run of this job and dataset.
        store: see `Mark`.
        plan: what the run needs in order to be finished by another: source range, contract, versions it starts from.
        event: the last event recorded: planned, failed or committed.
        range: what it takes of its source, as large as that may be; known to the one who plans it, for others see
            `Ledger.range_of`.
    """

    id: str
    job: str
    dataset: str
    sequence: int
    store: str
    plan: Mapping[str, Any]
    event: str = "planned"
    contract_version: int | None = None
    range: Mapping[str, Any] | None = None

    @property
    def mark(self) -> Mark:
        """The mark that its commits carry."""
        return Mark(self.id, self.store, self.sequence)


@dataclass
class RecordedRun:
    """A run in progress, to which its job adds what it did.

    Attributes:
        run: as it was planned.
        counts: what became of its records.
        table_versions: of the tables that it wrote.
        bytes_read: of its source, where they are known.
        cleansed: how many values each cleansing step changed, those that changed none left out.
        notes: how its delivery differs from the contract and from the one before, for a person.
    """

    run: Run
    counts: Counts = field(default_factory=Counts)
    table_versions: dict[str, int] = field(default_factory=dict)
    bytes_read: int = 0
    cleansed: dict[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.id

    @property
    def mark(self) -> Mark:
        """The mark for the run's commits."""
        return self.run.mark

    def result(self) -> dict[str, Any]:
        """What a job reports of this run."""
        told = {"run_id": self.id, **self.counts.named(), "table_versions": self.table_versions}
        more = {"cleansed": self.cleansed, "notes": list(self.notes)}
        return {**told, **{name: value for name, value in more.items() if value}}


def run_of(event: Mapping[str, Any]) -> Run:
    """The run that an event of the ledger tells of."""
    return Run(
        id=event["run_id"],
        job=event["job"],
        dataset=event["dataset"],
        sequence=event["sequence"],
        store=event["store"],
        plan=json.loads(event["plan"]),
        event=event["event"],
        contract_version=event["contract_version"],
    )
