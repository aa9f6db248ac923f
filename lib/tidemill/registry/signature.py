"""What a model reads and answers, as MLflow declares it."""

from typing import Any

from pyspark.sql.types import StructType

from tidemill.registry.card import ModelCard
from tidemill.registry.quiet import quiet_mlflow


def signature(schema: StructType, card: ModelCard) -> Any:
    """The signature of a model.

    Args:
        schema: of its table.
        card: names the columns that it reads.
    """
    models, types = quiet_mlflow().models, quiet_mlflow().types
    names = {"int": "integer", "bigint": "long", "smallint": "integer", "tinyint": "integer"}
    columns = [
        types.ColSpec(
            names.get(field.dataType.simpleString(), field.dataType.simpleString()), field.name, required=False
        )
        for field in schema.fields
        if field.name in card.reads
    ]
    answer = types.Schema([types.ColSpec("double", "prediction")])
    return models.ModelSignature(inputs=types.Schema(columns), outputs=answer)
