"""What a registered model says of itself, so that whoever predicts with it needs nothing else."""

from typing import Literal

from tidemill.config import Frozen


class SplitCard(Frozen):
    """How to tell the rows that the model never saw.

    Attributes:
        seed: of the hash of the key.
        strata: the column of classes, or none.
        cuts: for each class the highest hash that was held out.
    """

    seed: int
    strata: str | None = None
    cuts: dict[str, int]


class ModelCard(Frozen):
    """Kept in the model's own metadata.

    Attributes:
        name: the registered name.
        task: what kind of answer it gives.
        table: the gold table that it was trained on and predicts from.
        table_version: the version that it was trained on.
        key: what tells the table's rows apart.
        target: the column that it predicts.
        reads: the columns that it needs.
        split: which rows were held out.
        run: the ledger's run that trained it.
        typical: what each column that it reads typically was in training, which reasons are told against; none of a
            model that was registered without.
    """

    name: str
    task: Literal["binary", "regression"]
    table: str
    table_version: int
    key: tuple[str, ...]
    target: str
    reads: tuple[str, ...]
    split: SplitCard
    run: str
    typical: dict[str, float | str | None] | None = None
