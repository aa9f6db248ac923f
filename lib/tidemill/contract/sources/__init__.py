"""Where a dataset comes from: one module for each `source.kind`."""

from typing import Annotated

from pydantic import Field

from tidemill.contract.sources.files import FilesSource
from tidemill.contract.sources.images import ImagesSource
from tidemill.contract.sources.jdbc import JdbcSource
from tidemill.contract.sources.kafka import KafkaSource
from tidemill.contract.sources.mqtt import MqttSource
from tidemill.contract.sources.rest import RestSource

AnySource = Annotated[
    FilesSource | ImagesSource | JdbcSource | KafkaSource | MqttSource | RestSource, Field(discriminator="kind")
]
OF_FILES = ("files", "images")
"""The kinds whose slices are lists of files."""

__all__ = [
    "OF_FILES",
    "AnySource",
    "FilesSource",
    "ImagesSource",
    "JdbcSource",
    "KafkaSource",
    "MqttSource",
    "RestSource",
]
