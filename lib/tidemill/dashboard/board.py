"""What the pages read: the contracts, the tables, the last minutes of silver, the alerts."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock

from tidemill.alerts import CurrentAlert
from tidemill.config import Config
from tidemill.contract import Contract, known_datasets, load_contract
from tidemill.dashboard.alerts import Alerts
from tidemill.dashboard.live import LiveReadings
from tidemill.dashboard.tables import Tables
from tidemill.errors import TidemillError


class Board:
    """One lake, as the pages see it.

    Args:
        config: where the lake and the contracts are.
        now: the time, UTC.
    """

    def __init__(self, config: Config, now: Callable[[], datetime] | None = None) -> None:
        self.config = config
        self.tables = Tables(config)
        self.now = now or (lambda: datetime.now(UTC))
        self._alerts = Alerts(self.tables)
        self._lock = Lock()
        self._contracts: dict[str, tuple[int, Contract | TidemillError]] = {}
        self._live: dict[str, tuple[Contract, LiveReadings]] = {}

    @property
    def datasets(self) -> list[str]:
        """The names of all contracts."""
        return known_datasets(self.config)

    def contract(self, dataset: str) -> Contract:
        """A dataset's contract as its file is now.

        Raises:
            TidemillError: there is none, or it is wrong.
        """
        file = self.config.conf_dir / "datasets" / f"{dataset}.yaml"
        changed = file.stat().st_mtime_ns if dataset in self.datasets else -1
        known = self._contracts.get(dataset)
        if known is None or known[0] != changed:
            try:
                known = changed, load_contract(self.config, dataset)
            except TidemillError as error:
                known = changed, error
            self._contracts[dataset] = known
        if isinstance(known[1], TidemillError):
            raise known[1]
        return known[1]

    def contracts(self) -> tuple[list[Contract], list[TidemillError]]:
        """All contracts that can be read, and what is wrong with the others."""
        good: list[Contract] = []
        wrong: list[TidemillError] = []
        for dataset in self.datasets:
            try:
                good.append(self.contract(dataset))
            except TidemillError as error:
                wrong.append(error)
        return good, wrong

    def sensor_datasets(self) -> list[Contract]:
        """The contracts whose readings are of sensors."""
        return [contract for contract in self.contracts()[0] if contract.stream is not None]

    def live(self, contract: Contract) -> LiveReadings:
        """The last minutes of a dataset's readings."""
        with self._lock:
            known = self._live.get(contract.name)
            if known is None or known[0] != contract:
                known = contract, LiveReadings(self.tables, contract)
                self._live[contract.name] = known
            return known[1]

    def alerts(self) -> list[CurrentAlert]:
        """The alerts as they stand, the open ones first; see `Alerts.current`."""
        return self._alerts.current(self.now())
