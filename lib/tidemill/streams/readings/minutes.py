"""A continuous stream in the ledger: one run a minute, which a stream that was killed takes up again."""

from math import inf
from time import monotonic

from tidemill.contract import Contract
from tidemill.ingest.plan import Plan
from tidemill.lake import Lake, Ledger, RecordedRun, Run
from tidemill.sources import Slice
from tidemill.streams.readings.figures import Figures

JOB = "stream"
RUN_SECONDS = 60.0


class Minutes:
    """The runs of one stream.

    Args:
        lake: where the ledger is.
        contract: the dataset's.
        store: the name of the checkpoint's store.
        seconds: the length of a run.
    """

    def __init__(self, lake: Lake, contract: Contract, store: str, seconds: float) -> None:
        self._lake, self._contract, self._store, self._seconds = lake, contract, store, seconds
        self._ledger = Ledger(lake)
        self._run: Run | None = None
        self._figures = Figures()
        self._began = 0.0
        self._last = self._ledger.last(JOB, contract.name)

    @property
    def last(self) -> Run | None:
        """The newest run that the ledger has of this stream, but for the one under way."""
        return self._last

    @property
    def unfinished(self) -> Run | None:
        """A run that began and did not end."""
        return self._last if self._run is None and self._last and self._last.event != "committed" else None

    def run(self, batch: int, before: Figures) -> Run:
        """The run that a micro-batch belongs to; planned with the first of its batches.

        Args:
            batch: its number.
            before: what batches of an unfinished run have done, where this goes on with it.
        """
        if self._run is None:
            self._figures = before
            range_ = {"store": self._store, "first_batch": batch}
            plan = Plan(Slice(range_, progress=range_), self._contract, None)
            self._run = self._ledger.plan(
                JOB, self._contract.name, plan.as_json(), self._last, self._contract.version, range=range_
            )
            self._began = monotonic()
        return self._run

    def take_up(self, figures: Figures) -> None:
        """Go on with the unfinished run, of which nothing but its end is left to do.

        Args:
            figures: of all its batches.
        """
        self._run, self._figures, self._began = self.unfinished, figures, -inf

    def add(self, figures: Figures) -> None:
        """Count a micro-batch that is in all tables."""
        self._figures += figures

    @property
    def due(self) -> bool:
        """Whether the run has lasted its minute."""
        return self._run is not None and monotonic() - self._began >= self._seconds

    def end(self) -> RecordedRun | None:
        """Commit the run, its checks first; None where none is under way."""
        if self._run is None:
            return None
        recorded = RecordedRun(self._run, counts=self._figures.counts, cleansed=dict(self._figures.cleansed))
        names = [f"{layer}.{self._contract.name}" for layer in ("bronze", "silver", "quarantine")]
        versions = {name: self._lake.version(name) for name in names}
        recorded.table_versions = {name: version for name, version in versions.items() if version is not None}
        self._ledger.checks(self._run, recorded.counts.read, self._figures.failed)
        self._ledger.commit(recorded)
        self._last, self._run = self._committed(self._run), None
        return recorded

    @staticmethod
    def _committed(run: Run) -> Run:
        return Run(run.id, run.job, run.dataset, run.sequence, run.store, run.plan, "committed", run.contract_version)
