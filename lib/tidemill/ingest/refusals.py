"""Why a run cannot go on, for the person who started it."""

from tidemill.errors import RequestWrong, RunFailed


class FailedCheck(RunFailed):
    """A check whose on_fail is fail did not hold."""

    def __init__(self, dataset: str, check: str, detail: str) -> None:
        super().__init__(
            f"{dataset}: the check '{check}' failed ({detail}) and its on_fail is fail: nothing was written to "
            f"silver or quarantine. bronze.{dataset} has the delivery; mend the files or the contract and run it "
            "again."
        )


class MissingColumn(RunFailed):
    """What was delivered lacks a column that the contract requires."""

    def __init__(self, dataset: str, lacks: str) -> None:
        super().__init__(f"{dataset}: {lacks} bronze.{dataset} has the delivery; silver was not written.")


class EmptyDelivery(RunFailed):
    """A delivery that is to replace silver has no row that passes."""

    def __init__(self, dataset: str, read: int) -> None:
        super().__init__(
            f"{dataset}: none of the {read} delivered rows passes, and 'write: replace' would leave silver empty: "
            f"nothing was written to silver or quarantine. Look into bronze.{dataset}, mend the delivery or the "
            "contract, and run it again."
        )


class WouldDouble(RequestWrong):
    """A source is to be read from its beginning into a table that keeps every row."""

    def __init__(self, dataset: str) -> None:
        super().__init__(
            f"{dataset}: --full would double what silver has, as its contract says 'write: append'. Give it a key and "
            "'write: upsert', or rebuild silver from bronze with --from bronze."
        )


class WouldBreakReaders(RequestWrong):
    """The contract no longer fits silver as it stands."""

    def __init__(self, dataset: str, what: str) -> None:
        super().__init__(
            f"{dataset}: {what}. Whoever reads silver.{dataset} relies on it, so nothing was read. Take the change "
            f"back, or rebuild the table under the new contract: ingest.py --dataset {dataset} --from bronze"
        )
