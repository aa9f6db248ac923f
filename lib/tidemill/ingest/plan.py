"""The plan of a run: what it takes, the contract it takes it under, and the version of silver it starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tidemill.contract import Contract
from tidemill.sources import Slice


@dataclass(frozen=True)
class Plan:
    """What a run needs in order to be finished by another.

    Attributes:
        taken: of the source.
        contract: the contract at the time.
        silver_version: the version that rows are compared with; None where the table does not exist yet.
        references: version of each table that the contract refers to.
    """

    taken: Slice
    contract: Contract
    silver_version: int | None
    references: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The plan as the ledger keeps it, but for the slice's range, which it keeps apart."""
        return {
            "progress": self.taken.progress,
            "replaced": list(self.taken.replaced),
            "size": self.taken.size,
            "lacks": self.taken.lacks,
            "notes": list(self.taken.notes),
            "unlisted": self.taken.unlisted,
            "contract": self.contract.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            "fingerprint": self.contract.fingerprint,
            "silver_version": self.silver_version,
            "references": dict(self.references),
        }

    @classmethod
    def from_json(cls, plan: Mapping[str, Any], range_: Mapping[str, Any]) -> "Plan":
        """The plan that the ledger keeps."""
        return cls(
            taken=Slice(
                range=range_,
                progress=plan["progress"],
                replaced=tuple(plan["replaced"]),
                size=plan["size"],
                lacks=plan["lacks"],
                notes=tuple(plan["notes"]),
                unlisted=plan.get("unlisted", False),
            ),
            contract=Contract.model_validate(plan["contract"]),
            silver_version=plan["silver_version"],
            references=plan["references"],
        )
