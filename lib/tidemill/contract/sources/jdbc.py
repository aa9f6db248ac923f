"""A table or query of a database."""

from typing import Literal

from tidemill.config import Frozen
from tidemill.config.secrets import Secret


class JdbcSource(Frozen):
    """A table of a database that JDBC can reach."""

    kind: Literal["jdbc"]
    url: str
    table: str
    user: Secret | None = None
    password: Secret | None = None
