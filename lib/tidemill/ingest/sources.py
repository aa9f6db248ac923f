"""Open the source that a contract names."""

from tidemill.contract import Contract
from tidemill.errors import RequestWrong
from tidemill.formats.stores import use_spark_settings
from tidemill.lake import Lake
from tidemill.sources import Source
from tidemill.sources.files import FileFolder
from tidemill.sources.images import ImageFolder
from tidemill.sources.jdbc import JdbcSource
from tidemill.sources.kafka import KafkaSource
from tidemill.sources.rest import RestSource


def open_source(lake: Lake, contract: Contract, spool: str, unfinished: str | None = None) -> Source:
    """The contract's source.

    Args:
        lake: whose session reads, and where the record of taken files is.
        contract: the dataset's.
        spool: the folder for what a source must keep before it counts as read.
        unfinished: the id of a run that has not ended.
    """
    match contract.source.kind:
        case "files":
            return FileFolder(lake, contract, unfinished)
        case "images":
            return ImageFolder(lake, contract, unfinished)
        case "rest":
            use_spark_settings(lake.spark)  # the spool may lie in a store
            return RestSource(lake.spark, contract, spool)
        case "kafka":
            return KafkaSource(lake.spark, contract)
        case "jdbc":
            return JdbcSource(lake.spark, contract)
        case "mqtt":
            # Contracts with such a source are of streams.
            raise RequestWrong(f"{contract.name}: MQTT is collected by `tidemill bridge` and read by stream.py.")
