"""Where a dataset comes from: one module for each `source.kind`."""

from typing import Annotated

from pydantic import Field

from tidemill.contract.sources.files import FilesSource
from tidemill.contract.sources.jdbc import JdbcSource
from tidemill.contract.sources.kafka import KafkaSource
from tidemill.contract.sources.rest import RestSource

AnySource = Annotated[FilesSource | JdbcSource | KafkaSource | RestSource, Field(discriminator="kind")]

__all__ = ["AnySource", "FilesSource", "JdbcSource", "KafkaSource", "RestSource"]
