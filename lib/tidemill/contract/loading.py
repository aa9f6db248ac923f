"""Find and read a dataset's contract."""

from collections.abc import Sequence

from pydantic import ValidationError

from tidemill.config import Config, Document, WrongDocument, read_document, wrong_document
from tidemill.config.loading import fill_names
from tidemill.contract.model import Contract
from tidemill.errors import RequestWrong, suggestion


class UnknownDataset(RequestWrong):
    """No contract has this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"there is no dataset '{name}'. {suggestion(name, known)} A dataset is a contract conf/datasets/NAME.yaml."
        )


class WrongMode(RequestWrong):
    """The job is not the one for this dataset."""

    def __init__(self, contract: Contract) -> None:
        job = "stream.py" if contract.mode == "stream" else "ingest.py"
        super().__init__(
            f"{contract.name} is a {contract.mode} dataset. Run: spark-submit jobs/{job} --dataset {contract.name}"
        )


def known_datasets(config: Config) -> list[str]:
    """The names of all contracts."""
    return sorted(path.stem for path in (config.conf_dir / "datasets").glob("*.yaml"))


def load_contract(config: Config, name: str, mode: str | None = None) -> Contract:
    """Read conf/datasets/NAME.yaml.

    Args:
        config: the configuration, whose names (`${landing}`) the contract may use.
        name: the dataset.
        mode: batch or stream, where the caller can only do one.

    Raises:
        UnknownDataset: there is no such contract.
        WrongDocument: it has an unknown key, a wrong type, a repeated column, or parts that disagree.
        WrongMode: the dataset is for the other job.
    """
    known = known_datasets(config)
    if name not in known:
        raise UnknownDataset(name, known)
    contract = parse_contract(read_document(config.conf_dir / "datasets" / f"{name}.yaml"), config.names())
    if mode is not None and contract.mode != mode:
        raise WrongMode(contract)
    return contract


def parse_contract(document: Document, names: dict[str, str]) -> Contract:
    """The contract in a document.

    Raises:
        WrongDocument: see `load_contract`.
    """
    try:
        contract = Contract.model_validate(fill_names(document.data, names, document))
    except ValidationError as error:
        raise wrong_document(document, Contract, error) from error
    if contract.name != document.path.stem:
        raise WrongDocument(
            f"{document.at(('name',))}: 'name': the contract is called '{contract.name}' and its file "
            f"'{document.path.name}'; they must agree."
        )
    return contract
