"""The contracts that a command is about, the wrong ones told one by one."""

from collections.abc import Sequence

from tidemill.cli.shown import tell_error
from tidemill.config import Config
from tidemill.contract import Contract, known_datasets, load_contract
from tidemill.errors import RequestWrong


def contracts_of(config: Config, datasets: Sequence[str] | None) -> tuple[list[Contract], int]:
    """Read contracts; one that is wrong or not there is a line on stderr and hinders none of the others.

    Args:
        config: where they are.
        datasets: their names; all that there are where none is named.

    Returns:
        Those that can be read, and how many cannot.
    """
    contracts, wrong = [], 0
    for name in datasets or known_datasets(config):
        try:
            contracts.append(load_contract(config, name))
        except RequestWrong as error:
            tell_error(error)
            wrong += 1
    return contracts, wrong
