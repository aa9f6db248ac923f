"""The dataset contract: what a dataset is, where it comes from, what its rows must satisfy."""

from tidemill.contract.alerts import Alerts
from tidemill.contract.checks import RowCheck, TableCheck
from tidemill.contract.columns import Column
from tidemill.contract.loading import UnknownDataset, WrongMode, known_datasets, load_contract, parse_contract
from tidemill.contract.model import Contract

__all__ = [
    "Alerts",
    "Column",
    "Contract",
    "RowCheck",
    "TableCheck",
    "UnknownDataset",
    "WrongMode",
    "known_datasets",
    "load_contract",
    "parse_contract",
]
