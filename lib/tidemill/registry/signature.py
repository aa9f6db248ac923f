"""What a model reads and answers, as MLflow declares it."""

from typing import Any

from pyspark.sql.types import DataType, StructType

from tidemill.registry.card import ModelCard
from tidemill.registry.quiet import quiet_mlflow

TYPES = {
    "tinyint": "integer",
    "smallint": "integer",
    "int": "integer",
    "bigint": "long",
    "float": "float",
    "double": "double",
    "boolean": "boolean",
    "date": "datetime",
    "timestamp": "datetime",
    "timestamp_ntz": "datetime",
}


def signature(schema: StructType, card: ModelCard) -> Any:
    """The signature of a model.

    Args:
        schema: of its table.
        card: names the columns that it reads.
    """
    models, types = quiet_mlflow().models, quiet_mlflow().types
    columns = [
        types.ColSpec(_type(field.dataType), field.name, required=False)
        for field in schema.fields
        if field.name in card.reads
    ]
    answer = types.Schema([types.ColSpec("double", "prediction")])
    return models.ModelSignature(inputs=types.Schema(columns), outputs=answer)


def _type(of: DataType) -> str:
    """MLflow's name for a type; a decimal is a double to it, and what it does not know a text."""
    name = of.simpleString()
    return "double" if name.startswith("decimal") else TYPES.get(name, "string")
